import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn } from "cdktf";
import type { Construct } from "constructs";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { literalText } from "../rules/text";
import { at } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";

/** Checks that the talosconfig to be written overwrites no other cluster's. */
export function checkClusterFiles(
  cluster: Construct,
  { clientConfiguration }: MachineSecrets,
  files: { readonly clusterName: string; readonly talosconfig: string },
): Resource {
  const { caCertificate } = clientConfiguration;
  const environment = { TALOSCONFIG: files.talosconfig, CA: caCertificate, CLUSTER: literalText(files.clusterName) };
  return at(
    "check_cluster_files",
    nullResource(cluster, "CheckClusterFiles", {
      triggers: { cluster: Fn.sha256(caCertificate) },
      scripts: [{ file: join(__dirname, "scripts/check-cluster-files.sh"), environment }],
    }),
  );
}
