import { functionsAt, type PciDevice } from "./pci-device";
import type { PciMappings } from "./pci-mapping";
import { PropertyString } from "./property-string";
import type { VirtualMachine } from "./virtual-machine";

/** A `hostpciN` of a VM: the functions that it may get, as alternatives. */
interface Slot {
  readonly key: string;
  readonly mdev?: string;
  readonly alternatives: readonly (readonly PciDevice[])[];
}

/**
 * The host's side of PCI passthrough: what Proxmox checks when a VM starts, and which VM holds which function.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer/PCI.pm
 */
export class PciPassthrough {
  private readonly reservations = new Map<string, number>();

  constructor(
    private readonly node: string,
    private readonly devices: readonly PciDevice[],
    private readonly mappings: PciMappings,
    private readonly iommu: boolean,
  ) {}

  /** Takes the VM's devices for it, or throws the reason for which Proxmox does not start it. */
  reserve(vm: VirtualMachine): void {
    const slots = vm.numbered("hostpci").map(([key, value]) => this.slot(vm, key, value));
    const taken = new Set<string>();
    const free = ({ id }: PciDevice) => !taken.has(id) && (this.reservations.get(id) ?? vm.id) === vm.id;
    for (const { key, alternatives, mdev } of slots) {
      // Mediated devices are divided among VMs, so nobody takes the function itself.
      if (mdev !== undefined) continue;
      const chosen = alternatives.length === 1 ? alternatives[0] : alternatives.find((each) => each.every(free));
      if (!chosen) throw new Error(`could not find a free device for '${key}'`);
      for (const { id } of chosen) {
        if (taken.has(id)) throw new Error(`device '${id}' assigned more than once`);
        taken.add(id);
      }
    }
    for (const id of taken) {
      const holder = this.reservations.get(id);
      if (holder !== undefined && holder !== vm.id) {
        throw new Error(`PCI device '${id}' already in use by VMID '${holder}'`);
      }
    }
    if (slots.length > 0 && !this.iommu) throw new Error("cannot prepare PCI pass-through, IOMMU not present");
    for (const { mdev, alternatives } of slots) {
      const [device] = alternatives[0] ?? [];
      if (mdev !== undefined && !device?.mdev) {
        throw new Error(`pci device '${device?.id}' does not support mediated devices`);
      }
    }
    for (const id of taken) this.reservations.set(id, vm.id);
  }

  release(vm: VirtualMachine): void {
    for (const [id, holder] of this.reservations) if (holder === vm.id) this.reservations.delete(id);
  }

  /** The functions that a running VM has. */
  heldBy(vm: VirtualMachine): PciDevice[] {
    return this.devices.filter(({ id }) => this.reservations.get(id) === vm.id);
  }

  private slot(vm: VirtualMachine, key: string, value: string): Slot {
    const properties = PropertyString.parse(value, "host");
    const alternatives = this.addresses(properties).map((addresses) =>
      addresses.split(";").flatMap((address) => {
        const found = functionsAt(this.devices, address);
        if (found.length === 0) throw new Error(`no PCI device found for '${address}'`);
        return found;
      }),
    );
    const mdev = properties.get("mdev");
    if (mdev !== undefined && alternatives.some((functions) => functions.length > 1)) {
      throw new Error("cannot use mediated device with multifunction device");
    }
    if (properties.flag("pcie") && !/q35/.test(vm.get("machine") ?? "")) {
      throw new Error("q35 machine model is not enabled");
    }
    return { key, mdev, alternatives };
  }

  private addresses(slot: PropertyString): string[] {
    const [host, mapping] = [slot.get("host"), slot.get("mapping")];
    if (host !== undefined && mapping !== undefined) throw new Error("Cannot set both 'host' and 'mapping'.");
    if (mapping !== undefined) return this.mappings.resolve(mapping, this.node, this.devices);
    if (host === undefined) throw new Error("Either 'host' or 'mapping' must be set.");
    return [host];
  }
}
