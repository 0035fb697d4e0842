import type { TalosGpuClusterProps } from "../../constructs";

/** The default site, `examples/default.ts`, whose props are changed. */
export const defaultSite = {
  proxmox: {
    endpoint: "https://pve.example:8006/",
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
} as const satisfies TalosGpuClusterProps;

/** A disk for volumes, which the VMs have besides. */
export const dataDisk = { size: 50, interface: "scsi2" } as const;

/** The default site with it. */
export const siteWithDataDisk = {
  ...defaultSite,
  vm: { ...defaultSite.vm, disks: [...defaultSite.vm.disks, dataDisk] },
} as const satisfies TalosGpuClusterProps;
