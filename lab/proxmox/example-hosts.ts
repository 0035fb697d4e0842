import type { ClusterOptions } from "./cluster";
import { defaultStorages } from "./host";
import { arc, graphicsCard, graphicsCards, type PciDevice, processorGraphics, radeon } from "./pci-device";

/** A disk controller in the IOMMU group of the graphics card, as on boards that don't separate their slots. */
const neighbour: PciDevice = {
  id: "0000:02:00.0",
  class: "0x010802",
  vendor: "0x144d",
  device: "0xa80a",
  vendor_name: "Samsung Electronics Co Ltd",
  device_name: "NVMe SSD Controller PM9A1/PM9A3/980PRO",
  iommugroup: 14,
};

const withoutImports = defaultStorages.map((storage) => ({
  ...storage,
  content: storage.content.filter((kind) => kind !== "import"),
}));

/** Hosts as people have them, good and bad, by what is special about them. */
export const exampleHosts = {
  "one-gpu": {},
  "two-gpus": {
    devices: [...graphicsCard("0000:01:00", 14), ...graphicsCard("0000:05:00", 19, graphicsCards.rtx5090)],
  },
  "old-gpu": { devices: graphicsCard("0000:01:00", 14, graphicsCards.gtx1070) },
  "amd-gpu": { devices: radeon("0000:03:00", 14) },
  "intel-gpus": { devices: [...processorGraphics(3), ...arc("0000:04:00", 16)] },
  "three-vendors": {
    devices: [...graphicsCard("0000:01:00", 14), ...radeon("0000:03:00", 15), ...processorGraphics()],
  },
  "no-gpu": { devices: [] },
  "shared-group": { devices: [...graphicsCard("0000:01:00", 14), neighbour] },
  "iommu-off": { iommu: false },
  "proxmox-8.4": { version: "8.4.10", release: "8.4.14" },
  "proxmox-8.3": { version: "8.4.10", release: "8.3.5", storages: withoutImports },
  "no-import-storage": { storages: withoutImports },
  "full-storage": {
    storages: defaultStorages.map((storage) => ({ ...storage, capacity: 5 * 1024 ** 3 })),
  },
  "two-nodes": {
    node: "pve1",
    devices: graphicsCard("0000:01:00", 14),
    furtherNodes: [{ node: "pve2", devices: graphicsCard("0000:03:00", 21, graphicsCards.rtx5090) }],
  },
  "two-factor": { accounts: [{ id: "root@pam", secret: "proxmox", oneTimePassword: "123456" }] },
} as const satisfies Record<string, ClusterOptions>;

export type ExampleHost = keyof typeof exampleHosts;
