import type { Kubectl } from "../../kubectl";
import { eventually } from "./eventually";
import { succeeded } from "./succeeded";

interface Conditions {
  readonly conditions?: readonly { readonly type: string; readonly observedGeneration: number }[];
}

interface Gateway {
  readonly metadata: { readonly uid: string; readonly generation: number };
  readonly status?: Conditions;
}

interface Definition {
  readonly metadata: { readonly uid: string; readonly annotations: Readonly<Record<string, string>> };
}

/** A gateway of Cilium's class. */
const gateway = (port: number) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "web", namespace: "default" },
  spec: { gatewayClassName: "cilium", listeners: [{ name: "http", protocol: "HTTP", port }] },
});

/** Writes the gateway with another port each time, waits until Cilium serves it so, and answers its UID. */
export async function servedGateway(kubectl: Kubectl, port: number, patience = 60_000): Promise<string> {
  await eventually(async () => succeeded(await kubectl.apply(gateway(port))), 30_000);
  await eventually(async () => {
    const { metadata, status } = await kubectl.get<Gateway>("gateways.gateway.networking.k8s.io", "web");
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ type: "Programmed", observedGeneration: metadata.generation }),
    );
  }, patience);
  return uidOf(kubectl);
}

export const uidOf = async (kubectl: Kubectl): Promise<string> =>
  (await kubectl.get<Gateway>("gateways.gateway.networking.k8s.io", "web")).metadata.uid;

/** The releases of the Gateway API that the cluster's CRDs are of. */
export async function bundles(kubectl: Kubectl): Promise<string[]> {
  const { items } = await kubectl.get<{ readonly items: readonly (Definition & { spec: { group: string } })[] }>("crd");
  const own = items.filter(({ spec }) => spec.group === "gateway.networking.k8s.io");
  return [
    ...new Set(own.map(({ metadata }) => metadata.annotations["gateway.networking.k8s.io/bundle-version"] ?? "")),
  ];
}
