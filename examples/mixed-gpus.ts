import { LocalBackend, TerraformStack } from "cdktf";
import {
  CiliumInstall,
  DownloadedImage,
  type Gpu,
  type GpuDriver,
  GpuInstall,
  ProxmoxConnection,
  ProxmoxGpuVm,
  StrictApp,
  TalosCluster,
  TalosImage,
} from "../constructs";

// A control plane node, and a worker for the GPU of each vendor, on one host.
const app = new StrictApp();
const stack = new TerraformStack(app, "talos-mixed");
stack.addOverride("terraform.required_version", ">= 1.5");
new LocalBackend(stack, { path: "../../../terraform.talos-mixed.tfstate" });

const connection = new ProxmoxConnection(stack, "proxmox", {
  endpoint: "https://pve.example:8006/",
  credentials: "password",
});
const node = "pve";

function machine(name: string, number: number, image: TalosImage, gpus: Gpu[] = []): ProxmoxGpuVm {
  return new ProxmoxGpuVm(stack, name, {
    connection,
    name,
    node,
    vmId: 110 + number,
    boot: { image: new DownloadedImage(stack, `${name}_image`, { ...image.file, connection, node }) },
    cpu: { cores: 4 },
    memory: { dedicated: gpus.length > 0 ? 16384 : 4096 },
    gpus,
    initialization: {
      ipConfigs: [{ address: `192.168.1.${110 + number}/24`, gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  });
}

const talos = new TalosImage(stack, "talos");

// The driver of each worker's image, and its GPU: Intel's is a virtual function, which the host shares with other VMs.
const workers: readonly [driver: GpuDriver, gpu: Gpu][] = [
  [
    { vendor: "nvidia", kernelModules: "open", branch: "production" },
    { address: "01:00", functions: "all" },
  ],
  [{ vendor: "amd" }, { address: "03:00", functions: "all" }],
  [{ vendor: "intel", kernelModules: "xe", forceProbe: ["a780"] }, { address: "00:02.1" }],
];

const cluster = new TalosCluster(stack, "cluster", {
  clusterName: "talos-mixed",
  talos,
  controlPlanes: [machine("control-1", 0, talos)],
  workers: workers.map(([driver, gpu], index) => {
    const image = new TalosImage(stack, `talos_${driver.vendor}`, { driver });
    return { machine: machine(`gpu-${driver.vendor}`, index + 1, image, [gpu]), talos: image };
  }),
});
new CiliumInstall(stack, "cilium", { node: cluster });
for (const [{ vendor }] of workers) new GpuInstall(stack, vendor, { node: cluster, vendor });

app.synth();
