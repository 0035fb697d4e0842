import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import type { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** A control plane node whose etcd is saved. */
export interface EtcdNode {
  /** Address at which Talos answers. */
  readonly node: string;
  /** File for talosctl. */
  readonly talosconfig: string;
  /** Where the files of the cluster are. */
  readonly directory: string;
}

/** Seconds for a snapshot, a reset, or a start from a snapshot. */
const timeout = "900";

const environmentOf = ({ node, talosconfig, directory }: EtcdNode) => ({
  NODE: node,
  TALOSCONFIG: talosconfig,
  DIRECTORY: directory,
  TIMEOUT: timeout,
});

/** Saves etcd to a file in the directory, of which the newest three are kept. */
export const saveEtcd = (node: EtcdNode): Script => ({
  file: join(__dirname, "scripts/save-etcd.sh"),
  environment: environmentOf(node),
});

/** Takes a snapshot once, at the end of the first deployment: of a new cluster there is none to restore. */
export const firstSnapshot = (cluster: Construct, bootstrap: MachineBootstrap, node: EtcdNode): Resource =>
  withLogicalId(
    "first_snapshot",
    nullResource(cluster, "FirstSnapshot", { triggers: { cluster: bootstrap.id }, scripts: [saveEtcd(node)] }),
  );

/** Addresses in Terraform of what is replaced with the VM. */
interface Replaced {
  readonly vm: string;
  readonly configuration: string;
}

/** Brings the cluster of one node back from a snapshot, if that is whole and of this cluster. Only people start it. */
export const restoreEtcd = (node: EtcdNode, { vm, configuration }: Replaced): Script => ({
  file: join(__dirname, "scripts/restore-etcd.sh"),
  environment: { ...environmentOf(node), VM: vm, CONFIGURATION: configuration },
});
