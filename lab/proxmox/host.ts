import { EventEmitter } from "node:events";
import { Access, type Account } from "./access";
import { ApiError } from "./api-error";
import { graphicsCard, type PciDevice } from "./pci-device";
import { PciMappings } from "./pci-mapping";
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
}

export interface HostOptions {
  /** @default "pve" */
  readonly node?: string;
  /** @default - root@pam with the password `proxmox` */
  readonly accounts?: readonly Account[];
  /** @default - `local` for images and files, `local-lvm` for disks */
  readonly storages?: readonly StorageOptions[];
  /** @default - one graphics card with its audio function at 0000:01:00 */
  readonly devices?: readonly PciDevice[];
  /** @default true */
  readonly iommu?: boolean;
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

const storages: readonly StorageOptions[] = [
  { name: "local", type: "dir", content: ["iso", "vztmpl", "import", "snippets", "images"], capacity: 100 * gibibyte },
  { name: "local-lvm", type: "lvmthin", content: ["images", "rootdir"], capacity: 1000 * gibibyte },
];

const image: RemoteFile = { size: 104_857_600, virtualSize: 4 * gibibyte };

/** Everything a single Proxmox VE host knows. */
export class ProxmoxHost {
  readonly node: string;
  readonly access: Access;
  readonly tasks: Tasks;
  readonly storages: Storages;
  readonly devices: readonly PciDevice[];
  readonly mappings: PciMappings;
  readonly pools = new Map<string, { comment?: string; members: Set<number> }>();
  readonly vms = new Map<number, VirtualMachine>();
  /** Guests hear that their VM was switched on or off. */
  readonly power = new EventEmitter<{ on: [VirtualMachine]; off: [VirtualMachine]; destroyed: [VirtualMachine] }>();
  readonly guestAgent: boolean;
  readonly remoteFile: (url: string) => RemoteFile | undefined;
  private readonly passthrough: PciPassthrough;

  constructor(options: HostOptions = {}) {
    this.node = options.node ?? "pve";
    this.access = new Access(options.accounts ?? [{ id: "root@pam", secret: "proxmox" }]);
    this.tasks = new Tasks(this.node);
    this.storages = new Storages(options.storages ?? storages);
    this.devices = options.devices ?? graphicsCard("0000:01:00", 14);
    this.mappings = new PciMappings(this.node, this.devices);
    this.passthrough = new PciPassthrough(this.devices, this.mappings, options.iommu ?? true);
    this.guestAgent = options.guestAgent ?? true;
    this.remoteFile = options.remoteFile ?? (() => image);
  }

  vm(id: number): VirtualMachine {
    const vm = this.vms.get(id);
    if (!vm) throw new ApiError(500, `Configuration file 'nodes/${this.node}/qemu-server/${id}.conf' does not exist`);
    return vm;
  }

  demandFree(id: number): void {
    if (this.vms.has(id)) throw new Error(`VM ${id} already exists on node '${this.node}'`);
  }

  /** Adds a VM that `build` configures; when that fails, nothing of it stays. */
  createVm(id: number, build: (vm: VirtualMachine) => void): VirtualMachine {
    const vm = new VirtualMachine(id, this.storages);
    try {
      build(vm);
    } catch (error) {
      vm.destroyVolumes();
      throw error;
    }
    this.vms.set(id, vm);
    return vm;
  }

  start(vm: VirtualMachine): void {
    if (vm.running) throw new Error(`VM ${vm.id} already running`);
    if (vm.template) throw new Error("you can't start a vm if it's a template");
    this.passthrough.reserve(vm);
    vm.running = true;
    this.power.emit("on", vm);
  }

  stop(vm: VirtualMachine): void {
    if (!vm.running) return;
    this.passthrough.release(vm);
    vm.running = false;
    this.power.emit("off", vm);
  }

  /** The PCI functions that are passed through to a running VM. */
  passedTo(vm: VirtualMachine): PciDevice[] {
    return this.passthrough.heldBy(vm);
  }

  destroy(vm: VirtualMachine): void {
    if (vm.running) throw new Error(`VM ${vm.id} is running - destroy failed`);
    if (vm.get("protection") === "1") throw new Error(`can't remove VM ${vm.id} - protection mode enabled`);
    vm.destroyVolumes();
    this.vms.delete(vm.id);
    for (const pool of this.pools.values()) pool.members.delete(vm.id);
    this.power.emit("destroyed", vm);
  }
}
