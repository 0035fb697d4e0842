import { join } from "node:path";
import { toTokenString } from "../rules/format-value";
import { escapeTemplate } from "../rules/template";
import type { Script } from "../terraform/script";

/**
 * Waits until the Kubernetes API is ready and has registered its node and the resources, `timeout` seconds at most.
 *
 * @param resources as `kubectl get` takes them, such as `crd/gateways.gateway.networking.k8s.io`, separated by spaces
 * @param at by which of the two it is asked: as the kubeconfig has it, or at the endpoint itself
 */
export const waitForKubernetes = (
  kubeconfig: string,
  endpoint: string,
  timeout: number,
  resources: string,
  at?: "directly",
): Script => ({
  file: join(__dirname, "scripts/wait-for-kubernetes.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    ENDPOINT: endpoint,
    ...(at && { DIRECTLY: "true" }),
    TIMEOUT: toTokenString(timeout),
    RESOURCES: resources,
  },
});

/** Deletes from Kubernetes what the machines were before they got their names. */
export const deleteRenamedNodes = (
  kubeconfig: string,
  nodes: readonly { readonly name: string; readonly address: string }[],
  timeout: number,
): Script => ({
  file: join(__dirname, "scripts/delete-renamed-nodes.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    ADDRESSES: nodes.map(({ name, address }) => `${escapeTemplate(name.toLowerCase())}=${address}`).join(" "),
    TIMEOUT: toTokenString(timeout),
  },
});

/** Removes the taint that keeps workloads off a control plane. A node without it is what is wanted. */
export const removeControlPlaneTaint = (kubeconfig: string): Script => ({
  file: join(__dirname, "scripts/remove-control-plane-taint.sh"),
  environment: { KUBECONFIG: kubeconfig },
});
