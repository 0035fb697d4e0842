import { type Condition, isUnknown } from "../rules/condition";
import { expression } from "../rules/expression";

/** A generation of a vendor's GPUs, by their PCI ids. */
export interface Generation {
  readonly name: string;
  /** Device ids, first and last of each range. */
  readonly devices: readonly (readonly [first: number, last: number])[];
}

/** A generation of NVIDIA's GPUs, and which drivers know it. */
export interface GpuGeneration extends Generation {
  /**
   * The first driver branch that knows it, such as 570.
   *
   * @default - every branch that Talos has had
   */
  readonly firstDriver?: number;
  /**
   * The last driver branch that knows it.
   *
   * @default - the newest
   */
  readonly lastDriver?: number;
  /** The kernel modules that know it. */
  readonly kernelModules: readonly ("open" | "proprietary")[];
}

/** The open modules begin with Turing, and 580 is the last branch with anything before it. */
const beforeTuring = { lastDriver: 580, kernelModules: ["proprietary"] } as const;

/**
 * @see https://docs.nvidia.com/datacenter/tesla/drivers/
 * @see https://pci-ids.ucw.cz/read/PC/10de
 */
export const gpuGenerations: readonly GpuGeneration[] = [
  {
    name: "Fermi or Kepler",
    devices: [
      [0x06c0, 0x06df],
      [0x0dc0, 0x0dff],
      [0x0e22, 0x0e3b],
      [0x0f00, 0x0f06],
      [0x0fc0, 0x109f],
      [0x1140, 0x1140],
      [0x1180, 0x12bf],
    ],
    lastDriver: 470,
    kernelModules: ["proprietary"],
  },
  {
    name: "Maxwell",
    devices: [
      [0x1340, 0x15ef],
      // From 0x1ad0 on there are the USB and audio functions of later cards.
      [0x1600, 0x17ff],
    ],
    ...beforeTuring,
  },
  {
    name: "Pascal",
    devices: [
      [0x15f0, 0x15ff],
      [0x1b00, 0x1d7f],
    ],
    ...beforeTuring,
  },
  { name: "Volta", devices: [[0x1d80, 0x1dff]], ...beforeTuring },
  {
    name: "Turing",
    devices: [
      [0x1e00, 0x1fff],
      [0x2180, 0x21ff],
    ],
    kernelModules: ["open", "proprietary"],
  },
  {
    name: "Ampere, Ada or Hopper",
    devices: [
      [0x2080, 0x20ff],
      [0x2200, 0x28ff],
    ],
    kernelModules: ["open", "proprietary"],
  },
  {
    name: "Blackwell",
    devices: [
      [0x2900, 0x2fff],
      [0x31c0, 0x31ff],
    ],
    firstDriver: 570,
    kernelModules: ["open"],
  },
];

/** Whether the driver branch, such as 580, knows the generation. */
export const isKnownTo = (driver: number, { firstDriver = 0, lastDriver = driver }: GpuGeneration): boolean =>
  firstDriver <= driver && driver <= lastDriver;

/** The PCI vendor id of NVIDIA. */
export const nvidiaId = "10de";

/** Whether a vendor and device id such as `10de:2684` is of one of these generations of the vendor. */
export function isOf(deviceId: string, generations: readonly Generation[], vendorId = nvidiaId): Condition {
  if (!isUnknown(deviceId)) return generationIn(generations, deviceId, vendorId) !== undefined;
  const ranges = generations.flatMap(({ devices }) => devices);
  const id = expression`try(parseint(trimprefix(${deviceId}, ${`${vendorId}:`}), 16), -1)`;
  return expression`anytrue([for range in ${ranges} : range[0] <= ${id} && ${id} <= range[1]])`;
}

/** The generation of a vendor and device id among these; undefined if it is of none. */
export function generationIn<Of extends Generation>(
  generations: readonly Of[],
  deviceId: string,
  vendorId: string,
): Of | undefined {
  const [, vendor = "", device = ""] = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(deviceId) ?? [];
  if (vendor.toLowerCase() !== vendorId) return undefined;
  const id = Number.parseInt(device, 16);
  return generations.find(({ devices }) => devices.some(([first, last]) => first <= id && id <= last));
}

/** The generation of NVIDIA's that a vendor and device id such as `10de:2684` is of; undefined if it is none that is known. */
export const generationOf = (deviceId: string): GpuGeneration | undefined =>
  generationIn(gpuGenerations, deviceId, nvidiaId);
