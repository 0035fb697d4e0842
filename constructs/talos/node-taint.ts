import type { TalosPatch } from "./patch/patch";

/** What keeps pods without a toleration off a node. */
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/**
 * Patch that taints a node of the role. Talos sets taints of control plane nodes as an administrator. Of a worker it has the
 * kubelet's credentials, with which only the registration of a new node may have taints.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
export const taintPatch = (role: "controlplane" | "worker", { key, value, effect }: NodeTaint): TalosPatch => ({
  machine:
    role === "controlplane"
      ? { nodeTaints: { [key]: `${value}:${effect}` } }
      : { kubelet: { extraConfig: { registerWithTaints: [{ key, value, effect }] } } },
});
