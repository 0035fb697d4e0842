import type { TalosCluster, TalosPatch, TalosSingleNode } from "../../../constructs";
import { renderPatch } from "../../../constructs/talos/patch/patch";

/** Adds a patch past the rules, to see what Talos and the cluster say of it. */
export function addUncheckedPatch(cluster: TalosCluster | TalosSingleNode, patch: TalosPatch): void {
  const [node] = cluster.nodes;
  node.machineConfiguration.configPatches = [...node.patches.all, patch].map(renderPatch);
}
