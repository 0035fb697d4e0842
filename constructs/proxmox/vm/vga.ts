import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmVga } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { enumOf, number, objectOf } from "../../props/schema";
import { wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";

const types = [
  "std",
  "none",
  "serial0",
  "serial1",
  "serial2",
  "serial3",
  "virtio",
  "virtio-gl",
  "qxl",
  "qxl2",
  "qxl3",
  "qxl4",
  "vmware",
  "cirrus",
] as const;

/** Display of a VM. */
export interface VmVga {
  /**
   * Display.
   *
   * @default - std
   * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_display
   */
  readonly type?: (typeof types)[number] | IResolvable;

  /**
   * Video memory in MiB, 4 to 512.
   *
   * @default - 16
   */
  readonly memory?: number;
}

export const schema = objectOf<VmVga>({ type: enumOf(types), memory: number });

export const block = ({ type, memory }: VmVga): VirtualEnvironmentVmVga => ({
  type: type as string | undefined,
  memory,
});

export const rules: readonly Rule<{ readonly vga?: VmVga }>[] = [
  {
    id: "vga-memory",
    requirement: "a display has 4 to 512 MiB of memory",
    reason: "the provider refuses anything else when it plans",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_display",
    checks: ({ vga }) =>
      ifSet(vga?.memory, (memory) => ({
        condition: wholeNumber(memory, 4, 512),
        message: `vga.memory is ${formatValue(memory)}; write a whole number of MiB from 4 to 512`,
      })),
  },
];
