import { LocalBackend, TerraformOutput, TerraformStack } from "cdktf";
import {
  CiliumInstall,
  DownloadedImage,
  type Gpu,
  NvidiaInstall,
  PciMapping,
  ProxmoxConnection,
  ProxmoxGpuVm,
  StrictApp,
  TalosCluster,
  TalosImage,
} from "../constructs";

// Three control plane nodes, and two workers with a GPU each, on the three hosts of a Proxmox cluster.
const app = new StrictApp();
const stack = new TerraformStack(app, "talos-cluster");
stack.addOverride("terraform.required_version", ">= 1.5");
new LocalBackend(stack, { path: "../../../terraform.talos-cluster.tfstate" });

const connection = new ProxmoxConnection(stack, "proxmox", {
  endpoint: "https://pve.example:8006/",
  credentials: "api-token",
});

const talos = new TalosImage(stack, "talos");
const talosWithDriver = new TalosImage(stack, "talos_nvidia", {
  nvidia: { kernelModules: "open", branch: "production" },
});

// One name for the GPUs of all hosts.
const gpu = new PciMapping(stack, "gpu", {
  connection,
  name: "gpu",
  node: "pve1",
  address: "01:00",
  alternatives: [{ node: "pve2", address: "01:00" }],
});

const machine = (name: string, number: number, node: string, image: TalosImage, gpus: Gpu[] = []) =>
  new ProxmoxGpuVm(stack, name, {
    connection,
    name,
    node,
    vmId: 100 + number,
    boot: { image: new DownloadedImage(stack, `${name}_image`, { ...image.file, connection, node }) },
    cpu: { cores: 4 },
    memory: { dedicated: gpus.length > 0 ? 16384 : 4096 },
    gpus,
    initialization: {
      ipConfigs: [{ address: `192.168.1.${100 + number}/24`, gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  });

const cluster = new TalosCluster(stack, "cluster", {
  clusterName: "talos-cluster",
  talos,
  // One control plane node at a time holds the virtual IP.
  virtualAddress: "192.168.1.100",
  controlPlanes: ["pve1", "pve2", "pve3"].map((node, index) => machine(`control-${index + 1}`, index + 1, node, talos)),
  workers: ["pve1", "pve2"].map((node, index) => ({
    machine: machine(`gpu-${index + 1}`, index + 11, node, talosWithDriver, [{ mapping: gpu }]),
    talos: talosWithDriver,
  })),
});
new CiliumInstall(stack, "cilium", {
  node: cluster,
  l2Announcements: { addressPools: [{ name: "lan", blocks: [{ start: "192.168.1.200", stop: "192.168.1.220" }] }] },
});
const nvidia = new NvidiaInstall(stack, "nvidia", { node: cluster });

new TerraformOutput(stack, "kubeconfig_path", {
  value: cluster.kubeconfigFile.filename,
  description: "File for kubectl",
});
new TerraformOutput(stack, "gpu_example_pod", { value: nvidia.examplePod, description: "A pod that uses a GPU" });

app.synth();
