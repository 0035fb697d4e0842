import { TerraformVariable } from "cdktf";
import { ProxmoxCsi, StrictApp, TalosGpuCluster } from "../constructs";

// Volumes on Proxmox storage, which outlive the VM.
const app = new StrictApp();

const site = new TalosGpuCluster(app, "talos-volumes", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "api-token" },
  vm: {
    name: "talos-volumes",
    node: "pve",
    vmId: 110,
    cpu: { cores: 8 },
    memory: { dedicated: 16384 },
    disks: [{ size: 64 }],
    gpus: [
      { mapping: { name: "gpu", address: "01:00", deviceId: "10de:2684", subsystemId: "1458:40bf", iommuGroup: 14 } },
    ],
    initialization: {
      ipConfigs: [{ address: "192.168.1.60/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-volumes" },
});

// export TF_VAR_proxmox_ca="$(cat proxmox-ca/pve.example.pem)"
const certificateAuthority = new TerraformVariable(site, "proxmox_ca", {
  type: "string",
  description: "Certificate of the CA that has signed Proxmox's own, in PEM.",
});

new ProxmoxCsi(site, "csi", {
  node: site.cluster,
  connection: site.connection,
  storageClasses: [
    { storage: "local-lvm" },
    // Its volumes stay in Proxmox when their claims are deleted.
    { storage: "local-lvm", name: "kept", reclaimPolicy: "Retain" },
  ],
  certificateAuthority: certificateAuthority.stringValue,
});

app.synth();
