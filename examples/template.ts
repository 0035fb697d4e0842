import { StrictApp, TalosGpuCluster } from "../constructs";

// A clone of a Talos template that is on the host already, as the verified HCL makes it.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-gpu-template", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  // Of the template it says what `qm config` shows: a clone keeps the SCSI controller.
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
