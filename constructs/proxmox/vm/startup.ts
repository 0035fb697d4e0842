import { number, objectOf, required } from "../../props/schema";
import { wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";

/** When a VM starts and stops among those of its host. */
export interface VmStartup {
  /** Place in the order in which the host starts its VMs. */
  readonly order: number;

  /**
   * Seconds to wait before the next VM starts.
   *
   * @default - none
   */
  readonly upDelay?: number;

  /**
   * Seconds to wait before the next VM is shut down.
   *
   * @default - none
   */
  readonly downDelay?: number;
}

export const schema = objectOf<VmStartup>({ order: required(number), upDelay: number, downDelay: number });

/** The largest that the provider can hold. */
const max = 2_147_483_647;

export const rules: readonly Rule<{ readonly startup?: VmStartup }>[] = [
  {
    id: "startup-order",
    requirement: "order and delays of the start-up are whole numbers, 0 or more",
    reason: "Proxmox refuses other orders, and the provider silently drops values below 0",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_startup_and_shutdown",
    checks: ({ startup = {} as Partial<VmStartup> }) =>
      Object.entries(startup).flatMap(([name, value]) =>
        ifSet(value, (value) => ({
          condition: wholeNumber(value, 0, max),
          message: `startup.${name} is ${formatValue(value)}; write a whole number, 0 or more`,
        })),
      ),
  },
];
