import { StrictApp, TalosGpuCluster } from "../constructs";

// The graphics of an Intel processor for media servers and video analysis: ten pods at once use its engines.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-intel-media", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-media",
    node: "pve",
    vmId: 105,
    cpu: { cores: 4 },
    memory: { dedicated: 8192 },
    // A PCI Express device of a q35 machine, without Proxmox's legacy mode for integrated graphics.
    gpus: [{ address: "00:02" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.55/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { driver: { vendor: "intel", kernelModules: "i915" } },
  cluster: { clusterName: "talos-intel-media" },
  intel: { sharing: { strategy: "shared", replicas: 10 } },
});

app.synth();
