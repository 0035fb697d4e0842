import { StrictApp, TalosGpuCluster } from "../constructs";

// The initial main.ts: a VM with a GPU by its PCI address, with root's password.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-gpu", {
  proxmox: {
    endpoint: "https://pve.example:8006/",
    // A raw PCI address needs root's password, which Terraform asks for as proxmox_password. With a resource mapping, an API
    // token with few privileges is enough: mapping.ts.
    credentials: "password",
    username: "root@pam",
  },
  vm: {
    name: "talos-gpu",
    node: "pve",
    vmId: 100,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ datastore: "local-lvm", size: 100 }],
    // `lspci` on the host shows the address.
    gpus: [{ address: "01:00", rombar: false }],
    networkDevices: [{ bridge: "vmbr0" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { version: "v1.14.7", nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-gpu", kubernetesVersion: "1.35.10" },
  cilium: { version: "1.19.8", hubble: { relay: true, ui: true } },
});

app.synth();
