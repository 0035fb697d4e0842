import { type Condition, isUnknown } from "../rules/condition";
import { expression } from "../rules/expression";

/** A generation of NVIDIA's GPUs, and which drivers know it. */
export interface GpuGeneration {
  readonly name: string;
  /** Device ids, first and last of each range. */
  readonly devices: readonly (readonly [first: number, last: number])[];
  /** The branches that know it. */
  readonly branches: readonly ("lts" | "production")[];
  /** The kernel modules that know it. */
  readonly kernelModules: readonly ("open" | "proprietary")[];
}

/**
 * Production 595 dropped Maxwell, Pascal and Volta; the open modules begin with Turing, and Blackwell has no others.
 *
 * @see https://docs.nvidia.com/datacenter/tesla/drivers/
 * @see https://pci-ids.ucw.cz/read/PC/10de
 */
export const gpuGenerations: readonly GpuGeneration[] = [
  {
    name: "Maxwell",
    devices: [
      [0x1340, 0x15ef],
      [0x1600, 0x1aff],
    ],
    branches: ["lts"],
    kernelModules: ["proprietary"],
  },
  {
    name: "Pascal",
    devices: [
      [0x15f0, 0x15ff],
      [0x1b00, 0x1d7f],
    ],
    branches: ["lts"],
    kernelModules: ["proprietary"],
  },
  { name: "Volta", devices: [[0x1d80, 0x1dff]], branches: ["lts"], kernelModules: ["proprietary"] },
  {
    name: "Turing",
    devices: [
      [0x1e00, 0x1fff],
      [0x2180, 0x21ff],
    ],
    branches: ["lts", "production"],
    kernelModules: ["open", "proprietary"],
  },
  {
    name: "Ampere, Ada or Hopper",
    devices: [
      [0x2080, 0x20ff],
      [0x2200, 0x28ff],
    ],
    branches: ["lts", "production"],
    kernelModules: ["open", "proprietary"],
  },
  {
    name: "Blackwell",
    devices: [
      [0x2900, 0x2fff],
      [0x31c0, 0x31ff],
    ],
    branches: ["lts", "production"],
    kernelModules: ["open"],
  },
];

/** Whether a vendor and device id such as `10de:2684` is of one of these generations. */
export function isOf(deviceId: string, generations: readonly GpuGeneration[]): Condition {
  if (!isUnknown(deviceId)) return generations.some((each) => each === generationOf(deviceId));
  const ranges = generations.flatMap(({ devices }) => devices);
  const id = expression`try(parseint(trimprefix(${deviceId}, "10de:"), 16), -1)`;
  return expression`anytrue([for range in ${ranges} : range[0] <= ${id} && ${id} <= range[1]])`;
}

/** The generation of a vendor and device id such as `10de:2684`; undefined where it is none that is known. */
export function generationOf(deviceId: string): GpuGeneration | undefined {
  const [, device = ""] = /^10de:([0-9a-f]{4})$/i.exec(deviceId) ?? [];
  const id = Number.parseInt(device, 16);
  return gpuGenerations.find(({ devices }) => devices.some(([first, last]) => first <= id && id <= last));
}
