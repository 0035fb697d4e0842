import { number, objectOf } from "../../props/schema";
import { and, equal, less, not, or, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import type { Gpu } from "../pci/gpu";
import type { Guest } from "./guest";

/** Memory of a VM. */
export interface VmMemory {
  /**
   * Memory in MiB.
   *
   * @default 8192
   */
  readonly dedicated?: number;

  /**
   * Memory in MiB that a balloon leaves the guest; 0 disables ballooning.
   *
   * @default 0
   */
  readonly floating?: number;
}

export const schema = objectOf<VmMemory>({ dedicated: number, floating: number });

export const withDefaults = ({ dedicated = 8192, floating = 0 }: VmMemory = {}) => ({ dedicated, floating });

/** MiB, as the provider takes them. */
const mostMemory = 268_435_456;

export const rules: readonly Rule<{
  readonly memory: Required<VmMemory>;
  readonly gpus: readonly Gpu[];
  readonly guest: Guest;
}>[] = [
  {
    id: "passthrough-pins-memory",
    requirement: "a VM with a passed-through device has no memory ballooning",
    reason: "the device may write to any of the guest's memory, so the host pins all of it",
    source: "https://pve.proxmox.com/wiki/PCI_Passthrough",
    checks: ({ memory: { floating }, gpus }) => [
      {
        condition: or(gpus.length === 0, equal(floating, 0)),
        message: `memory.floating is ${formatValue(floating)} with ${gpus.length} passed-through devices; write 0 or leave it out`,
      },
    ],
  },
  {
    id: "memory-size",
    requirement: "a VM has at least 64 MiB, a Talos node 2048, and a balloon does not exceed it",
    reason: "a Talos control plane needs them, and Proxmox refuses the rest",
    source: talosDocs("getting-started/system-requirements"),
    checks: ({ memory: { dedicated, floating }, gpus, guest }) => {
      const min = guest === "linux" ? 64 : 2048;
      return [
        {
          condition: wholeNumber(dedicated, min, mostMemory),
          message: `memory.dedicated is ${formatValue(dedicated)}; write a whole number of MiB, from ${min} to ${mostMemory}`,
        },
        {
          // With a device it is 0, by the rule above, and less than what is no amount it cannot be.
          condition: or(
            gpus.length > 0,
            wholeNumber(dedicated, min, mostMemory) === false,
            and(wholeNumber(floating, 0), not(less(dedicated, floating))),
          ),
          message: `memory.floating is ${formatValue(floating)} of ${formatValue(dedicated)} MiB; write a whole number of MiB, no more than memory.dedicated`,
        },
      ];
    },
  },
];
