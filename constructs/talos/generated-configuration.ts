import type { Configuration, Document } from "./patch/merge";

/** What only the provider knows, because it generates it: tokens, keys and certificates. */
export const generated = "made by talos_machine_secrets";

const certificate = { crt: generated, key: generated };

/**
 * The machine configuration that the provider generates, before any patch: its Talos library in version 1.13.0, for every
 * minor version of the node. Of its lists and of what is deprecated, what patches meet is here. The lab compares it with
 * the provider's own.
 */
export function generatedConfiguration(role: "controlplane" | "worker", kubernetesVersion: string): Configuration {
  const isWorker = role === "worker";
  const image = (name: string) => `registry.k8s.io/${name}:v${kubernetesVersion}`;
  const machine: Document = {
    type: role,
    token: generated,
    ca: isWorker ? { crt: generated } : certificate,
    certSANs: [],
    kubelet: { image: `ghcr.io/siderolabs/kubelet:v${kubernetesVersion}` },
    install: {},
    features: { kubePrism: { enabled: true, port: 7445 }, hostDNS: { enabled: true, forwardKubeDNSToHost: true } },
    ...(!isWorker && { nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } }),
  };
  const controlPlane = {
    secretboxEncryptionSecret: generated,
    aggregatorCA: certificate,
    serviceAccount: { key: generated },
    apiServer: {
      image: image("kube-apiserver"),
      admissionControl: [{ name: "PodSecurity", configuration: {} }],
      auditPolicy: { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }] },
    },
    controllerManager: { image: image("kube-controller-manager") },
    proxy: { image: image("kube-proxy") },
    scheduler: { image: image("kube-scheduler") },
    etcd: { ca: certificate },
  };
  const cluster: Document = {
    id: generated,
    secret: generated,
    token: generated,
    clusterName: generated,
    controlPlane: { endpoint: generated },
    network: { dnsDomain: "cluster.local", podSubnets: ["10.244.0.0/16"], serviceSubnets: ["10.96.0.0/12"] },
    ca: isWorker ? { crt: generated } : certificate,
    discovery: { enabled: true, registries: { kubernetes: { disabled: true }, service: {} } },
    ...(!isWorker && controlPlane),
  };
  return new Map([
    ["", { machine, cluster }],
    ["HostnameConfig", { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "stable" }],
  ]);
}
