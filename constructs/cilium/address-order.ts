import { Fn, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { and, type Condition, equal, isUnknown } from "../rules/condition";
import { asArgument, expression } from "../rules/expression";
import { isIpv6 } from "../rules/ip-address";

/** The first and the last of some addresses. */
export type AddressRange = readonly [first: string, last: string];

/** Whether both addresses are of IPv4, or both of IPv6. */
export const sameFamily = (one: string, other: string): Condition => equal(isIpv6(one), isIpv6(other));

/** All addresses of the network. */
export function rangeOf(cidr: string): AddressRange {
  if (isUnknown(cidr)) {
    const [first, last] = [0, -1].map((place) => Token.asString(Fn.cidrhost(asArgument(cidr), place)));
    return [first ?? cidr, last ?? cidr];
  }
  const family = isIpv6(cidr) ? ipaddr.IPv6 : ipaddr.IPv4;
  return [family.networkAddressFromCIDR(cidr).toString(), family.broadcastAddressFromCIDR(cidr).toString()];
}

/** Whether an address is in both; what only Terraform knows is in none where it is no range. */
export function overlap(one: AddressRange, other: AddressRange): Condition {
  const [[first, last], [otherFirst, otherLast]] = [one, other];
  const holds = and(
    sameFamily(first, otherFirst),
    sameFamily(last, otherLast),
    notAfter(first, otherLast),
    notAfter(otherFirst, last),
  );
  return typeof holds === "boolean" ? holds : expression`try(${holds}, false)`;
}

/** Whether the one address is the other or comes before it; both are addresses, of one family. */
export function notAfter(one: string, other: string): Condition {
  if (isUnknown(one) || isUnknown(other)) return notAfterAtPlan(one, other);
  const [first, second] = [one, other].map((address) => ipaddr.parse(address).toByteArray());
  const place = first?.findIndex((byte, place) => byte !== second?.[place]) ?? -1;
  return place < 0 || (first?.[place] ?? 0) < (second?.[place] ?? 0);
}

/** Terraform has an order of texts only: that of addresses with all of their groups, each as wide as the widest. */
function notAfterAtPlan(one: string, other: string): Condition {
  const [first, second] = [one, other].map(inFull);
  return expression`(element(sort([${first}, ${second}]), 0) == ${first})`;
}

function inFull(address: string): unknown {
  if (!isUnknown(address)) {
    const parsed = ipaddr.parse(address);
    return parsed instanceof ipaddr.IPv6
      ? parsed.parts.map((part) => part.toString(16).padStart(4)).join(":")
      : parsed.octets.map((octet) => `${octet}`.padStart(3)).join(".");
  }
  const shortest = expression`cidrhost(join("/", [${address}, "128"]), 0)`;
  const groups = (half: number) => expression`try(compact(split(":", split("::", ${shortest}).${half})), [])`;
  const [before, after] = [groups(0), groups(1)];
  const missing = expression`(8 - (length(${before}) + length(${after})))`;
  const zeros = expression`slice(split(" ", "0 0 0 0 0 0 0 0"), 0, ${missing})`;
  const ipv6 = expression`join(":", formatlist("%4s", concat(${before}, ${zeros}, ${after})))`;
  // Of IPv6 it fails, which has no numbers between dots.
  const ipv4 = expression`join(".", formatlist("%3d", split(".", ${address})))`;
  return expression`try(${ipv4}, ${ipv6})`;
}
