import type { Construct } from "constructs";
import { claim, type EarlierClaim } from "../../rules/claims";
import { and, equal, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import type { ProxmoxConnection } from "../connection";
import { inStack } from "../endpoint";
import type { PciAddress } from "./pci-address";

/** A PCI device of a host, as far as a VM or a mapping has taken it. */
export interface ClaimedDevice {
  readonly address: PciAddress;
  /** The mapping that has taken it. */
  readonly mapping?: string;
  /** Whether no more than a mediated device of it is taken, beside which there may be others. */
  readonly isMediated: boolean;
}

/** Takes the device of the node. @returns what others have taken before and may be the same device */
export const claimDevice = (
  { cluster }: ProxmoxConnection,
  node: string,
  device: ClaimedDevice,
  by: Construct,
): EarlierClaim<ClaimedDevice>[] =>
  claim(`devices of ${cluster} ${inStack(by, node)}`, device.address.device, device, by);

export const pciDeviceOnce: Omit<Rule<unknown>, "checks"> = {
  id: "pci-device-once",
  requirement: "a device is passed through once: in one slot, to one VM of its host, by its address or by one mapping",
  reason: "the second VM that claims a device does not start",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough",
};

/** Slot of the graphics of Intel's processors, whose functions beyond the first are virtual. */
const intelGraphics = "0000:00:02";

/** Checks that of Intel's graphics the physical function, which takes its virtual functions away, is not passed beside them. */
export const checkNotDivided = (
  what: string,
  { address }: ClaimedDevice,
  { value, by }: EarlierClaim<ClaimedDevice>,
): Check => {
  const numbers = [address.functionNumber ?? "0", value.address.functionNumber ?? "0"] as const;
  const isDivided = and(not(equal(...numbers)), or(...numbers.map((each) => equal(each, "0"))));
  return {
    condition: not(and(equal(address.device, intelGraphics), equal(address.device, value.address.device), isDivided)),
    message: `${what} does not go with ${value.address}, which ${by} passes through: of an Intel processor's graphics one is a virtual function of the other, and the host takes it away; write virtual functions for both`,
  };
};

/** Checks that the device `what` is not the one claimed before. */
export const checkNotClaimed = (
  what: string,
  device: ClaimedDevice,
  { value, by }: EarlierClaim<ClaimedDevice>,
): Check => ({
  condition: or(device.isMediated && value.isMediated, not(device.address.overlaps(value.address))),
  message:
    value.mapping === undefined
      ? `${what} is already passed through by ${by}; choose another device`
      : `${what} is already the mapping ${formatValue(value.mapping)} of ${by}; use that by its name, or choose another device`,
});
