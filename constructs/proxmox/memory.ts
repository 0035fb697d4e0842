import { equal, or, wholeNumber } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { number, objectOf } from "../rules/shape";
import { shown } from "../rules/shown";
import type { Gpu } from "./gpu";

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

const leastMemory = 2048;

export const rules: readonly Rule<{ readonly memory: Required<VmMemory>; readonly gpus: readonly Gpu[] }>[] = [
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
    demands: `a node has at least ${leastMemory} MiB`,
    because: "a Talos control plane needs them",
    source: "https://www.talos.dev/v1.13/introduction/system-requirements/",
    checks: ({ memory: { dedicated } }) => [
      {
        holds: wholeNumber(dedicated, leastMemory),
        problem: `memory.dedicated is ${shown(dedicated)}; write a whole number of MiB, ${leastMemory} or more`,
      },
    ],
  },
];
