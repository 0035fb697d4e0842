import { and, equal, less, not, or, wholeNumber } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { number, objectOf } from "../rules/shape";
import { shown } from "../rules/shown";
import type { Gpu } from "./gpu";
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
   * Memory in MiB that a balloon leaves the guest; 0 turns ballooning off.
   *
   * @default 0
   */
  readonly floating?: number;
}

export const shape = objectOf<VmMemory>({ dedicated: number, floating: number });

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
    demands: "a VM with a passed-through device has no memory ballooning",
    because: "the device may write to any of the guest's memory, so the host pins all of it",
    source: "https://pve.proxmox.com/wiki/PCI_Passthrough",
    checks: ({ memory: { floating }, gpus }) => [
      {
        holds: or(gpus.length === 0, equal(floating, 0)),
        problem: `memory.floating is ${shown(floating)} with ${gpus.length} passed-through devices; write 0 or leave it out`,
      },
    ],
  },
  {
    id: "memory-size",
    demands: "a VM has at least 64 MiB, a Talos node 2048, and a balloon leaves it no more than it has",
    because: "a Talos control plane needs them, and Proxmox refuses the rest",
    source: "https://docs.siderolabs.com/talos/v1.13/getting-started/system-requirements",
    checks: ({ memory: { dedicated, floating }, guest }) => {
      const least = guest === "linux" ? 64 : 2048;
      return [
        {
          holds: wholeNumber(dedicated, least, mostMemory),
          problem: `memory.dedicated is ${shown(dedicated)}; write a whole number of MiB, from ${least} to ${mostMemory}`,
        },
        {
          holds: and(wholeNumber(floating, 0), not(less(dedicated, floating))),
          problem: `memory.floating is ${shown(floating)} of ${shown(dedicated)} MiB; write a whole number of MiB, no more than memory.dedicated`,
        },
      ];
    },
  },
];
