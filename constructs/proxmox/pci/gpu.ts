import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmHostpci } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import {
  boolean,
  checkedByRule,
  isInvalid,
  listOf,
  number,
  objectOf,
  optionalLiteral,
  orInstanceOf,
  string,
  stringOr,
  unionOf,
} from "../../props/schema";
import { equal, isBoolean, matches, not, or, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { checkEachOnce } from "../../rules/once";
import { type Check, ifSet, type Rule } from "../../rules/rule";
import type { ProxmoxConnection } from "../connection";
import { checkRoot, permissionSource } from "../root-only";
import { isMachineType } from "../vm/machine-type";
import { checkPciAddress, PciAddress, pciAddressFormat } from "./pci-address";
import { PciMapping } from "./pci-mapping";
import { deviceShape, type PciMappingDevice } from "./pci-mapping-props";

/** How the guest sees a passed-through device. */
export interface GpuOptions {
  /**
   * Present the device on a PCI Express port, which needs a q35 machine.
   *
   * @default true
   */
  readonly pcie?: boolean | IResolvable;

  /**
   * Make the device's firmware ROM visible to the guest. Some GPUs need `false`.
   *
   * @default true
   */
  readonly rombar?: boolean | IResolvable;

  /**
   * Make the device the guest's primary GPU; Proxmox then ignores `vga`.
   *
   * @default false
   */
  readonly xvga?: boolean | IResolvable;

  /**
   * ROM file under `/usr/share/kvm/` of the host. Only root@pam with a password or ticket may set it.
   *
   * @default - the device's own ROM
   */
  readonly romFile?: string;

  /**
   * Mediated device type, such as `nvidia-63`; needs an address with one function.
   *
   * @default - the device itself
   */
  readonly mdev?: string;
}

/** A GPU at its address on the host. Only root@pam with a password or ticket may pass it through. */
export interface GpuAtAddress extends GpuOptions {
  /** Address as `lspci` prints it, such as `01:00` or `0000:01:00.0`; several are separated by `;`. */
  readonly address: string;

  /**
   * Functions of the device to pass through: `"all"`, or their numbers. A GPU's audio is usually function 1.
   *
   * @default - the function in the address, or function 0
   */
  readonly functions?: "all" | readonly number[];

  readonly mapping?: never;
}

/** A GPU by the name of a resource mapping, which an API token with `Mapping.Use` may pass through. */
export interface GpuByMapping extends GpuOptions {
  /** Name of an existing mapping, a mapping of the stack, or the device to create one for. */
  readonly mapping: string | PciMapping | PciMappingDevice;

  readonly address?: never;
  readonly functions?: never;
}

/**
 * A PCI device to pass through.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough
 */
export type Gpu = GpuAtAddress | GpuByMapping;

export const schema = unionOf<Gpu>(
  {
    address: string,
    functions: optionalLiteral("all", listOf(number)),
    mapping: stringOr(orInstanceOf(PciMapping, objectOf(deviceShape))),
    pcie: boolean,
    rombar: checkedByRule("boolean"),
    xvga: boolean,
    romFile: string,
    mdev: string,
  },
  "mapping",
  "address",
);

/** The addresses of a GPU given by address; what is no address is left to its rule. */
export const addressesOf = ({ address, functions }: Gpu): PciAddress[] =>
  textsOf(address).flatMap((text) => {
    const parsed = PciAddress.parse(text);
    if (!parsed) return [];
    if (functions === "all") return [parsed.wholeDevice()];
    if (Array.isArray(functions)) return [...new Set(functions)].map((each) => parsed.withFunction(each));
    return [parsed.functionNumber === undefined ? parsed.withFunction(0) : parsed];
  });

const textsOf = (address: string | undefined): string[] => address?.split(";") ?? [];

/** The block for the slot. All booleans are written: the provider sends 0 for those left out, rombar included. */
export function block(gpu: Gpu, slot: number): VirtualEnvironmentVmHostpci {
  return {
    device: `hostpci${slot}`,
    id: gpu.address && (addressesOf(gpu).join(";") || gpu.address),
    mapping: gpu.mapping as string | undefined,
    mdev: gpu.mdev,
    pcie: gpu.pcie ?? true,
    rombar: gpu.rombar ?? true,
    romFile: gpu.romFile,
    xvga: gpu.xvga ?? false,
  };
}

/** A VM as far as its GPUs are concerned, each by itself. */
export interface WithGpus {
  readonly gpus: readonly Gpu[];
  readonly machine: string;
  readonly guest?: unknown;
  readonly connection?: ProxmoxConnection;
}

export const passthroughSource = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough";
const mostSlots = 16;

export const mdevOneFunction: Omit<Rule<unknown>, "checks"> = {
  id: "mdev-one-function",
  requirement: "a mediated device belongs to one function of one device",
  reason: "the VM does not start: cannot use mediated device with multifunction device",
  source: passthroughSource,
};

/** Checks that the mediated device in the slot is one of one function. */
export const checkOneFunction = (mdev: string, slot: number, addresses: readonly PciAddress[]): Check => ({
  condition: addresses.length === 1 && addresses[0]?.functionNumber !== undefined,
  message: `gpus[${slot}].mdev ${formatValue(mdev)} is used with ${addresses.join(" and ")}; name one function, such as ${addresses[0]?.withFunction(0)}`,
});

export const rules: readonly Rule<WithGpus>[] = [
  {
    id: "rombar-boolean",
    requirement: "`rombar` is true or false",
    reason: "Proxmox itself writes 0, 1 and on, which the provider refuses or reads as something else",
    source: permissionSource,
    checks: ({ gpus }) =>
      gpus.flatMap(({ rombar }, slot) =>
        ifSet(rombar, (rombar) => ({
          condition: isBoolean(rombar),
          message: `gpus[${slot}].rombar is ${formatValue(rombar)}; write ${suggestedBoolean(rombar)}`,
        })),
      ),
  },
  {
    ...pciAddressFormat,
    checks: ({ gpus }) =>
      gpus.flatMap((gpu, slot) => [
        ...textsOf(gpu.address).map((text) => checkPciAddress(`gpus[${slot}].address`, text)),
        ...functionsOf(gpu).map((functionNumber) => ({
          condition: wholeNumber(functionNumber, 0, 7),
          message: `gpus[${slot}].functions has ${formatValue(functionNumber)}; write "all" or a list of numbers from 0 to 7`,
        })),
        ...checkEachOnce(
          functionsOf(gpu),
          (functionNumber) => formatValue(functionNumber),
          (functionNumber, { value }) => ({
            condition: not(equal(functionNumber, value)),
            message: `gpus[${slot}].functions has ${formatValue(functionNumber)} twice; write each function once`,
          }),
        ),
        {
          condition: !Array.isArray(gpu.functions) || gpu.functions.length > 0 || isInvalid(gpu.functions),
          message: `gpus[${slot}].functions is empty; write "all", the numbers of the functions, or leave it out`,
        },
        ...(gpu.functions === undefined ? [] : textsOf(gpu.address)).map((text) => ({
          condition: not(matches(text, /[.][0-7]$/)),
          message: `gpus[${slot}].address ${formatValue(text)} names a function beside functions; leave one of them out`,
        })),
      ]),
  },
  {
    id: "pci-address-or-mapping",
    requirement: "a GPU has exactly one of `address` and `mapping`",
    reason: "with neither the apply fails, with both the VM does not start",
    source: permissionSource,
    checks: ({ gpus }) =>
      gpus.flatMap(({ address, mapping, functions }, slot) => [
        {
          condition: (address === undefined) !== (mapping === undefined),
          message:
            address === undefined
              ? `gpus[${slot}] has neither address nor mapping; write one, such as address: "01:00"`
              : `gpus[${slot}] has both address ${formatValue(address)} and a mapping; write one of them`,
        },
        {
          condition: functions === undefined || mapping === undefined,
          message: `gpus[${slot}].functions is set beside a mapping, which defines its own functions; leave it out`,
        },
      ]),
  },
  {
    id: "pci-address-needs-root-password",
    requirement: "a raw PCI address or a ROM file needs root@pam's password or ticket",
    reason: "Proxmox lets only root set them, and API tokens never qualify as root, not even root's",
    source: permissionSource,
    checks: ({ gpus, connection }) =>
      gpus.flatMap(({ address, romFile }, slot) => {
        if (address === undefined && romFile === undefined) return [];
        return address === undefined
          ? checkRoot(connection, `gpus[${slot}].romFile ${formatValue(romFile)} is raw`, "or leave romFile out")
          : checkRoot(connection, `gpus[${slot}].address ${formatValue(address)} is raw`, "or give the GPU by mapping");
      }),
  },
  {
    id: "hostpci-slots",
    requirement: `a VM has at most ${mostSlots} passed-through devices`,
    reason: "Proxmox has the slots hostpci0 to hostpci15",
    source: passthroughSource,
    checks: ({ gpus }) => [
      {
        condition: gpus.length <= mostSlots,
        message: `gpus has ${gpus.length} entries; pass through ${mostSlots} devices at most, or functions of one device in one entry`,
      },
    ],
  },
  {
    id: "pcie-needs-q35",
    requirement: "`pcie: true` needs a q35 machine",
    reason: "the VM does not start: q35 machine model is not enabled",
    source: passthroughSource,
    checks: ({ gpus, machine }) =>
      gpus.map(({ pcie = true }, slot) => ({
        // What is no machine type another rule refuses.
        condition: or(isMachineType(machine) === false, not(pcie), matches(machine, /^(pc-)?q35/)),
        message: `gpus[${slot}].pcie is true with machine ${formatValue(machine)}; write machine: "q35" or pcie: false`,
      })),
  },
  {
    ...mdevOneFunction,
    checks: ({ gpus }) =>
      gpus.flatMap((gpu, slot) => {
        const addresses = addressesOf(gpu);
        return gpu.mdev === undefined || addresses.length === 0 ? [] : checkOneFunction(gpu.mdev, slot, addresses);
      }),
  },
  {
    id: "mdev-guest-driver",
    requirement: "a mediated device is used by a guest other than Talos",
    reason:
      "Talos ships no guest driver for mediated devices: NVIDIA's is licensed, and Intel's GVT-g is gone from Linux",
    source: "https://docs.nvidia.com/vgpu/latest/grid-vgpu-user-guide/index.html",
    severity: "warning",
    checks: ({ gpus, guest }) =>
      gpus.flatMap(({ mdev }, slot) =>
        mdev === undefined || guest === "linux"
          ? []
          : {
              condition: false,
              message: `gpus[${slot}].mdev ${formatValue(mdev)} is for a VM with Talos, which ships no guest driver for mediated devices; pass through the whole GPU or a virtual function, or write guest: "linux"`,
            },
      ),
  },
  {
    id: "mdev-type",
    requirement: 'the type of a mediated device is letters, digits, "_" and "-"',
    reason: "Proxmox refuses other text, but only when the VM is created",
    source: passthroughSource,
    checks: ({ gpus }) =>
      gpus.flatMap(({ mdev }, slot) =>
        ifSet(mdev, (mdev) => ({
          condition: matches(mdev, /^[a-zA-Z0-9_-]+$/),
          message: `gpus[${slot}].mdev ${formatValue(mdev)} is not a type; write it as \`ls /sys/bus/pci/devices/*/mdev_supported_types\` prints it, such as "nvidia-63"`,
        })),
      ),
  },
  {
    id: "rom-file-name",
    requirement: "a ROM file's name has letters, digits and `_ . + @ / -`",
    reason: "other characters separate what Proxmox and Terraform read, or Proxmox refuses them",
    source: passthroughSource,
    checks: ({ gpus }) =>
      gpus.flatMap(({ romFile }, slot) =>
        ifSet(romFile, (romFile) => ({
          condition: matches(romFile, /^[a-zA-Z0-9_.+@/-]+$/),
          message: `gpus[${slot}].romFile ${formatValue(romFile)} is not the name of a file; write that of one in /usr/share/kvm/, such as "gpu.rom"`,
        })),
      ),
  },
];

const functionsOf = ({ functions }: Gpu): readonly number[] => (Array.isArray(functions) ? functions : []);

/** What Proxmox's other notations of a boolean mean. */
function suggestedBoolean(value: unknown): string {
  const text = String(value).toLowerCase();
  if (["0", "off", "no", "false"].includes(text)) return "false";
  return ["1", "on", "yes", "true"].includes(text) ? "true" : "true or false";
}
