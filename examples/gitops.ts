import { dependable } from "cdktf";
import { HelmInstall, StrictApp, TalosGpuCluster } from "../constructs";

// Flux installs from Git what this stack does not own.
const app = new StrictApp();

const site = new TalosGpuCluster(app, "talos-gitops", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-gitops",
    node: "pve",
    vmId: 109,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ size: 100 }],
    gpus: [{ address: "01:00", functions: "all" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.59/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-gitops" },
});

const flux = {
  node: site.cluster,
  repository: "oci://ghcr.io/controlplaneio-fluxcd/charts",
  version: "0.49.0",
  namespace: "flux-system",
};

const operator = new HelmInstall(site, "flux_operator", { ...flux, chart: "flux-operator" });

const instance = new HelmInstall(site, "flux", {
  ...flux,
  chart: "flux-instance",
  name: "flux",
  values: {
    instance: {
      distribution: { version: "2.8.x" },
      sync: {
        kind: "GitRepository",
        url: "https://git.example/fleet.git",
        ref: "refs/heads/main",
        path: "clusters/talos-gitops",
      },
    },
  },
});

// The operator defines the CRD of this object.
if (instance.resource && operator.rollout) instance.resource.dependsOn = [dependable(operator.rollout)];

app.synth();
