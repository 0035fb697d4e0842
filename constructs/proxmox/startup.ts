import { number, objectOf, required } from "../rules/shape";

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

export const shape = objectOf<VmStartup>({ order: required(number), upDelay: number, downDelay: number });
