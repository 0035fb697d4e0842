import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { ensureBackend } from "../synth/backend";
import { CiliumInstall } from "./cilium/install";
import type { CiliumInstallProps } from "./cilium/install-props";
import * as ciliumInstall from "./cilium/install-props";
import { GpuInstall, NvidiaInstall } from "./gpu/install";
import type { GpuInstallProps, NvidiaInstallProps } from "./gpu/install-props";
import * as nvidiaInstall from "./gpu/install-props";
import { ofVendor } from "./gpu/vendor";
import {
  childProps,
  isInvalid,
  listOf,
  objectOf,
  optionalLiteral,
  type Parsed,
  parseProps,
  parseSilently,
  required,
  type Schema,
  string,
} from "./props/schema";
import * as connection from "./proxmox/connection";
import { ProxmoxConnection, type ProxmoxConnectionProps } from "./proxmox/connection";
import { ProxmoxGpuVm } from "./proxmox/gpu-vm";
import * as gpuVm from "./proxmox/gpu-vm-props";
import { DownloadedImage } from "./proxmox/host/downloaded-image";
import * as imageChecksum from "./proxmox/host/image-checksum";
import * as bootMedium from "./proxmox/vm/boot-medium";
import { placeInApp } from "./rules/argument";
import { type Place, setPropPath } from "./rules/prop-path";
import { enforce, ifSet, type Rule } from "./rules/rule";
import { talosDocs } from "./rules/source";
import * as talosCluster from "./talos/cluster";
import { TalosCluster, type TalosClusterProps } from "./talos/cluster";
import { driversOf, type KernelVendor, nvidiaOf } from "./talos/driver";
import * as talosImage from "./talos/image";
import { TalosImage, type TalosImageProps, type TalosRelease } from "./talos/image";
import * as singleNode from "./talos/single-node";
import { TalosSingleNode, type TalosSingleNodeProps } from "./talos/single-node";
import { defaultTalosVersion } from "./talos/version";
import { type TalosGpuClusterMachine, TalosGpuMachines } from "./talos-gpu-machines";
import { talosGpuOutputs } from "./talos-gpu-outputs";
import { ownScope } from "./terraform/own-scope";

/** Which Talos the node runs, and where its image comes from. */
export interface TalosGpuClusterTalos extends TalosImageProps {
  /**
   * File storage of the node with the content type "Import" enabled, to keep the image on.
   *
   * @default "local"
   */
  readonly datastore?: string;

  /**
   * Checksum that Proxmox compares the image with. The Image Factory publishes none: compute it from an image that you
   * have inspected.
   *
   * @default - the download is not compared
   */
  readonly checksum?: imageChecksum.ImageChecksum;

  /**
   * Installer image, with `boot` only: the Image Factory's image has its own.
   *
   * @default - what is installed already
   */
  readonly installer?: string;
}

/** The whole cluster: VM, image, Kubernetes, network and GPU. */
export interface TalosGpuClusterProps {
  /** The Proxmox API, and the account to use there. */
  readonly proxmox: ProxmoxConnectionProps;

  /** The VM. Of several machines it is the first one, on which etcd starts. */
  readonly vm: TalosGpuClusterMachine;

  /**
   * Further machines with etcd and the Kubernetes API: two or four. They need `cluster.virtualAddress`.
   *
   * @default - none
   */
  readonly controlPlanes?: readonly TalosGpuClusterMachine[];

  /**
   * Further machines for workloads. `vm` continues to run pods. An empty list lets the last ones leave the cluster in order.
   *
   * @default - none
   */
  readonly workers?: readonly TalosGpuClusterMachine[];

  /**
   * The Talos to run, and to build an image of.
   *
   * @default - the default version, with the guest agent
   */
  readonly talos?: TalosGpuClusterTalos;

  /**
   * What to boot instead of an image of the Image Factory. `talos` then describes it: its version and its driver.
   *
   * @default - an image of the Image Factory, built for `talos`
   */
  readonly boot?: bootMedium.BootMedium;

  /** The cluster. */
  readonly cluster: Omit<TalosSingleNodeProps, "machine" | "talos"> &
    Pick<TalosClusterProps, "virtualAddress" | "schedulingOnControlPlanes" | "controlPlanePatches" | "workerPatches">;

  /**
   * Cilium; `false` leaves Talos its own network, Flannel.
   *
   * @default - Cilium as a Helm release
   */
  readonly cilium?: Omit<CiliumInstallProps, "node"> | false;

  /**
   * Advertises NVIDIA GPUs to pods; `false` leaves it out.
   *
   * @default - NVIDIA's device plugin if `talos` has an NVIDIA driver
   */
  readonly nvidia?: Omit<NvidiaInstallProps, "node"> | false;

  /**
   * Advertises AMD GPUs to pods; `false` leaves it out.
   *
   * @default - AMD's device plugin if `talos` has an AMD driver
   */
  readonly amd?: Omit<GpuInstallProps, "node" | "vendor"> | false;

  /**
   * Advertises Intel GPUs to pods; `false` leaves it out.
   *
   * @default - Intel's device plugin if `talos` has an Intel driver
   */
  readonly intel?: Omit<GpuInstallProps, "node" | "vendor"> | false;
}

const machineSchema = childProps(gpuVm.schema, { connection: "proxmox", boot: "boot" });

const { virtualAddress, schedulingOnControlPlanes, controlPlanePatches, workerPatches } = talosCluster.schema;
const ofSeveral = { virtualAddress, schedulingOnControlPlanes, controlPlanePatches, workerPatches };

export const schema: Schema<TalosGpuClusterProps> = {
  proxmox: required(childProps(connection.schema, {})),
  vm: required(machineSchema),
  talos: objectOf<TalosGpuClusterTalos>({
    ...talosImage.schema,
    datastore: string,
    checksum: imageChecksum.schema,
    installer: string,
  }),
  boot: bootMedium.schema,
  cluster: required(
    childProps<TalosSingleNodeProps & TalosGpuClusterProps["cluster"]>(
      { ...singleNode.schema, ...ofSeveral },
      { machine: "vm", talos: "talos" },
    ),
  ),
  cilium: optionalLiteral(false, childProps(ciliumInstall.schema, { node: "cluster" })),
  nvidia: optionalLiteral(false, childProps(nvidiaInstall.schema, { node: "cluster" })),
  amd: optionalLiteral(false, childProps(nvidiaInstall.schema, { node: "cluster" })),
  intel: optionalLiteral(false, childProps(nvidiaInstall.schema, { node: "cluster" })),
  controlPlanes: listOf(machineSchema),
  workers: listOf(machineSchema),
};

/** Where the props of the parts are written. */
const places: Readonly<Record<string, Place>> = {
  proxmox: { prefix: "proxmox" },
  talos: { prefix: "talos" },
  talos_node: { prefix: "vm", elsewhere: { connection: "proxmox", boot: "boot" } },
  cluster: { prefix: "cluster", elsewhere: { machine: "vm", talos: "talos" } },
  cilium: { prefix: "cilium", elsewhere: { node: "cluster" } },
  nvidia: { prefix: "nvidia", elsewhere: { node: "cluster" } },
  amd: { prefix: "amd", elsewhere: { node: "cluster" } },
  intel: { prefix: "intel", elsewhere: { node: "cluster" } },
};

export const rules: readonly Rule<TalosGpuClusterProps>[] = [
  {
    id: "talos-source",
    requirement:
      "without `boot`, `talos` describes the image; with `boot`, `talos` describes what the boot medium contains",
    reason: "the other settings would be ignored",
    source: talosDocs("learn-more/image-factory"),
    checks: ({ talos = {}, boot }) => {
      if (boot === undefined) {
        return ifSet(talos.installer, () => ({
          condition: false,
          message:
            "talos.installer is set without boot; leave it out: the image of the Image Factory has its own installer",
        }));
      }
      const { version, extensions, extraKernelArgs, factory, datastore, checksum } = talos;
      return [
        {
          condition: version !== undefined,
          message: `talos.version is missing beside boot; write the version on the boot medium, such as "${defaultTalosVersion}"`,
        },
        ...Object.entries({ extensions, extraKernelArgs, factory, datastore, checksum }).flatMap(([name, value]) =>
          ifSet(value, () => ({
            condition: false,
            message: `talos.${name} is set beside boot, but then no image is built; leave one of them out`,
          })),
        ),
      ];
    },
  },
];

/**
 * A Terraform stack for a Kubernetes cluster of one Talos node in a Proxmox VM with GPUs. The addresses of its resources
 * are fixed: an existing state of these addresses stays valid.
 *
 * @example
 * new TalosGpuCluster(app, "talos-gpu", {
 *   proxmox: { endpoint: "https://pve.example:8006/", credentials: "api-token" },
 *   vm: {
 *     name: "talos-gpu",
 *     node: "pve",
 *     gpus: [{ mapping: { name: "gpu", address: "01:00" } }],
 *     initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
 *   },
 *   talos: { nvidia: { kernelModules: "open", branch: "production" } },
 *   cluster: { clusterName: "talos-gpu" },
 * });
 */
export class TalosGpuCluster extends TerraformStack {
  /** The connection to the Proxmox API. */
  readonly connection: ProxmoxConnection;
  /** The image; undefined when booting from elsewhere. */
  readonly image?: TalosImage;
  /** The VM. */
  readonly vm: ProxmoxGpuVm;
  /** The Kubernetes cluster, of one node unless there are further machines. */
  readonly cluster: TalosSingleNode | TalosCluster;
  /** Cilium; undefined without it. */
  readonly cilium?: CiliumInstall;
  /** Advertises NVIDIA GPUs to pods; undefined without it. */
  readonly nvidia?: NvidiaInstall;
  /** Advertises AMD GPUs to pods; undefined without it. */
  readonly amd?: GpuInstall;
  /** Advertises Intel GPUs to pods; undefined without it. */
  readonly intel?: GpuInstall;

  /** @param props a function of the stack where they need it, as Terraform variables do */
  constructor(
    scope: Construct,
    id: string,
    props: TalosGpuClusterProps | ((stack: TerraformStack) => TalosGpuClusterProps),
  ) {
    super(...placeInApp(new.target.name, scope, id));
    // Check blocks and preconditions need it.
    this.addOverride("terraform.required_version", ">= 1.5");
    const parsed = parseProps(this, typeof props === "function" ? props(this) : props, schema);
    enforce(this, rules, parsed.props);
    const { proxmox, vm, talos = {}, cilium, nvidia } = parsed.props;
    const drivers = driversOf(talos);

    const own = ownScope(this);
    for (const [id, place] of Object.entries(places)) setPropPath(own, id, place);
    this.connection = new ProxmoxConnection(own, "proxmox", proxmox);
    const { datastore, checksum, installer, version = defaultTalosVersion, ...image } = talos;
    let { boot } = parsed.props;
    const { connection } = this;
    let download: DownloadedImage | undefined;
    if (!boot) {
      this.image = new TalosImage(own, "talos", { ...image, version });
      setPropPath(this.image, "talos", { prefix: "talos", elsewhere: { node: "vm.node" } });
      const file = { ...this.image.file, connection, node: parseSilently(string, vm.node), datastore, checksum };
      download = new DownloadedImage(this.image, "talos", file);
      boot = { image: download };
    }
    this.vm = new ProxmoxGpuVm(own, "talos_node", { ...vm, connection, boot });
    const release = this.image ?? { version, nvidia: image.nvidia, driver: image.driver, installer };
    const imageProps = { ...image, version };
    const machines = new TalosGpuMachines(own, {
      connection,
      boot,
      release,
      image: this.image,
      imageProps,
      datastore,
      checksum,
      download,
    });
    this.cluster = this.createCluster(own, parsed.props, release, machines);
    if (cilium !== false) this.cilium = new CiliumInstall(own, "cilium", { ...cilium, node: this.cluster });
    // Whether there is a GPU for a driver, the machine says.
    const isKnown = !isInvalid(talos) && !isInvalid(vm) && !isInvalid(vm.gpus);
    if (nvidia !== false && (nvidia ?? nvidiaOf(talos)) && isKnown) {
      this.nvidia = new NvidiaInstall(own, "nvidia", { ...nvidia, node: this.cluster });
    }
    const installOf = (vendor: KernelVendor): GpuInstall | undefined => {
      const given = parsed.props[vendor];
      const isMeant = given !== undefined || ofVendor(drivers, vendor).length > 0;
      if (given === false || !isMeant || !isKnown) return undefined;
      return new GpuInstall(own, vendor, { ...given, node: this.cluster, vendor });
    };
    this.amd = installOf("amd");
    this.intel = installOf("intel");
    const installs = [this.nvidia, this.amd, this.intel].filter((each) => each !== undefined);
    for (const [name, output] of Object.entries(talosGpuOutputs(this.vm, this.cluster, installs))) {
      new TerraformOutput(own, name, output);
    }
  }

  /** One node, or what it has grown to: the resources of the first machine keep their addresses. */
  private createCluster(
    own: Construct,
    { cluster, controlPlanes, workers }: Parsed<TalosGpuClusterProps>,
    talos: TalosRelease,
    machines: TalosGpuMachines,
  ): TalosSingleNode | TalosCluster {
    const { installDisk, ...common } = cluster;
    const isSeveral = Object.keys(ofSeveral).some((name) => Object.hasOwn(cluster, name));
    if (controlPlanes === undefined && workers === undefined && !isSeveral) {
      return new TalosSingleNode(own, "cluster", { ...cluster, machine: this.vm, talos });
    }
    const further = [controlPlanes ?? [], workers ?? []] as const;
    setPropPath(own, "cluster", { prefix: "cluster", elsewhere: placesOf(...further) });
    return new TalosCluster(own, "cluster", {
      ...common,
      talos,
      controlPlanes: [{ machine: this.vm, installDisk }, ...machines.machinesOf("controlPlanes", further[0])],
      workers: machines.machinesOf("workers", further[1]),
      fromSingleNode: "kept",
    });
  }

  /** Keeps the state beside cdktf.out unless the stack has a backend. */
  override prepareStack(): void {
    ensureBackend(this);
    super.prepareStack();
  }
}

/** Where the machines of the cluster are written: the first control plane node is `vm`. */
const placesOf = (controlPlanes: readonly unknown[], workers: readonly unknown[]): Record<string, string> => ({
  talos: "talos",
  controlPlanes: "controlPlanes",
  workers: "workers",
  "controlPlanes[0].machine": "vm",
  ...Object.fromEntries(
    controlPlanes.map((_, index) => [`controlPlanes[${index + 1}].machine`, `controlPlanes[${index}]`]),
  ),
  ...Object.fromEntries(workers.map((_, index) => [`workers[${index}].machine`, `workers[${index}]`])),
});
