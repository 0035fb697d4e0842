import { StrictApp, TalosGpuCluster } from "../constructs";

// A Radeon card for inference with ROCm.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-amd-inference", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-inference",
    node: "pve",
    vmId: 106,
    cpu: { cores: 8 },
    memory: { dedicated: 32768 },
    disks: [{ size: 200 }],
    // With its audio function: a card whose audio function stays with the host does not reset.
    gpus: [{ address: "03:00", functions: "all" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.56/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { driver: { vendor: "amd" } },
  cluster: { clusterName: "talos-amd-inference" },
});

app.synth();
