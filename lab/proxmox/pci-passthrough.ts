import { functionsAt, type PciDevice } from "./pci-device";
import type { PciMappings } from "./pci-mapping";
import { PropertyString } from "./property-string";
import type { VirtualMachine } from "./virtual-machine";

/** The host's side of PCI passthrough: what Proxmox checks when a VM starts, and which VM holds which function. */
export class PciPassthrough {
  private readonly reservations = new Map<string, number>();

  constructor(
    private readonly devices: readonly PciDevice[],
    private readonly mappings: PciMappings,
    private readonly iommu: boolean,
  ) {}

  /** Takes the VM's devices for it, or throws the reason for which Proxmox does not start it. */
  reserve(vm: VirtualMachine): void {
    const taken = new Set<string>();
    for (const [, value] of vm.numbered("hostpci")) {
      const slot = PropertyString.parse(value, "host");
      if (slot.flag("pcie") && !/q35/.test(vm.get("machine") ?? ""))
        throw new Error("q35 machine model is not enabled");
      const functions = this.addresses(slot).flatMap((address) => {
        const found = functionsAt(this.devices, address);
        if (found.length === 0) throw new Error(`no PCI device found for '${address}'`);
        return found.map((device) => device.id);
      });
      if (!this.iommu) throw new Error("cannot prepare PCI pass-through, IOMMU not present");
      for (const id of functions) {
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
    for (const id of taken) this.reservations.set(id, vm.id);
  }

  release(vm: VirtualMachine): void {
    for (const [id, holder] of this.reservations) if (holder === vm.id) this.reservations.delete(id);
  }

  /** The functions that a running VM has. */
  heldBy(vm: VirtualMachine): PciDevice[] {
    return this.devices.filter(({ id }) => this.reservations.get(id) === vm.id);
  }

  private addresses(slot: PropertyString): string[] {
    const [host, mapping] = [slot.get("host"), slot.get("mapping")];
    if (host !== undefined && mapping !== undefined) throw new Error("Cannot set both 'host' and 'mapping'.");
    if (mapping !== undefined) return this.mappings.resolve(mapping).split(";");
    if (host === undefined) throw new Error("Either 'host' or 'mapping' must be set.");
    return host.split(";");
  }
}
