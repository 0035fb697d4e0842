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
  readonly subsystem_vendor_name?: string;
  readonly iommugroup: number;
  /** It can be divided into mediated devices. */
  readonly mdev?: 1;
}

/** What tells a kind of graphics card from another. */
export interface GraphicsCard {
  readonly device: string;
  readonly audio: string;
  readonly name: string;
}

export const graphicsCards = {
  rtx4090: { device: "0x2684", audio: "0x22ba", name: "AD102 [GeForce RTX 4090]" },
  rtx5090: { device: "0x2b85", audio: "0x22e8", name: "GB202 [GeForce RTX 5090]" },
  gtx1070: { device: "0x1b81", audio: "0x10f0", name: "GP104 [GeForce GTX 1070]" },
} as const satisfies Record<string, GraphicsCard>;

/** A graphics card with its audio function, in an IOMMU group of its own. */
export function graphicsCard(
  slot: string,
  iommugroup: number,
  card: GraphicsCard = graphicsCards.rtx4090,
): PciDevice[] {
  const common = {
    vendor: "0x10de",
    vendor_name: "NVIDIA Corporation",
    subsystem_vendor: "0x1458",
    subsystem_device: "0x40bf",
    subsystem_vendor_name: "Gigabyte Technology Co., Ltd",
    iommugroup,
  };
  return [
    { ...common, id: `${slot}.0`, class: "0x030000", device: card.device, device_name: card.name },
    { ...common, id: `${slot}.1`, class: "0x040300", device: card.audio },
  ];
}

export const radeons = {
  rx7900xtx: { device: "0x744c", audio: "0xab30", name: "Navi 31 [Radeon RX 7900 XTX]" },
  rx5700: { device: "0x731f", audio: "0xab38", name: "Navi 10 [Radeon RX 5700]" },
} as const satisfies Record<string, GraphicsCard>;

/** A card of AMD with its audio function, in an IOMMU group of its own. */
export function radeon(slot: string, iommugroup: number, card: GraphicsCard = radeons.rx7900xtx): PciDevice[] {
  const common = { vendor: "0x1002", vendor_name: "Advanced Micro Devices, Inc. [AMD/ATI]", iommugroup };
  return [
    { ...common, id: `${slot}.0`, class: "0x030000", device: card.device, device_name: card.name },
    { ...common, id: `${slot}.1`, class: "0x040300", device: card.audio },
  ];
}

const ofIntel = { vendor: "0x8086", vendor_name: "Intel Corporation", class: "0x030000" } as const;

/** An Arc B580, which `xe` drives. */
export const arc = (slot: string, iommugroup: number): PciDevice[] => [
  { ...ofIntel, id: `${slot}.0`, device: "0xe20b", device_name: "Battlemage G21 [Arc B580]", iommugroup },
];

/** The graphics of a processor, divided into virtual functions by a driver of the host, each in a group of its own. */
export const processorGraphics = (virtualFunctions = 0): PciDevice[] =>
  Array.from({ length: virtualFunctions + 1 }, (_, index) => ({
    ...ofIntel,
    id: `0000:00:02.${index}`,
    device: "0xa780",
    device_name: "Raptor Lake-S GT1 [UHD Graphics 770]",
    iommugroup: index === 0 ? 0 : 20 + index,
  }));

/** The kernel module that drives a GPU of AMD or Intel in a guest; undefined for others. Of virtual functions, only `xe` knows. */
export function kernelModuleOf({ id, vendor, device }: PciDevice): string | undefined {
  if (vendor === "0x1002") return "amdgpu";
  if (vendor !== "0x8086") return undefined;
  return /^0x(64|b0|e2)/.test(device) || !id.endsWith(".0") ? "xe" : "i915";
}

/** The bridge, the disk controller and the network card that every host has beside its graphics cards. */
export const chipset: readonly PciDevice[] = [
  { id: "0000:00:01.0", class: "0x060400", vendor: "0x8086", device: "0xa70d", iommugroup: 2 },
  { id: "0000:00:17.0", class: "0x010601", vendor: "0x8086", device: "0x7a62", iommugroup: 8 },
  { id: "0000:00:1f.6", class: "0x020000", vendor: "0x8086", device: "0x1a1d", iommugroup: 11 },
].map((device) => ({ ...device, vendor_name: "Intel Corporation" }));

const withDomain = (address: string): string => (/^[0-9a-f]{4,}:/.test(address) ? address : `0000:${address}`);

/** The functions that an address stands for: itself, or without a function all of the device. */
export function functionsAt(devices: readonly PciDevice[], address: string): PciDevice[] {
  const full = withDomain(address);
  return devices.filter(({ id }) => id === full || (!full.includes(".") && id.startsWith(`${full}.`)));
}
