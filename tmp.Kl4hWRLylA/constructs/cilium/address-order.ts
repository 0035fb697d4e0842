import { Fn, Op, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { type Condition, equal, isUnknown, matches } from "../rules/condition";

/** Whether both addresses are of IPv4, or both of IPv6. */
export const sameFamily = (one: string, other: string): Condition => equal(isIpv6(one), isIpv6(other));

const isIpv6 = (address: string): Condition => matches(address, /:/);

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
  return Op.eq(Fn.element(Fn.sort([Token.asString(first), Token.asString(second)]), 0), first);
}

function inFull(address: string): unknown {
  if (!isUnknown(address)) {
    const parsed = ipaddr.parse(address);
    return parsed instanceof ipaddr.IPv6
      ? parsed.parts.map((part) => part.toString(16).padStart(4)).join(":")
      : parsed.octets.map((octet) => `${octet}`.padStart(3)).join(".");
  }
  const shortest = Fn.cidrhost(Fn.join("/", [address, "128"]), 0);
  const groups = (half: number) =>
    Fn.try([Fn.compact(Fn.split(":", Fn.lookupNested(Fn.split("::", shortest), [half]))), []]);
  const [before, after] = [groups(0), groups(1)];
  const missing = Op.sub(8, Op.add(Fn.lengthOf(before), Fn.lengthOf(after)));
  const zeros = Fn.slice(Fn.split(" ", "0 0 0 0 0 0 0 0"), 0, Token.asNumber(missing));
  const ipv6 = Fn.join(":", Fn.formatlist("%4s", [Fn.concat([before, zeros, after])]));
  // Of IPv6 it fails, which has no numbers between dots.
  const ipv4 = Fn.join(".", Fn.formatlist("%3d", [Fn.split(".", address)]));
  return Fn.try([ipv4, ipv6]);
}
