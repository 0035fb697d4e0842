import { StrictApp, TalosGpuCluster } from "../constructs";

// The whole GPU, with its audio function, by a resource mapping: an API token is enough.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-gpu-mapping", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "api-token" },
  vm: {
    name: "talos-gpu",
    node: "pve",
    vmId: 101,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ size: 100 }],
    gpus: [
      {
        // `lspci -nnv` and `pvesh get /nodes/pve/hardware/pci` on the host show the ids and the group.
        mapping: { name: "gpu", address: "01:00", deviceId: "10de:2684", subsystemId: "1458:40bf", iommuGroup: 14 },
      },
    ],
    initialization: {
      ipConfigs: [{ address: "192.168.1.51/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-gpu-mapping" },
  cilium: {
    gatewayApi: true,
    l2Announcements: { addressPools: [{ name: "lan", blocks: [{ start: "192.168.1.240", stop: "192.168.1.250" }] }] },
  },
});

app.synth();
