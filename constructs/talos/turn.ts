import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, type ITerraformDependable, type TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { toTokenString } from "../rules/format-value";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { localExec, type Script } from "../terraform/script";
import { TerraformData } from "../terraform/terraform-data";
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
 * configurations. It needs nothing but Terraform's own order, and goes on after an interruption. Terraform leaves out the order
 * of what is destroyed where two providers would wait for each other, as these steps and the releases of Helm would, whose
 * cluster comes after the steps; so the steps are of another provider than all else.
 *
 * @param last is destroyed after all of it
 */
export function changeInTurn(
  cluster: Construct,
  nodes: readonly TalosNode[],
  turns: Turns,
  { last, upgraded }: { readonly last: Resource; readonly upgraded: Resource },
): TerraformData {
  const scope = new Construct(cluster, "Turns");
  const steps: TerraformData[] = [];
  const inTurn = (
    node: TalosNode,
    change: Turn["change"],
    triggersReplace: TerraformData["triggersReplace"],
    after: ITerraformDependable[],
  ) => {
    const name = `${node.resourceName}_${change}_turn`;
    const scripts = [
      takeTurn(turns, { name: node.name, change }),
      noteTurn(turns.directory, { name: node.name, change }),
    ];
    const step = new TerraformData(scope, name, {
      triggersReplace,
      provisioners: scripts.map((script) => localExec(scope, script)),
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
    // Not the id of that step: replaced too, it would come after the releases of Helm that are destroyed, and those after it.
    const { triggersReplace } = node.configurationChange;
    comesAfter(node.configurationApply, inTurn(node, "configuration", triggersReplace, before));
    before = [node.configurationApply];
  }
  return withLogicalId(
    "turns_over",
    new TerraformData(scope, "TurnsOver", {
      triggersReplace: steps.map((step) => `\${${idOf(step)}}`).join(" "),
      provisioners: [localExec(scope, takeTurn(turns))],
      dependsOn: nodes.map(({ configurationApply }) => configurationApply),
    }),
  );
}

function comesAfter(resource: TerraformResource, step: TerraformData): void {
  resource.dependsOn = [...(resource.dependsOn ?? []), dependable(step)];
}
