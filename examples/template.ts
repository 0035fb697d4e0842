import { StrictApp, TalosGpuCluster } from "../constructs";

// A clone of an existing Talos template on the host.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-gpu-template", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  // The clone keeps the template's SCSI controller: write what `qm config` shows.
  boot: { clone: { name: "talos-template", guestAgent: true, scsiHardware: "virtio-scsi-pci" } },
  talos: { version: "v1.14.7" },
  vm: {
    name: "talos-gpu",
    node: "pve",
    vmId: 102,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ size: 100 }],
    gpus: [{ address: "01:00", rombar: false }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.52/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  cluster: { clusterName: "talos-gpu-template" },
});

app.synth();
