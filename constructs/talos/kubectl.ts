import type { LocalExecProvisioner } from "cdktf";

import { asText } from "../rules/shown";
import { localExec, requires } from "./shell";

/** A script that uses kubectl. */
const kubectl = (script: string, environment: Record<string, string>): LocalExecProvisioner =>
  localExec(`${requires("kubectl")}\n${script}`, environment);

/**
 * Waits until the API is ready and has registered its node and the resources, `timeout` seconds at most.
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
) =>
  kubectl(
    `${at === "directly" ? 'kubectl() { command kubectl --server="$ENDPOINT" "$@"; }\n' : ""}ready() {
  kubectl --request-timeout=10s get --raw /readyz &&
    kubectl --request-timeout=10s get nodes --output=name | grep . || return
  for resource in $RESOURCES; do
    kubectl --request-timeout=10s get "$resource" || return
  done
}
deadline=$(($(date +%s) + TIMEOUT))
until answer=$(ready 2>&1); do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "Kubernetes at $ENDPOINT is not ready after $TIMEOUT seconds; its last answer: $answer" >&2
    exit 1
  fi
  sleep 2
done
`,
    {
      KUBECONFIG: kubeconfig,
      ENDPOINT: endpoint,
      TIMEOUT: asText(timeout),
      RESOURCES: resources,
    },
  );

/** Removes the taint that keeps workloads off a control plane. A node without it is what is wanted. */
export const removeControlPlaneTaint = (kubeconfig: string): LocalExecProvisioner =>
  kubectl(
    `if ! answer=$(kubectl --request-timeout=30s taint nodes --all node-role.kubernetes.io/control-plane- 2>&1); then
  case "$answer" in
    *"not found"*) ;;
    *)
      echo "the control-plane taint could not be removed: $answer" >&2
      exit 1
      ;;
  esac
fi
`,
    { KUBECONFIG: kubeconfig },
  );
