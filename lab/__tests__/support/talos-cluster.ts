import { type App, LocalBackend, TerraformStack } from "cdktf";
import {
  CiliumInstall,
  DownloadedImage,
  NvidiaInstall,
  type NvidiaInstallProps,
  PciMapping,
  ProxmoxConnection,
  ProxmoxGpuVm,
  TalosCluster,
  TalosImage,
  type TalosPatch,
} from "../../../constructs";
import type { ProxmoxGpuVmProps } from "../../../constructs/proxmox/gpu-vm-props";
import type { Lab } from "../../lab";
import type { Terraform } from "../../terraform";
import { credentials } from "./accounts";

/** A machine of the cluster: the id of its VM, the Proxmox node it is on, and its address. */
export interface Place {
  readonly name: string;
  readonly vmId: number;
  readonly host: string;
  readonly address: string;
  /** Whether the VM may be replaced. */
  readonly replaceable?: boolean;
}

export interface TalosClusterOptions {
  /** Needed by several control plane nodes. */
  readonly virtualAddress?: string;
  readonly controlPlanes: readonly Place[];
  /** Workers with a GPU each. */
  readonly gpuWorkers: readonly Place[];
  /** Workers without one. */
  readonly workers?: readonly Place[];
  /**
   * Cores of each VM, which restarts for others.
   *
   * @default 4
   */
  readonly cores?: number;
  /** @default - those of every VM */
  readonly disks?: ProxmoxGpuVmProps["disks"];
  /** Patches of all machine configurations. */
  readonly configPatches?: readonly TalosPatch[];
  readonly version?: string;
  readonly kubernetesVersion?: string;
  /** What hands out the GPUs; `false` for nothing. */
  readonly nvidia?: Omit<NvidiaInstallProps, "node"> | false;
  readonly ciliumVersion?: string;
  /** Whether control plane nodes run pods beside workers. */
  readonly schedulingOnControlPlanes?: boolean;
  /**
   * Seconds for each of the waits.
   *
   * @default 240
   */
  readonly readyTimeout?: number;
  /** What a user does through the escape hatches. */
  readonly force?: (cluster: TalosCluster) => void;
}

/** Makes a cluster of several machines ready to plan. */
export const deployTalosCluster = (lab: Lab, options: TalosClusterOptions): Promise<Terraform> =>
  lab.deploy("talos-cluster", (app: App) => define(app, lab, options), credentials);

/** The mapping of the GPU that each host has. */
function mappingOfAllHosts(stack: TerraformStack, lab: Lab, connection: ProxmoxConnection): PciMapping {
  const [first, ...others] = lab.proxmox.cluster.hosts.map(({ node }) => ({ node, address: "01:00" }));
  return new PciMapping(stack, "gpu", {
    connection,
    name: "gpu",
    node: first?.node ?? "",
    address: "01:00",
    alternatives: others,
  });
}

function define(app: App, lab: Lab, options: TalosClusterOptions): void {
  const { virtualAddress, version, kubernetesVersion, nvidia, readyTimeout = 240, force, ...machines } = options;
  const { schedulingOnControlPlanes, ciliumVersion, configPatches, cores = 4, disks } = options;
  const stack = new TerraformStack(app, "talos-cluster");
  new LocalBackend(stack, { path: "terraform.tfstate" });
  const connection = new ProxmoxConnection(stack, "proxmox", {
    endpoint: lab.proxmox.endpoint,
    credentials: "password",
  });
  const factory = lab.factory.url;
  const talos = new TalosImage(stack, "talos", { factory, insecureHttp: true, version });
  const talosWithDriver = new TalosImage(stack, "talos_nvidia", {
    factory,
    insecureHttp: true,
    version,
    nvidia: { kernelModules: "open", branch: "production" },
  });
  const mapping = mappingOfAllHosts(stack, lab, connection);
  const images = new Map<string, DownloadedImage>();
  const imageFor = (image: TalosImage, node: string): DownloadedImage => {
    const id = `${image.node.id}_${node}`;
    const known = images.get(id) ?? new DownloadedImage(stack, id, { ...image.file, connection, node });
    images.set(id, known);
    return known;
  };
  const machine = (
    { name, vmId, host, address, replaceable }: Place,
    image: TalosImage,
    gpus: { mapping: PciMapping }[] = [],
  ) =>
    new ProxmoxGpuVm(stack, name, {
      connection,
      name,
      node: host,
      vmId,
      replaceable,
      boot: { image: imageFor(image, host) },
      cpu: { cores },
      memory: { dedicated: 4096 },
      disks,
      gpus,
      // As Proxmox writes it, in upper case.
      networkDevices: [{ macAddress: `BC:24:11:00:0A:${`${vmId}`.slice(-2)}` }],
      initialization: { ipConfigs: [{ address: `${lab.written(address)}/24`, gateway: lab.written(lab.gateway) }] },
    });
  const cluster = new TalosCluster(stack, "cluster", {
    clusterName: "talos-cluster",
    talos,
    kubernetesVersion,
    virtualAddress: virtualAddress === undefined ? undefined : lab.written(virtualAddress),
    schedulingOnControlPlanes,
    configPatches,
    readyTimeout,
    controlPlanes: machines.controlPlanes.map((place) => machine(place, talos)),
    workers: [
      ...machines.gpuWorkers.map((place) => ({
        machine: machine(place, talosWithDriver, [{ mapping }]),
        talos: talosWithDriver,
      })),
      ...(machines.workers ?? []).map((place) => machine(place, talos)),
    ],
  });
  new CiliumInstall(stack, "cilium", { node: cluster, version: ciliumVersion });
  force?.(cluster);
  if (nvidia !== false) new NvidiaInstall(stack, "nvidia", { ...nvidia, node: cluster });
}
