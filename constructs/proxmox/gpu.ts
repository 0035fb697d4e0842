import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmHostpci } from "../../.gen/providers/proxmox/virtual-environment-vm";
import type { EarlierClaim } from "../rules/claims";
import { isBoolean, matches, not, or, wholeNumber } from "../rules/condition";
import { given, type Rule } from "../rules/rule";
import { eitherOf, flag, listOf, literalOr, number, objectOf, ruled, text, textOr } from "../rules/shape";
import { shown } from "../rules/shown";
import type { ProxmoxConnection } from "./connection";
import { isPciAddress, PciAddress, pciAddressFormat } from "./pci-address";
import { deviceShape, type PciMappingDevice } from "./pci-mapping";

/** How the guest sees a passed-through device. */
export interface GpuOptions {
  /**
   * Present the device on a PCI Express port, which needs a q35 machine.
   *
   * @default true
   */
  readonly pcie?: boolean | IResolvable;

  /**
   * Make the device's firmware ROM visible to the guest. Some GPUs need it off.
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
  /** Name of an existing mapping, or the device to create one for. */
  readonly mapping: string | PciMappingDevice;

  readonly address?: never;
  readonly functions?: never;
}

/**
 * A PCI device to pass through.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough
 */
export type Gpu = GpuAtAddress | GpuByMapping;

export const shape = eitherOf<Gpu>({
  address: text,
  functions: literalOr("all", listOf(number)),
  mapping: textOr(objectOf(deviceShape)),
  pcie: flag,
  rombar: ruled("boolean"),
  xvga: flag,
  romFile: text,
  mdev: text,
});

/** The addresses of a GPU given by address; what is no address is left to its rule. */
export function addressesOf({ address, functions }: Gpu): PciAddress[] {
  return textsOf(address).flatMap((text) => {
    const parsed = PciAddress.parse(text);
    if (!parsed) return [];
    if (functions === "all") return [parsed.wholeDevice()];
    if (Array.isArray(functions)) return functions.map((functionNumber) => parsed.withFunction(functionNumber));
    return [parsed.functionNumber === undefined ? parsed.withFunction(0) : parsed];
  });
}

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

/** A VM as far as its GPUs are concerned. */
export interface Passthrough {
  readonly gpus: readonly Gpu[];
  readonly machine: string;
  readonly connection?: ProxmoxConnection;
  /** What other VMs of the same host have claimed. */
  readonly earlierDevices: readonly EarlierClaim<PciAddress>[];
}

const passthroughSource = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough";
const permissionSource =
  "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm#hostpci";
const mostSlots = 16;
const root = "root@pam";

export const rules: readonly Rule<Passthrough>[] = [
  {
    id: "rombar-boolean",
    demands: "`rombar` is true or false",
    because: "Proxmox itself writes 0, 1 and on, which the provider refuses or reads as something else",
    source: permissionSource,
    checks: ({ gpus }) =>
      gpus.flatMap(({ rombar }, slot) =>
        given(rombar, (rombar) => ({
          holds: isBoolean(rombar),
          problem: `gpus[${slot}].rombar is ${shown(rombar)}; write ${suggestedBoolean(rombar)}`,
        })),
      ),
  },
  {
    ...pciAddressFormat,
    checks: ({ gpus }) =>
      gpus.flatMap((gpu, slot) => [
        ...textsOf(gpu.address).map((text) => isPciAddress(`gpus[${slot}].address`, text)),
        ...functionsOf(gpu).map((functionNumber) => ({
          holds: wholeNumber(functionNumber, 0, 7),
          problem: `gpus[${slot}].functions has ${shown(functionNumber)}; write "all" or a list of numbers from 0 to 7`,
        })),
        ...(gpu.functions === undefined ? [] : textsOf(gpu.address)).map((text) => ({
          holds: not(matches(text, /[.][0-7]$/)),
          problem: `gpus[${slot}].address ${shown(text)} names a function beside functions; leave one of them out`,
        })),
      ]),
  },
  {
    id: "pci-address-or-mapping",
    demands: "a GPU is named by exactly one of `address` and `mapping`",
    because: "with neither the apply fails, with both the VM does not start",
    source: permissionSource,
    checks: ({ gpus }) =>
      gpus.map(({ address, mapping }, slot) => ({
        holds: (address === undefined) !== (mapping === undefined),
        problem:
          address === undefined
            ? `gpus[${slot}] has neither address nor mapping; write one, such as address: "01:00"`
            : `gpus[${slot}] has both address ${shown(address)} and a mapping; write one of them`,
      })),
  },
  {
    id: "pci-address-needs-root-password",
    demands: "a raw PCI address or a ROM file goes with root@pam's password or ticket",
    because: "Proxmox lets only root set them, and an API token never counts as root, not even root's own",
    source: permissionSource,
    checks: ({ gpus, connection }) =>
      gpus.flatMap(({ address, romFile }, slot) => {
        if (!connection || (address === undefined && romFile === undefined)) return [];
        const what =
          address === undefined ? `gpus[${slot}].romFile ${shown(romFile)}` : `gpus[${slot}].address ${shown(address)}`;
        const instead = address === undefined ? "or leave romFile out" : "or give the GPU by mapping";
        return [
          {
            holds: connection.credentials !== "api-token",
            problem: `${what} is raw, which no API token may set; use credentials: "password" with ${root}, ${instead}`,
          },
          {
            holds: or(connection.credentials === "api-token", connection.isUser(root)),
            problem: `${what} is raw, which only ${root} may set, not ${connection.user}; use username: "${root}", ${instead}`,
          },
          {
            holds: connection.credentials === "api-token" || !process.env.PROXMOX_VE_API_TOKEN,
            problem: `${what} is raw, and the API token in PROXMOX_VE_API_TOKEN would be used instead of the password; unset it, ${instead}`,
          },
        ];
      }),
  },
  {
    id: "pci-device-once",
    demands: "a device is passed through once: in one slot, to one VM of its host",
    because: "the second VM that claims a device does not start",
    source: passthroughSource,
    checks: ({ gpus, earlierDevices }) => {
      const devices = [...earlierDevices];
      return gpus.flatMap((gpu, slot) =>
        addressesOf(gpu).flatMap((address) => {
          const checks = devices.map((other) => ({
            holds: not(address.overlaps(other.value)),
            problem: `gpus[${slot}].address ${shown(`${address}`)} is already passed through by ${other.by}; choose another device`,
          }));
          devices.push({ value: address, by: `gpus[${slot}]` });
          return checks;
        }),
      );
    },
  },
  {
    id: "hostpci-slots",
    demands: `a VM has at most ${mostSlots} passed-through devices`,
    because: "Proxmox has the slots hostpci0 to hostpci15",
    source: passthroughSource,
    checks: ({ gpus }) => [
      {
        holds: gpus.length <= mostSlots,
        problem: `gpus has ${gpus.length} entries; pass through ${mostSlots} devices at most, or functions of one device in one entry`,
      },
    ],
  },
  {
    id: "pcie-needs-q35",
    demands: "`pcie: true` goes with a q35 machine",
    because: "the VM does not start: q35 machine model is not enabled",
    source: passthroughSource,
    checks: ({ gpus, machine }) =>
      gpus.map(({ pcie = true }, slot) => ({
        holds: or(not(pcie), matches(machine, /^(pc-)?q35/)),
        problem: `gpus[${slot}].pcie is true with machine ${shown(machine)}; write machine: "q35" or pcie: false`,
      })),
  },
  {
    id: "mdev-one-function",
    demands: "a mediated device goes with one function of one device",
    because: "the VM does not start: cannot use mediated device with multifunction device",
    source: passthroughSource,
    checks: ({ gpus }) =>
      gpus.flatMap((gpu, slot) => {
        const addresses = addressesOf(gpu);
        if (gpu.mdev === undefined || addresses.length === 0) return [];
        return {
          holds: addresses.length === 1 && addresses[0]?.functionNumber !== undefined,
          problem: `gpus[${slot}].mdev ${shown(gpu.mdev)} is used with ${addresses.join(" and ")}; name one function, such as ${addresses[0]?.withFunction(0)}`,
        };
      }),
  },
];

const functionsOf = ({ functions }: Gpu): readonly number[] => (Array.isArray(functions) ? functions : []);

/** What Proxmox's other notations of a boolean mean. */
function suggestedBoolean(value: unknown): string {
  const text = String(value).toLowerCase();
  if (["0", "off", "no", "false"].includes(text)) return "false";
  return ["1", "on", "yes", "true"].includes(text) ? "true" : "true or false";
}
