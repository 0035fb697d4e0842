import { StrictApp, TalosGpuCluster } from "../constructs";

// One GPU for four pods, which use it in turn.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-gpu-sharing", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-gpu",
    node: "pve",
    vmId: 103,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ size: 100 }],
    gpus: [{ address: "01:00", functions: "all" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.53/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-gpu-sharing" },
  nvidia: { sharing: { strategy: "time-slicing", replicas: 4 } },
});

app.synth();
