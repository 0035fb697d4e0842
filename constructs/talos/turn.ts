import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, type ITerraformDependable, type TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { toTokenString } from "../rules/format-value";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import { idOf, type TalosNode } from "./node";

/** What the steps know of their cluster. */
export interface Turns {
  /** Addresses of the control plane nodes. */
  readonly endpoints: readonly string[];
  /** File for talosctl. */
  readonly talosconfig: string;
  /** Directory of kubeconfig and talosconfig. */
  readonly directory: string;
  /** Seconds for each of the waits. */
  readonly timeout: number;
}

/** What changes of a node. */
interface Turn {
  /** Name of the node. */
  readonly name: string;
  readonly change: "machine" | "configuration";
}

const turnOf = ({ name, change }: Turn) => ({ NAME: name.toLowerCase(), CHANGE: change });

/** Waits until all other nodes are well, and drains the node if its machine is to restart; without a node, after all. */
export const takeTurn = ({ endpoints, talosconfig, directory, timeout }: Turns, of?: Turn): Script => ({
  file: join(__dirname, "scripts/take-turn.sh"),
  environment: {
    ...(of && turnOf(of)),
    ENDPOINTS: endpoints.join(" "),
    TALOSCONFIG: talosconfig,
    DIRECTORY: escapeTemplate(directory),
    TIMEOUT: toTokenString(timeout),
  },
});

/** Notes that the node is about to change. */
export const noteTurn = (directory: string, of: Turn): Script => ({
  file: join(__dirname, "scripts/note-turn.sh"),
  environment: { ...turnOf(of), DIRECTORY: escapeTemplate(directory) },
  when: "destroy",
});

/**
 * Lets the machines of a cluster change one after another, in the order of the nodes: before each there is a step that is
 * replaced with the change, and depends on what was changed before. First all machines, then, after the upgrades, all
 * configurations. It needs nothing but Terraform's own order, and goes on after an interruption.
 *
 * @param last is destroyed after all of it
 */
export function changeInTurn(
  cluster: Construct,
  nodes: readonly TalosNode[],
  turns: Turns,
  { last, upgraded }: { readonly last: Resource; readonly upgraded: Resource },
): Resource {
  const scope = new Construct(cluster, "Turns");
  const steps: Resource[] = [];
  const inTurn = (
    node: TalosNode,
    change: Turn["change"],
    triggers: Readonly<Record<string, string>>,
    after: ITerraformDependable[],
  ) => {
    const name = `${node.resourceName}_${change}_turn`;
    const step = nullResource(scope, name, {
      triggers,
      scripts: [takeTurn(turns, { name: node.name, change }), noteTurn(turns.directory, { name: node.name, change })],
      dependsOn: [last, ...after],
    });
    steps.push(withLogicalId(name, step));
    return step;
  };

  let before: ITerraformDependable[] = [];
  for (const node of nodes) {
    const { resource, restartTriggers } = node.machine;
    if (!resource || !restartTriggers) continue;
    comesAfter(resource, inTurn(node, "machine", restartTriggers, before));
    before = [resource];
  }
  before = [upgraded];
  for (const node of nodes) {
    const triggers = { configuration: `\${${idOf(node.configurationChange)}}` };
    comesAfter(node.configurationApply, inTurn(node, "configuration", triggers, before));
    before = [node.configurationApply];
  }
  return withLogicalId(
    "turns_over",
    nullResource(scope, "TurnsOver", {
      triggers: { turns: steps.map(({ id }) => id).join(" ") },
      scripts: [takeTurn(turns)],
      dependsOn: nodes.map(({ configurationApply }) => configurationApply),
    }),
  );
}

function comesAfter(resource: TerraformResource, step: Resource): void {
  resource.dependsOn = [...(resource.dependsOn ?? []), dependable(step)];
}
