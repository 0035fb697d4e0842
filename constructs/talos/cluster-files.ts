import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn } from "cdktf";
import type { Construct } from "constructs";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** What is compared. */
interface ClusterFiles {
  /** Path of the talosconfig. */
  readonly talosconfig: string;
  /** CA certificate of the cluster's Talos API, in base64. */
  readonly ca: string;
  readonly clusterName: string;
}

/** Checks that a talosconfig, if there is one, belongs to the cluster. */
export const checkTalosconfig = ({ talosconfig, ca, clusterName }: ClusterFiles): Script => ({
  file: join(__dirname, "scripts/check-cluster-files.sh"),
  environment: { TALOSCONFIG: talosconfig, CA: ca, CLUSTER: clusterName },
});

/** The step that comes before the files of the cluster are written. */
export function checkClusterFiles(
  cluster: Construct,
  { clientConfiguration }: MachineSecrets,
  files: { readonly clusterName: string; readonly talosconfig: string },
): Resource {
  const ca = clientConfiguration.caCertificate;
  return withLogicalId(
    "check_cluster_files",
    nullResource(cluster, "CheckClusterFiles", {
      triggers: { cluster: Fn.sha256(ca) },
      scripts: [checkTalosconfig({ ...files, clusterName: escapeTemplate(files.clusterName), ca })],
    }),
  );
}
