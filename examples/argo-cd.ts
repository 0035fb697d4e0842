import { dependable } from "cdktf";
import { HelmInstall, StrictApp, TalosGpuCluster } from "../constructs";

// Argo CD installs from Git what this stack does not own.
const app = new StrictApp();

const site = new TalosGpuCluster(app, "talos-argo-cd", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-argo-cd",
    node: "pve",
    vmId: 111,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ size: 100 }],
    gpus: [{ address: "01:00", functions: "all" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.61/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-argo-cd" },
});

const install = { node: site.cluster, namespace: "argocd" };

const argoCd = new HelmInstall(site, "argo_cd", {
  ...install,
  chart: "argo-cd",
  repository: "https://argoproj.github.io/argo-helm",
  version: "10.1.1",
  values: { dex: { enabled: false }, notifications: { enabled: false } },
});

// The namespaces of this stack, and those that other constructs have. Add those of your other HelmInstalls.
const ofStack = [
  ...["kube-system", "amd-gpu", "argocd", "csi-proxmox", "dra-driver-nvidia-gpu", "gpu-operator", "intel-gpu-plugin"],
  ...["intel-gpu-resource-driver", "local-storage", "nvidia-device-plugin"],
];
const server = "https://kubernetes.default.svc";

const workloads = new HelmInstall(site, "argo_cd_workloads", {
  ...install,
  chart: "argocd-apps",
  repository: "https://argoproj.github.io/argo-helm",
  version: "2.0.5",
  name: "workloads",
  values: {
    projects: {
      workloads: {
        namespace: "argocd",
        sourceRepos: ["https://git.example/fleet.git"],
        destinations: [
          ...ofStack.map((namespace) => ({ server, namespace: `!${namespace}` })),
          { server, namespace: "*" },
        ],
        clusterResourceWhitelist: [{ group: "*", kind: "*" }],
        clusterResourceBlacklist: [
          { group: "", kind: "Node" },
          ...ofStack.map((name) => ({ group: "", kind: "Namespace", name })),
          { group: "cilium.io", kind: "CiliumL2AnnouncementPolicy" },
          { group: "cilium.io", kind: "CiliumLoadBalancerIPPool" },
          { group: "node.k8s.io", kind: "RuntimeClass" },
          { group: "storage.k8s.io", kind: "CSIDriver" },
          { group: "storage.k8s.io", kind: "StorageClass" },
          ...["argocd*", "cilium*", "hubble*", ...ofStack.map((namespace) => `${namespace}*`)].map((name) => ({
            group: "rbac.authorization.k8s.io",
            kind: "*",
            name,
          })),
          ...["*.argoproj.io", "*.cilium.io"].map((name) => ({
            group: "apiextensions.k8s.io",
            kind: "CustomResourceDefinition",
            name,
          })),
        ],
      },
    },
    applications: {
      workloads: {
        namespace: "argocd",
        project: "workloads",
        source: { repoURL: "https://git.example/fleet.git", targetRevision: "main", path: "clusters/talos-argo-cd" },
        destination: { server, namespace: "apps" },
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ["CreateNamespace=true"] },
      },
    },
  },
});

// Argo CD defines the CRDs of these objects.
if (workloads.resource && argoCd.rollout) workloads.resource.dependsOn = [dependable(argoCd.rollout)];

app.synth();
