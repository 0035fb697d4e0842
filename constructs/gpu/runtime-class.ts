import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import { runtimeClass } from "./nvidia";

/** Seconds for Kubernetes to collect the RuntimeClass of a GPU operator that is gone. */
const timeout = 300;

/** Waits until no RuntimeClass of others is in the way. */
export const waitForRuntimeClass = (kubeconfig: string, release: string): Script => ({
  file: join(__dirname, "scripts/wait-for-runtime-class.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    RUNTIME_CLASS: runtimeClass,
    PREREQUISITES: release,
    TIMEOUT: String(timeout),
  },
});

/**
 * The step before the release that brings the RuntimeClass. Terraform destroys the GPU operator of another method at the same time.
 * It depends on nothing of the cluster: with the releases gone, its end would be in a cycle with the node's configuration.
 */
export const runtimeClassStep = (scope: Construct, kubeconfig: string, release: string): Resource =>
  withLogicalId(
    "nvidia_runtime_class",
    kubernetesStep(scope, "RuntimeClass", "kubernetes", { scripts: [waitForRuntimeClass(kubeconfig, release)] }),
  );
