import { Fn, Token } from "cdktf";
import { and, equal, isUnknown, matches, not, or } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import { asYaml } from "../terraform/document";
import type { Generation } from "./gpu-generation";
import type { KernelDriver } from "./vendor-driver";
import { hasMinor } from "./version";

const kernelModules = ["i915", "xe"] as const;

/**
 * Intel's driver, with its firmware: for the graphics of Intel's processors, Arc and Data Center GPU cards.
 *
 * @see https://github.com/siderolabs/extensions/tree/main/drm
 */
export interface IntelDriver {
  /** Intel. */
  readonly vendor: "intel";

  /**
   * Which of Intel's two drivers: `i915` up to Arc A and Meteor Lake, `xe` from Lunar Lake and Arc B on, with Talos 1.12 or
   * later. The name of the resource depends on it, so it cannot be a Terraform variable.
   */
  readonly kernelModules: (typeof kernelModules)[number];

  /**
   * Device ids, such as `a780`, that `xe` is to drive although `i915` supports them, such as virtual functions of a
   * processor's graphics.
   *
   * @default - none
   */
  readonly forceProbe?: readonly string[];
}

/** Intel's GPUs, and the drivers that know them. */
interface IntelGeneration extends Generation {
  readonly kernelModules: readonly IntelDriver["kernelModules"][];
  /** `xe` knows it too, once it is told to. */
  readonly isForced?: boolean;
}

/**
 * @see https://github.com/torvalds/linux/blob/v6.18/include/drm/intel/pciids.h
 * @see https://github.com/torvalds/linux/blob/v6.18/drivers/gpu/drm/xe/xe_pci.c
 * @see https://github.com/torvalds/linux/blob/v6.18/drivers/gpu/drm/xe/xe_uc_fw.c
 */
const generations: readonly IntelGeneration[] = [
  {
    name: "before Tiger Lake",
    devices: [
      [0x0042, 0x0046],
      [0x0102, 0x016a],
      [0x0402, 0x042e],
      [0x0a02, 0x0a2e],
      [0x0a84, 0x0a84],
      [0x0d02, 0x0d2e],
      [0x0f30, 0x0f33],
      [0x1602, 0x163e],
      [0x1902, 0x193d],
      [0x1a84, 0x1a85],
      [0x22b0, 0x22b3],
      [0x3184, 0x3185],
      [0x3e90, 0x3ea9],
      [0x4541, 0x4571],
      [0x4e51, 0x4e71],
      [0x5902, 0x593b],
      [0x5a84, 0x5a85],
      [0x87c0, 0x87ca],
      [0x8a50, 0x8a71],
      [0x9b21, 0x9bf6],
    ],
    kernelModules: ["i915"],
  },
  {
    name: "Tiger Lake to Raptor Lake",
    devices: [
      [0x4626, 0x462a],
      [0x4680, 0x46d4],
      [0x4c80, 0x4c9a],
      [0x9a40, 0x9af8],
      [0xa720, 0xa721],
      [0xa780, 0xa7ad],
    ],
    kernelModules: ["i915"],
    isForced: true,
  },
  { name: "Arc A or Flex", devices: [[0x5690, 0x56c2]], kernelModules: ["i915"], isForced: true },
  {
    name: "Meteor Lake or Arrow Lake",
    devices: [
      [0x7d40, 0x7dd5],
      [0xb640, 0xb640],
    ],
    kernelModules: ["i915"],
    isForced: true,
  },
  {
    name: "Lunar Lake, Panther Lake or Arc B",
    devices: [
      [0x6420, 0x64b0],
      [0xb080, 0xb0b0],
      [0xe202, 0xe223],
      [0xfd80, 0xfd81],
    ],
    kernelModules: ["xe"],
  },
  // In `pciids.h`, and in the table of neither driver.
  { name: "Data Center GPU Max", devices: [[0x0b69, 0x0be5]], kernelModules: [] },
];

const isForcedIn = ({ forceProbe = [] }: IntelDriver, deviceId: string) =>
  or(
    ...forceProbe.map((id) =>
      isUnknown(id)
        ? equal(lowerCase(deviceId), lowerCase(`8086:${id}`))
        : // What is no id is told where it is written.
          !deviceIdPattern.test(id) || matches(deviceId, new RegExp(`^8086:${id}$`, "i")),
    ),
  );

const deviceIdPattern = /^[0-9a-f]{4}$/i;

const lowerCase = (text: string): string =>
  isUnknown(text) ? Token.asString(Fn.lower(asFunctionArgument(text))) : text.toLowerCase();

const generationOf = (generation: Generation): IntelGeneration | undefined =>
  generations.find((each) => each === generation);

/** Whether the driver works with the GPU. What `xe` is forced to drive, `i915` is told to leave. */
function knows(driver: IntelDriver, generation: Generation, deviceId: string) {
  const { kernelModules: known = [], isForced = false } = generationOf(generation) ?? {};
  // What is no driver is told where it is written.
  if (!kernelModules.includes(driver.kernelModules)) return true;
  return (
    known.includes(driver.kernelModules) || and(isForced, driver.kernelModules === "xe", isForcedIn(driver, deviceId))
  );
}

export const intel: KernelDriver<IntelDriver> = {
  title: "Intel",
  vendorId: "8086",
  example: 'driver: { vendor: "intel", kernelModules: "i915" }',
  generations,
  extensions: ({ kernelModules, forceProbe = [] }) => [
    `siderolabs/${kernelModules}`,
    // The firmware of GPUs that `i915` knows too comes with its extension alone.
    ...(kernelModules === "xe" && forceProbe.length > 0 ? ["siderolabs/i915"] : []),
    "siderolabs/intel-ucode",
    "siderolabs/mei",
  ],
  kernelArgs: ({ forceProbe = [] }) =>
    forceProbe.length === 0
      ? []
      : [`xe.force_probe=${forceProbe.join(",")}`, `i915.force_probe=${forceProbe.map((id) => `!${id}`).join(",")}`],
  patch: ({ kernelModules }) => asYaml({ machine: { kernel: { modules: [{ name: kernelModules }] } } }),
  checks: (driver, path, version) => [
    {
      condition: kernelModules.includes(driver.kernelModules),
      message: `${path}.kernelModules is ${formatUnlessVariable(driver.kernelModules)}; write "i915" or "xe"`,
    },
    {
      condition: driver.kernelModules !== "xe" || not(hasMinor(version, ({ minor }) => minor === "1.11")),
      message: `${path}.kernelModules "xe" needs Talos 1.12 or later, and the image is of ${formatValue(version)}; write a later version`,
    },
    {
      condition: driver.forceProbe === undefined || driver.kernelModules === "xe",
      message: `${path}.forceProbe goes with kernelModules "xe"; leave it out`,
    },
    ...(driver.forceProbe ?? []).map((id, index) => ({
      condition: matches(id, deviceIdPattern),
      message: `${path}.forceProbe[${index}] ${formatValue(id)} is not a device id; write the four hex digits behind 8086:, such as "a780"`,
    })),
  ],
  knows,
  driverFor: (generation, deviceId, isVirtual = false) => {
    const { kernelModules: [module] = [], isForced } = generationOf(generation) ?? {};
    // i915 does not drive a virtual function in a guest, and xe has to be told of one that i915 knows.
    return isVirtual && isForced
      ? { vendor: "intel", kernelModules: "xe", forceProbe: [deviceId.replace(/^8086:/i, "") || "its device id"] }
      : module && { vendor: "intel", kernelModules: module };
  },
};
