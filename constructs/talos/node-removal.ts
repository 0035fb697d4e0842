import { join } from "node:path";
import { type TerraformResource, TerraformSelf } from "cdktf";
import type { Construct } from "constructs";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import { idOf, type TalosNode } from "./node";

/** Seconds for each of the steps by which a node leaves. */
const timeout = "300";

/** A script for the end of something, of which Terraform knows only what it was made with. */
const atItsEnd = (name: string, directory: string, environment: Record<string, string> = {}): Script => ({
  file: join(__dirname, "scripts", name),
  environment: { ...environment, DIRECTORY: escapeTemplate(directory) },
  when: "destroy",
});

const trigger = (name: string): string => TerraformSelf.getString(`triggers.${name}`);

/**
 * Lets a node leave its cluster: drained, out of etcd, and deleted from Kubernetes. The last control plane never leaves, nor
 * one that the others cannot do without; if the whole cluster is destroyed, no node has to.
 *
 * @param directory of kubeconfig and talosconfig
 * @see https://docs.siderolabs.com/talos/v1.13/deploy-and-manage-workloads/scaling-down
 */
export const leaveCluster = (directory: string): Script =>
  atItsEnd("leave-cluster.sh", directory, { NAME: trigger("name"), ROLE: trigger("role"), TIMEOUT: timeout });

/** Tells the nodes that the cluster is destroyed as a whole. */
export const beginDestruction = (directory: string): Script => atItsEnd("begin-destruction.sh", directory);

/** Takes that back, so that nothing is left of it. */
export const endDestruction = (directory: string): Script => atItsEnd("end-destruction.sh", directory);

/**
 * What lets each node leave before its machine goes or is replaced, and what tells all of them that the cluster goes.
 *
 * @param files kubeconfig and talosconfig
 */
export function membershipsOf(
  cluster: Construct,
  nodes: readonly TalosNode[],
  directory: string,
  files: readonly TerraformResource[],
) {
  // Terraform destroys it after what depends on it.
  const last = withLogicalId("members_gone", nullResource(cluster, "Gone", { scripts: [endDestruction(directory)] }));
  const memberships = withLogicalId(
    "member",
    nullResource(cluster, "Memberships", {
      scripts: [leaveCluster(directory)],
      // Files that are rewritten in the same apply are removed only after it: one is written late, after all configurations.
      dependsOn: [last, ...nodes.map(({ configurationApply }) => configurationApply), ...files],
    }),
  );
  // One block for all of them: Terraform runs what a block says of the end of something only while the block is there.
  memberships.addOverride("for_each", Object.fromEntries(nodes.map((node) => [node.name, triggersOf(node)])));
  memberships.addOverride("triggers", "${each.value}");
  const whole = withLogicalId(
    "members",
    nullResource(cluster, "Whole", { scripts: [beginDestruction(directory)], dependsOn: [memberships] }),
  );
  return { last, memberships, whole };
}

/** With the machine, which is not known for a while where it is replaced, and its node with it. */
const triggersOf = ({ name, role, machine: { resource } }: TalosNode) => ({
  name: name.toLowerCase(),
  role,
  ...(resource && { machine: `\${${idOf(resource)}}` }),
});
