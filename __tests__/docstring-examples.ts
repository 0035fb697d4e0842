// Written by `npm run docs` from the docstrings of the constructs.
import { TerraformStack } from "cdktf";
import { CiliumInstall, DownloadedImage, GpuInstall, HelmInstall, LocalStorage, NvidiaInstall, PciMapping, ProxmoxConnection, ProxmoxCsi, ProxmoxGpuVm, StateEncryption, StrictApp, TalosCluster, TalosGpuCluster, TalosImage, TalosSingleNode } from "../constructs";
import type { Given } from "./given";

export const examples: Readonly<Record<string, (given: Given) => void>> = {
  CiliumInstall: ({ stack, node }) => {
    new CiliumInstall(stack, "cilium", { node, hubble: { relay: true, ui: true }, gatewayApi: true });
  },
  DownloadedImage: ({ stack, connection }) => {
    const talos = new TalosImage(stack, "talos", { version: "v1.14.7" });
    new DownloadedImage(stack, "talos_image", { ...talos.file, connection, node: "pve", datastore: "local" });
  },
  GpuInstall: ({ stack, node }) => {
    new GpuInstall(stack, "gpu", { node, vendor: "nvidia" });
  },
  HelmInstall: ({ stack, node }) => {
    new HelmInstall(stack, "ollama", {
      node,
      chart: "ollama",
      repository: "https://otwld.github.io/ollama-helm",
      version: "1.68.0",
      values: { ollama: { gpu: { enabled: true, type: "nvidia" } } },
    });
  },
  LocalStorage: ({ stack, node }) => {
    new LocalStorage(stack, "storage", { node, disk: "scsi1" });
  },
  NvidiaInstall: ({ stack, node }) => {
    new NvidiaInstall(stack, "nvidia", { node, sharing: { strategy: "time-slicing", replicas: 4 } });
  },
  PciMapping: ({ stack, connection, image }) => {
    const gpu = new PciMapping(stack, "gpu", { connection, name: "gpu", node: "pve", address: "01:00" });
    new ProxmoxGpuVm(stack, "talos_node", { connection, name: "talos-gpu", node: "pve", boot: { image }, gpus: [{ mapping: gpu }] });
  },
  ProxmoxConnection: ({ stack }) => {
    new ProxmoxConnection(stack, "proxmox", { endpoint: "https://pve.example:8006/", credentials: "api-token" });
  },
  ProxmoxCsi: ({ stack, connection, node }) => {
    new ProxmoxCsi(stack, "csi", { node, connection, storageClasses: [{ storage: "local-lvm" }] });
  },
  ProxmoxGpuVm: ({ stack, connection, image }) => {
    new ProxmoxGpuVm(stack, "talos_node", {
      connection,
      name: "talos-gpu",
      node: "pve",
      boot: { image },
      cpu: { cores: 8 },
      memory: { dedicated: 16384 },
      gpus: [{ mapping: { name: "gpu", address: "01:00" } }],
      initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
    });
  },
  StateEncryption: ({ stack }) => {
    new StateEncryption(stack, "state_encryption");
  },
  StrictApp: ({  }) => {
    const app = new StrictApp();
    new TerraformStack(app, "talos-gpu");
    app.synth();
  },
  TalosCluster: ({ stack, vm, talos }) => {
    new TalosCluster(stack, "cluster", {
      clusterName: "talos-gpu",
      talos,
      controlPlanes: [
        { name: "control-1", address: "192.168.1.51/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
        { name: "control-2", address: "192.168.1.52/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
        { name: "control-3", address: "192.168.1.53/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
      ],
      virtualAddress: "192.168.1.49",
      workers: [vm],
    });
  },
  TalosGpuCluster: ({ app }) => {
    new TalosGpuCluster(app, "talos-gpu", {
      proxmox: { endpoint: "https://pve.example:8006/", credentials: "api-token" },
      vm: {
        name: "talos-gpu",
        node: "pve",
        gpus: [{ mapping: { name: "gpu", address: "01:00" } }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
      },
      talos: { nvidia: { kernelModules: "open", branch: "production" } },
      cluster: { clusterName: "talos-gpu" },
    });
  },
  TalosImage: ({ stack }) => {
    new TalosImage(stack, "talos", {
      version: "v1.14.7",
      nvidia: { kernelModules: "open", branch: "production" },
      extensions: ["siderolabs/iscsi-tools"],
    });
  },
  TalosSingleNode: ({ stack, vm, talos }) => {
    new TalosSingleNode(stack, "cluster", { clusterName: "talos-gpu", machine: vm, talos });
  },
};
