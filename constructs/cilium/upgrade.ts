import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import type { TalosClusterBase } from "../talos/cluster-base";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** Seconds for the API to tell which Cilium runs. */
const timeout = 300;

/** Fails if Cilium would skip a minor version. */
export const checkUpgrade = (kubeconfig: string, version: string): Script => ({
  file: join(__dirname, "scripts/check-upgrade.sh"),
  environment: { KUBECONFIG: kubeconfig, CILIUM: version, TIMEOUT: String(timeout) },
});

/** The step that looks which Cilium runs, before anything of Cilium changes: CRDs of a later one cannot go back. */
export const upgradeCheck = (scope: Construct, node: TalosClusterBase, version: string): Resource =>
  withLogicalId(
    "cilium_upgrade",
    kubernetesStep(scope, "Upgrade", "cilium", {
      triggers: { version },
      scripts: [checkUpgrade(node.kubeconfigFile.filename, version)],
      dependsOn: [node.apiReady],
    }),
  );
