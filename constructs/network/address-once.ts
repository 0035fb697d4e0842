import type { Construct } from "constructs";
import { claim } from "../rules/claims";
import { type Condition, equal, isUnknown, not } from "../rules/condition";
import { lowerCase } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { checkEachOnce, checkOnce } from "../rules/once";
import type { Check, Rule } from "../rules/rule";
import { isAddress, normalAddress, sameAddress, withoutPrefix } from "./ip-address";

export const ipAddressOnce: Omit<Rule<unknown>, "checks"> = {
  id: "ip-address-once",
  requirement: "no two network devices of an app have the same IP address",
  reason: "both would answer for it, and traffic for one would reach the other",
  source: "https://datatracker.ietf.org/doc/html/rfc5227",
};

export const macAddressOnce: Omit<Rule<unknown>, "checks"> = {
  id: "mac-address-once",
  requirement: "no two network devices of an app have the same MAC address",
  reason: "the bridge would send traffic for one to the other, and a DHCP server would treat them as one",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_network_device",
};

/** Whose an address is. */
export type Owner =
  /** A VM of the app. */
  | { readonly kind: "vm"; readonly guest: string }
  /** A node of a cluster whose machine is described and no construct, at the address that the cluster knows it by. */
  | { readonly kind: "node" }
  /** Another address of such a node; a rule of the cluster compares it with those of the same cluster, if one is named. */
  | { readonly kind: "device"; readonly cluster?: string }
  /** The control plane nodes that share it, and the paths of those machines of the cluster that are constructs. */
  | { readonly kind: "virtual"; readonly machines: readonly string[] };

/** An address, and where the props have it. */
export interface Located {
  readonly path: string;
  readonly address: string;
}

/** Claims IP addresses, with or without prefix length; the checks compare them with each other and with earlier ones. */
export function claimIpAddresses(by: Construct, owner: Owner, located: readonly Located[]): Check[] {
  const addresses = located.filter(isOne);
  const earlier = claimAll(
    "IP addresses",
    by,
    owner,
    addresses,
    (each) => normalAddress(withoutPrefix(each)),
    isSameIpAddress,
  );
  const own = checkEachOnce(
    addresses,
    ({ path }) => path,
    ({ path, address }, { value, by }) => checkOther(path, address, value.address, by, isSameIpAddress),
  );
  return [...earlier, ...own];
}

// What is no address another rule refuses.
const isOne = ({ address }: Located): boolean => isUnknown(address) || isAddress(withoutPrefix(address)) === true;
const isSameIpAddress = (one: string, other: string): Condition =>
  sameAddress(withoutPrefix(one), withoutPrefix(other));

/** Claims MAC addresses; the checks compare them with earlier ones. */
export const claimMacAddresses = (by: Construct, owner: Owner, located: readonly Located[]): Check[] =>
  claimAll("MAC addresses", by, owner, located, lowerCase, isSameMacAddress);

export const isSameMacAddress = (one: string, other: string): Condition => equal(lowerCase(one), lowerCase(other));

function claimAll(
  what: string,
  by: Construct,
  owner: Owner,
  located: readonly Located[],
  key: (address: string) => string,
  same: (one: string, other: string) => Condition,
): Check[] {
  return located.flatMap(({ path, address }) =>
    checkOnce(
      by.node.path,
      claim(what, key(address), { address, owner }, by).filter(
        (earlier) => !mayBeOne(owner, earlier.value.owner) && !isMachineOf(owner, earlier.by),
      ),
      (earlier) => checkOther(path, address, earlier.value.address, earlier.by, same),
    ),
  );
}

/** Checks that the address is not the other one. */
export const checkOther = (
  path: string,
  address: string,
  other: string,
  by: string,
  same: (one: string, other: string) => Condition,
): Check => ({
  condition: not(same(address, other)),
  message: `${path} ${formatValue(address)} is already used by ${by}; choose another one`,
});

/** Whether both may be the same machine, or rules of their clusters compare them. */
function mayBeOne(one: Owner, other: Owner): boolean {
  if (one.kind === "vm" && other.kind === "vm") return false;
  // A VM may be described as the machine of a cluster in another stack; with another Linux it is no node.
  if (one.kind === "vm") return one.guest !== "linux" && other.kind !== "virtual";
  if (other.kind === "vm") return mayBeOne(other, one);
  if (one.kind === "device" && other.kind === "device")
    return one.cluster !== undefined && one.cluster === other.cluster;
  return one.kind !== "device" && other.kind !== "device";
}

const isMachineOf = (owner: Owner, path: string): boolean => owner.kind === "virtual" && owner.machines.includes(path);
