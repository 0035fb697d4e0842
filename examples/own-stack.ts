import { App, LocalBackend, TerraformStack } from "cdktf";
import {
  addPreconditions,
  CiliumInstall,
  DownloadedImage,
  enforce,
  ProxmoxConnection,
  ProxmoxGpuVm,
  type ProxmoxGpuVmProps,
  type Rule,
  rules,
  TalosImage,
  TalosSingleNode,
} from "../constructs";

// The constructs one by one in your own stack, in cdktf's own App, with a rule of your own.
const app = new App({ stackTraces: false });
const stack = new TerraformStack(app, "own-stack");
stack.addOverride("terraform.required_version", ">= 1.5");
new LocalBackend(stack, { path: "../../../terraform.own-stack.tfstate" });

const houseRules: readonly Rule<Pick<ProxmoxGpuVmProps, "name">>[] = [
  {
    id: "house-vm-name",
    requirement: "a VM is named after its rack",
    reason: "whoever stands before the racks has to find it",
    source: "https://wiki.example/names",
    checks: ({ name }) => [
      {
        condition: rules.matches(name, /^rack[0-9]+-[a-z]+$/),
        message: `name ${rules.formatValue(name)} has no rack in it; write it as in "rack1-gpu"`,
      },
    ],
  },
];

const node = "pve";
const connection = new ProxmoxConnection(stack, "proxmox", {
  endpoint: "https://pve.example:8006/",
  credentials: "api-token",
});

const talos = new TalosImage(stack, "talos", { nvidia: { kernelModules: "open", branch: "production" } });
const image = new DownloadedImage(stack, "talos_image", { ...talos.file, connection, node });

const settings: ProxmoxGpuVmProps = {
  connection,
  name: "rack1-gpu",
  node,
  vmId: 103,
  boot: { image },
  // Mapped by hand, in the web interface of Proxmox.
  gpus: [{ mapping: "gpu" }],
  initialization: {
    ipConfigs: [{ address: "192.168.1.53/24", gateway: "192.168.1.1" }],
    dnsServers: ["192.168.1.1"],
  },
};
const vm = new ProxmoxGpuVm(stack, "talos_node", settings);
addPreconditions(vm.resource, enforce(vm, houseRules, settings));

const cluster = new TalosSingleNode(stack, "cluster", { clusterName: "own-stack", machine: vm, talos });
new CiliumInstall(stack, "cilium", { node: cluster });

app.synth();
