import { asYaml } from "../terraform/document";
import type { Generation } from "./gpu-generation";
import type { KernelDriver } from "./vendor-driver";

/**
 * AMD's driver, `amdgpu`, with its firmware: for Radeon and Instinct cards and the graphics of Ryzen processors.
 *
 * @see https://github.com/siderolabs/extensions/tree/main/drm/amdgpu
 */
export interface AmdDriver {
  /** AMD. */
  readonly vendor: "amd";
}

/** Only the driver `radeon` knows it, which Talos does not have. */
const terascale = "TeraScale";

/** Cards that hang until their host is rebooted, once their VM has stopped: https://github.com/gnif/vendor-reset */
const [gcn, vega, rdna1] = ["GCN", "Vega", "RDNA 1"] as const;

/**
 * Linux 6.18, that of Talos 1.12 to 1.14, has an `amdgpu` that knows all of these except TeraScale, which its list of
 * unsupported devices has. It finds out by itself what a later card is, whose ids are those of pci.ids. Whether Linux 6.12,
 * that of Talos 1.11, knows the newest of them is not known here.
 *
 * @see https://pci-ids.ucw.cz/read/PC/1002
 * @see https://github.com/torvalds/linux/blob/v6.12/drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c
 */
const generations: readonly Generation[] = [
  {
    name: terascale,
    devices: [
      [0x6700, 0x677f],
      [0x6840, 0x685f],
      [0x6880, 0x68ff],
      [0x9400, 0x97ff],
      [0x9802, 0x980f],
      [0x9900, 0x99af],
    ],
  },
  {
    name: gcn,
    devices: [
      [0x1304, 0x131d],
      [0x6600, 0x666f],
      [0x6780, 0x683f],
      [0x6900, 0x694f],
      [0x6980, 0x699f],
      [0x6fdf, 0x6fdf],
      [0x7300, 0x730f],
      [0x9830, 0x985f],
      [0x9870, 0x987f],
      [0x98e4, 0x98e4],
    ],
  },
  {
    name: vega,
    devices: [
      [0x15d8, 0x15dd],
      [0x15e7, 0x15e7],
      [0x1636, 0x1638],
      [0x164c, 0x164c],
      [0x66a0, 0x66af],
      [0x6860, 0x687f],
      [0x69a0, 0x69af],
    ],
  },
  {
    name: rdna1,
    devices: [
      [0x7310, 0x731f],
      [0x7340, 0x734f],
      [0x7360, 0x736f],
    ],
  },
  {
    name: "RDNA 2",
    devices: [
      [0x13c0, 0x13c0],
      [0x13db, 0x13ff],
      [0x143f, 0x143f],
      [0x1506, 0x1506],
      [0x163f, 0x163f],
      [0x164d, 0x164e],
      [0x1681, 0x1681],
      [0x73a0, 0x73ff],
      [0x7420, 0x743f],
    ],
  },
  {
    name: "RDNA 3",
    devices: [
      [0x1114, 0x1114],
      [0x150e, 0x150e],
      [0x1586, 0x1586],
      [0x15bf, 0x15c8],
      [0x164f, 0x164f],
      [0x1900, 0x1902],
      [0x7440, 0x749f],
    ],
  },
  { name: "RDNA 4", devices: [[0x7550, 0x759f]] },
  {
    name: "CDNA",
    devices: [
      [0x7388, 0x738e],
      [0x7390, 0x7390],
      [0x7408, 0x7410],
      [0x74a0, 0x74bf],
      [0x75a0, 0x75bf],
    ],
  },
];

export const amd: KernelDriver<AmdDriver> = {
  title: "AMD",
  vendorId: "1002",
  example: 'driver: { vendor: "amd" }',
  generations,
  extensions: () => ["siderolabs/amd-ucode", "siderolabs/amdgpu"],
  kernelArgs: () => [],
  patch: () => asYaml({ machine: { kernel: { modules: [{ name: "amdgpu" }] } } }),
  checks: () => [],
  stuckGenerations: generations.filter(({ name }) => [gcn, vega, rdna1].some((each) => each === name)),
  knows: (_, { name }) => name !== terascale,
  driverFor: ({ name }) => (name === terascale ? undefined : { vendor: "amd" }),
};
