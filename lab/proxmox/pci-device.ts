/** A PCI function of the host, as `GET nodes/{node}/hardware/pci` lists it. */
export interface PciDevice {
  /** With domain and function: `0000:01:00.0`. */
  readonly id: string;
  readonly class: string;
  readonly vendor: string;
  readonly device: string;
  readonly vendor_name?: string;
  readonly device_name?: string;
  readonly subsystem_vendor?: string;
  readonly subsystem_device?: string;
  readonly iommugroup: number;
}

/** A graphics card with its audio function, in an IOMMU group of its own. */
export function graphicsCard(slot: string, iommugroup: number): PciDevice[] {
  const common = { vendor: "0x10de", subsystem_vendor: "0x1458", subsystem_device: "0x40bf", iommugroup };
  return [
    { ...common, id: `${slot}.0`, class: "0x030000", device: "0x2684", vendor_name: "NVIDIA Corporation" },
    { ...common, id: `${slot}.1`, class: "0x040300", device: "0x22ba", vendor_name: "NVIDIA Corporation" },
  ];
}

const withDomain = (address: string): string => (/^[0-9a-f]{4,}:/.test(address) ? address : `0000:${address}`);

/** The functions that an address stands for: itself, or without a function all of the device. */
export function functionsAt(devices: readonly PciDevice[], address: string): PciDevice[] {
  const full = withDomain(address);
  return devices.filter(({ id }) => id === full || (!full.includes(".") && id.startsWith(`${full}.`)));
}
