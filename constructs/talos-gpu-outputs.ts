import { posix } from "node:path";
import { Fn, type TerraformOutputConfig, TerraformStack } from "cdktf";
import type { GpuInstall } from "./gpu/install";
import type { ProxmoxGpuVm } from "./proxmox/gpu-vm";
import { addressesOf, type Gpu } from "./proxmox/pci/gpu";
import { isUnknown } from "./rules/condition";
import { expression } from "./rules/expression";
import { escapeTemplate } from "./rules/template";
import type { TalosClusterBase } from "./talos/cluster-base";
import { restoreEtcd, saveEtcd } from "./talos/etcd-snapshot";
import { resourceAddress } from "./terraform/logical-id";
import { addScript, type Script } from "./terraform/script";
import { shellArgument } from "./terraform/shell-argument";

type Outputs = Record<string, TerraformOutputConfig>;

/**
 * Outputs about a cluster, in the order in which they are shown. Their commands are for the folder that cdktf.out is in, where
 * `npm run deploy` runs.
 */
export function talosGpuOutputs(vm: ProxmoxGpuVm, cluster: TalosClusterBase, installs: readonly GpuInstall[]): Outputs {
  const commands = commandsOf(cluster);
  return {
    ...nodeOutputs(vm, cluster),
    ...accessOutputs(cluster),
    ...gpuOutputs(vm, installs, commands),
    ...hardwareOutputs(vm, cluster),
    ...commandOutputs(vm, cluster, commands),
  };
}

/** Commands with their credentials. */
function commandsOf(cluster: TalosClusterBase) {
  const folder = fromRoot(cluster, cluster.outputDirectory);
  const [kubeconfig, talosconfig] = [wordOf(`${folder}/kubeconfig`), wordOf(`${folder}/talosconfig`)];
  const talosctl = `talosctl --talosconfig ${talosconfig} --nodes ${cluster.address}`;
  return {
    kubeconfig,
    talosconfig,
    kubectl: `kubectl --kubeconfig ${kubeconfig}`,
    talosctl,
    verification: `${talosctl} ${cluster.nvidia ? "read /proc/driver/nvidia/version" : "get pcidevices"}`,
  };
}

type Commands = ReturnType<typeof commandsOf>;

const nodeOutputs = (vm: ProxmoxGpuVm, cluster: TalosClusterBase): Outputs => ({
  cluster_name: { description: "Name of the cluster", value: cluster.clusterName },
  cluster_endpoint: { description: "URL of the Kubernetes API", value: cluster.endpoint },
  talos_version: { description: "Version of Talos", value: cluster.talosVersion },
  kubernetes_version: { description: "Version of Kubernetes", value: cluster.kubernetesVersion },
  node_name: { description: "Name of the VM and of the Kubernetes node", value: vm.name },
  node_ip: { description: "Address of the node", value: cluster.address },
  node_vm_id: { description: "Id of the VM", value: vm.vmId },
  node_resources: {
    description: "Processor and memory of the node",
    value: {
      cores: vm.cpu.cores,
      sockets: vm.cpu.sockets,
      cpu_type: vm.cpu.type,
      memory_mib: vm.memory.dedicated,
    },
  },
});

const accessOutputs = (cluster: TalosClusterBase): Outputs => ({
  kubeconfig_path: { description: "File for kubectl", value: cluster.kubeconfigFile.filename },
  talosconfig_path: { description: "File for talosctl", value: cluster.talosconfigFile.filename },
  talos_client_configuration: {
    description: "Content of the file for talosctl",
    value: cluster.clientConfiguration.talosConfig,
    sensitive: true,
  },
  cluster_ca_certificate: {
    description: "CA certificate of the cluster, as PEM",
    value: Fn.base64decode(cluster.kubeconfig.kubernetesClientConfiguration.caCertificate),
    sensitive: true,
  },
});

const gpuOutputs = (
  vm: ProxmoxGpuVm,
  installs: readonly GpuInstall[],
  { kubectl, verification }: Commands,
): Outputs => ({
  gpu_passthrough_enabled: { description: "Whether the node has a GPU", value: vm.gpus.length > 0 },
  gpu_pci_id: {
    description: "PCI addresses or mappings of the GPUs, in the order of their slots",
    value: vm.gpus.map(gpuName).join(", "),
  },
  ...Object.assign(
    {},
    ...installs.map((install, index) => installOutputs(vm, install, installs.length > 1, index, kubectl)),
  ),
  gpu_verification_command: { description: "Shows that the node sees its GPU", value: verification },
});

/** What pods can do with the GPUs of a vendor. Of several vendors, all but the first have their name in it. */
function installOutputs(
  vm: ProxmoxGpuVm,
  install: GpuInstall,
  isOneOfSeveral: boolean,
  index: number,
  kubectl: string,
): Outputs {
  const suffix = index === 0 ? "" : `_${install.vendor}`;
  return {
    // Which of several GPUs is whose, only the host knows.
    ...(!isOneOfSeveral && {
      gpu_allocatable: {
        description: "Number of GPUs that Kubernetes can allocate",
        value: times(vm.gpus.length, install.replicas),
      },
    }),
    [`gpu_allocatable_command${suffix}`]: {
      description: "Shows the number of GPUs that Kubernetes can allocate",
      value: `${kubectl} ${install.allocatableCommand}`,
    },
    [`gpu_example_pod${suffix}`]: {
      description: "A pod that uses the GPU, for kubectl apply",
      value: install.examplePod,
    },
  };
}

const hardwareOutputs = (vm: ProxmoxGpuVm, cluster: TalosClusterBase): Outputs => ({
  storage_configuration: {
    description: "Disks of the node",
    value: {
      install_disk: cluster.installDisk,
      disks: vm.disks.map(({ interface: bus, datastoreId, size }) => ({
        interface: bus,
        datastore: datastoreId,
        size_gib: size,
      })),
    },
  },
  network_configuration: {
    description: "Network of the node",
    value: {
      address: vm.address,
      ...(vm.gateway !== undefined && { gateway: vm.gateway }),
      dns_servers: vm.dnsServers ?? [],
      bridges: vm.networkDevices.map(({ bridge }) => bridge),
    },
  },
});

function commandOutputs(
  vm: ProxmoxGpuVm,
  cluster: TalosClusterBase,
  { kubeconfig, talosconfig, kubectl, talosctl, verification }: Commands,
): Outputs {
  const { outputDirectory: directory } = cluster;
  const etcdNode = { node: cluster.address, talosconfig: `${directory}/talosconfig`, directory };
  const restoration = restoreEtcd(etcdNode, {
    vm: resourceAddress(vm.resource),
    configuration: resourceAddress(cluster.configurationApply),
  });
  const restore = (...args: readonly string[]) => commandIn(cluster, restoration, ...args);
  return {
    useful_commands: {
      description: "Commands for the folder with cdktf.out",
      value: {
        nodes: `${kubectl} get nodes --output wide`,
        pods: `${kubectl} get pods --all-namespaces`,
        health: `${talosctl} health`,
        dashboard: `${talosctl} dashboard`,
        gpu: verification,
      },
    },
    restore_commands: {
      description: "Restore the cluster from the newest snapshot of etcd; for the folder with cdktf.out",
      value: {
        take_snapshot: commandIn(cluster, saveEtcd(etcdNode)),
        // The script restores the only member of etcd.
        ...(cluster.nodes.filter(({ role }) => role === "controlplane").length === 1 && {
          on_same_vm: restore("same-vm"),
          on_new_vm: restore("new-vm"),
        }),
      },
    },
    access_instructions: {
      description: "How to reach the cluster from the folder with cdktf.out",
      value: [
        `export KUBECONFIG=${inFolder(cluster, kubeconfig)} TALOSCONFIG=${inFolder(cluster, talosconfig)}`,
        "kubectl get nodes",
        `talosctl --nodes ${cluster.address} dashboard`,
      ].join("\n"),
    },
  };
}

const times = (count: number, each: number): unknown =>
  isUnknown(each) ? expression`(${count} * ${each})` : count * each;

/** The text as a word of a command, in which Terraform interpolates nothing. */
const wordOf = (text: string): string => escapeTemplate(shellArgument(text));

/** Where the stack is, from the folder that cdktf.out is in. */
const stackFolder = (cluster: TalosClusterBase): string => `cdktf.out/stacks/${TerraformStack.of(cluster).node.id}`;

/** A path of the stack's folder, from the folder that cdktf.out is in. */
const fromRoot = (cluster: TalosClusterBase, path: string): string =>
  posix.isAbsolute(path) || isUnknown(path) ? path : posix.join(stackFolder(cluster), path);

/** The same for any folder that one goes to later. */
const inFolder = ({ outputDirectory }: TalosClusterBase, word: string): string =>
  posix.isAbsolute(outputDirectory) ? word : `"$PWD"/${word}`;

/** The command by which a person starts a script of the stack, which goes to the stack's folder itself. */
const commandIn = (cluster: TalosClusterBase, { file, environment }: Script, ...args: readonly string[]): string =>
  [
    ...Object.entries(environment)
      // The scripts know a timeout, and a shorter command is read.
      .filter(([name]) => name !== "TIMEOUT")
      .map(([name, value]) => `${name}=${wordOf(value)}`),
    "sh",
    wordOf(`${stackFolder(cluster)}/${addScript(cluster, file)}`),
    ...args,
  ].join(" ");

const gpuName = (gpu: Gpu): string => (gpu.mapping === undefined ? addressesOf(gpu).join(";") : `${gpu.mapping}`);
