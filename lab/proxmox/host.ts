import { ApiError } from "./api-error";
import type { ClusterState } from "./cluster-state";
import { type Bridge, Bridges } from "./network";
import { networkDevice } from "./network-device";
import { chipset, graphicsCard, type PciDevice } from "./pci-device";
import { PciPassthrough } from "./pci-passthrough";
import { gibibyte } from "./size";
import { type StorageOptions, Storages } from "./storage";
import { Tasks } from "./task";
import { VirtualMachine } from "./virtual-machine";

/** A file that the host can download. */
export interface RemoteFile {
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of the disk inside it. */
  readonly virtualSize: number;
  /** In hex, by algorithm. */
  readonly checksums?: Readonly<Record<string, string>>;
  /**
   * Whether the certificate of its server is one that the host trusts.
   *
   * @default true
   */
  readonly trusted?: boolean;
}

/** A node, as it was set up. */
export interface HostOptions {
  /** @default "pve" */
  readonly node?: string;
  /** @default - `local` for images and files, `local-lvm` for disks */
  readonly storages?: readonly StorageOptions[];
  /**
   * PCI devices beside those that every host has.
   *
   * @default - one graphics card with its audio function at 0000:01:00
   */
  readonly devices?: readonly PciDevice[];
  /** @default true */
  readonly iommu?: boolean;
  /** @default - vmbr0 */
  readonly bridges?: readonly Bridge[];
  /**
   * Threads of the node's CPU.
   *
   * @default 32
   */
  readonly cpus?: number;
  /**
   * Bytes of memory.
   *
   * @default - 64 GiB
   */
  readonly memory?: number;
  /**
   * Whether the guest agent answers in VMs that have it switched on.
   *
   * @default true
   */
  readonly guestAgent?: boolean;
  /**
   * What the host finds behind an address; undefined is "404 Not Found".
   *
   * @default - an image of the same size behind every address
   */
  readonly remoteFile?: (url: string) => RemoteFile | undefined;
}

export const defaultStorages: readonly StorageOptions[] = [
  { name: "local", type: "dir", content: ["iso", "vztmpl", "import", "snippets", "images"], capacity: 100 * gibibyte },
  { name: "local-lvm", type: "lvmthin", content: ["images", "rootdir"], capacity: 1000 * gibibyte },
];

const image: RemoteFile = { size: 104_857_600, virtualSize: 4 * gibibyte };

/** Everything that one node of a Proxmox VE cluster knows; a cluster of one is the usual thing. */
export class ProxmoxHost {
  readonly node: string;
  readonly tasks: Tasks;
  readonly storages: Storages;
  readonly devices: readonly PciDevice[];
  readonly bridges: Bridges;
  readonly vms = new Map<number, VirtualMachine>();
  readonly cpus: number;
  readonly memory: number;
  readonly guestAgent: boolean;
  readonly remoteFile: (url: string) => RemoteFile | undefined;
  private readonly passthrough: PciPassthrough;

  constructor(
    private readonly cluster: ClusterState,
    options: HostOptions,
  ) {
    const iommu = options.iommu ?? true;
    this.node = options.node ?? "pve";
    this.tasks = new Tasks(this.node);
    this.storages = new Storages(options.storages ?? defaultStorages, cluster.sharedStorages);
    this.devices = [...chipset, ...(options.devices ?? graphicsCard("0000:01:00", 14))].map((device) =>
      iommu ? device : { ...device, iommugroup: -1 },
    );
    this.bridges = new Bridges(options.bridges ?? [{ name: "vmbr0" }]);
    this.cpus = options.cpus ?? 32;
    this.memory = options.memory ?? 64 * gibibyte;
    this.passthrough = new PciPassthrough(this.node, this.devices, cluster.mappings, iommu);
    cluster.passthroughs.push(this.passthrough);
    this.guestAgent = options.guestAgent ?? true;
    this.remoteFile = options.remoteFile ?? (() => image);
  }

  get access(): ClusterState["access"] {
    return this.cluster.access;
  }

  get mappings(): ClusterState["mappings"] {
    return this.cluster.mappings;
  }

  get pools(): ClusterState["pools"] {
    return this.cluster.pools;
  }

  /** Guests hear that their VM was switched on or off. */
  get power(): ClusterState["power"] {
    return this.cluster.power;
  }

  vm(id: number): VirtualMachine {
    const vm = this.vms.get(id);
    if (!vm) throw new ApiError(500, `Configuration file 'nodes/${this.node}/qemu-server/${id}.conf' does not exist`);
    return vm;
  }

  /** Adds a VM that `build` configures; when that fails, nothing of it stays. */
  createVm(id: number, build: (vm: VirtualMachine) => void): VirtualMachine {
    const vm = new VirtualMachine(id, this.storages, this.cluster.proxmox);
    try {
      build(vm);
    } catch (error) {
      vm.destroyVolumes();
      throw error;
    }
    this.vms.set(id, vm);
    return vm;
  }

  /** Switches a VM on, or throws the reason for which Proxmox does not. */
  start(vm: VirtualMachine): void {
    if (vm.template) throw new Error("you can't start a vm if it's a template");
    if (vm.running) throw new Error(`VM ${vm.id} already running`);
    vm.applyAll();
    this.passthrough.reserve(vm);
    try {
      this.demandCpus(vm);
      for (const [key, value] of vm.numbered("net")) this.bridges.demand(key, networkDevice(vm.proxmox, value));
    } catch (error) {
      this.passthrough.release(vm);
      throw error;
    }
    vm.running = true;
    this.power.emit("on", vm);
  }

  stop(vm: VirtualMachine): void {
    if (!vm.running) return;
    this.passthrough.release(vm);
    vm.running = false;
    vm.applyAll();
    this.power.emit("off", vm);
  }

  /** Shuts the guest down, and switches its VM off. A guest whose agent is asked may have work to do before. */
  shutDown(vm: VirtualMachine, then: () => void = () => {}): void | Promise<void> {
    const work: Promise<void>[] = [];
    if (vm.running && vm.hasGuestAgent && this.guestAgent) this.power.emit("leaving", vm, work);
    const leave = () => {
      this.stop(vm);
      then();
    };
    return work.length === 0 ? leave() : Promise.all(work).then(leave);
  }

  reboot(vm: VirtualMachine): void | Promise<void> {
    return this.shutDown(vm, () => this.start(vm));
  }

  /** The PCI functions that are passed through to a running VM, on whichever node it is. */
  passedTo(vm: VirtualMachine): PciDevice[] {
    return this.cluster.passthroughs.flatMap((passthrough) => passthrough.heldBy(vm));
  }

  /** Refuses to destroy a VM that is protected or that runs. */
  demandDestroyable(vm: VirtualMachine): void {
    if (vm.get("protection") === "1") throw new ApiError(500, `can't remove VM ${vm.id} - protection mode enabled`);
    if (vm.running) throw new ApiError(500, `VM ${vm.id} is running - destroy failed`);
  }

  destroy(vm: VirtualMachine): void {
    this.demandDestroyable(vm);
    vm.destroyVolumes();
    this.vms.delete(vm.id);
    for (const pool of this.pools.values()) pool.members.delete(vm.id);
    this.cluster.access.forgetVm(vm.id);
    this.power.emit("destroyed", vm);
  }

  private demandCpus(vm: VirtualMachine): void {
    const wanted = Number(vm.get("sockets") ?? 1) * Number(vm.get("cores") ?? 1);
    if (wanted > this.cpus) throw new Error(`MAX ${this.cpus} vcpus allowed per VM on this node`);
  }
}
