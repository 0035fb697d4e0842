import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { type ITerraformDependable, Lazy, TerraformSelf } from "cdktf";
import type { Construct } from "constructs";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import { idOf, type TalosNode } from "./node";

/** Seconds for a taint to be set or removed. */
const timeout = "300";

const environment = (directory: string) => ({
  DIRECTORY: escapeTemplate(directory),
  NODE: TerraformSelf.getString("triggers.node"),
  TAINTS: TerraformSelf.getString("triggers.taints"),
  TIMEOUT: timeout,
});

/** Taints a node. */
export const taintNode = (directory: string): Script => ({
  file: join(__dirname, "scripts/taint-node.sh"),
  environment: environment(directory),
});

/** Removes the taints of a node that stays. */
export const untaintNode = (directory: string): Script => ({
  file: join(__dirname, "scripts/untaint-node.sh"),
  environment: environment(directory),
  when: "destroy",
});

/**
 * Taints the workers that have joined, and removes the taints that they no longer are to have. It is there for every cluster
 * with workers, tainted or not: Terraform runs what a block says of the end of something only while the block is there.
 *
 * @param directory of the kubeconfig
 */
export function workerTaintsOf(
  cluster: Construct,
  workers: readonly TalosNode[],
  directory: string,
  dependsOn: ITerraformDependable[],
): Resource {
  const taints = withLogicalId(
    "worker_taints",
    nullResource(cluster, "WorkerTaints", {
      scripts: [taintNode(directory), untaintNode(directory)],
      dependsOn,
    }),
  );
  const tainted = () => workers.filter((worker) => worker.taints.length > 0);
  taints.addOverride(
    "for_each",
    Lazy.anyValue({ produce: () => Object.fromEntries(tainted().map((worker) => [worker.name, triggersOf(worker)])) }),
  );
  taints.addOverride("triggers", "${each.value}");
  return taints;
}

/** With the machine: a new one has joined with the taints, which is looked at too. */
const triggersOf = ({ name, taints, machine: { resource } }: TalosNode) => ({
  node: name.toLowerCase(),
  taints: taints.map(({ key, value, effect }) => `${key}=${value}:${effect}`).join(" "),
  ...(resource && { machine: `\${${idOf(resource)}}` }),
});
