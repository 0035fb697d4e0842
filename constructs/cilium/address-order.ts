import { Fn, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { and, type Condition, isUnknown } from "../rules/condition";
import { asArgument, expression, verbatim } from "../rules/expression";
import { isIpv6, sameFamily } from "../rules/ip-address";

/** The first and the last of some addresses. */
export type AddressRange = readonly [first: string, last: string];

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
    inOrder([first, otherLast], [otherFirst, last]),
  );
  return typeof holds === "boolean" ? holds : expression`try(${holds}, false)`;
}

/** Whether the one address is the other or comes before it; both are of one family. What is no address has no order. */
export function notAfter(one: string, other: string): Condition {
  const holds = inOrder([one, other]);
  return typeof holds === "boolean" ? holds : expression`try(${holds}, true)`;
}

/** Whether no address comes after the other one of its pair. */
const inOrder = (...pairs: readonly AddressRange[]): Condition =>
  pairs.flat().some(isUnknown) ? inOrderAtPlan(pairs) : pairs.every(inOrderNow);

function inOrderNow([one, other]: AddressRange): boolean {
  const [first, second] = [one, other].map((address) => ipaddr.parse(address).toByteArray());
  const place = first?.findIndex((byte, place) => byte !== second?.[place]) ?? -1;
  return place < 0 || (first?.[place] ?? 0) < (second?.[place] ?? 0);
}

/**
 * Terraform has an order of texts only: that of addresses with all of their groups, each as wide as the widest. A `for`
 * over one value gives it a name, so that what is written once is not written again for each address.
 */
function inOrderAtPlan(pairs: readonly AddressRange[]): Condition {
  const texts = expression`[for address in ${pairs.flat()} : try(${ipv4InFull}, ${ipv6InFull})]`;
  const conditions = pairs.map((_, pair) => {
    const [one, other] = [verbatim(`texts[${2 * pair}]`), verbatim(`texts[${2 * pair + 1}]`)];
    return expression`sort([${one}, ${other}])[0] == ${one}`;
  });
  return expression`alltrue([for texts in [${texts}] : ${and(...conditions)}])`;
}

/** Of IPv6 it fails, which has no numbers between dots. */
const ipv4InFull = verbatim('join(".", formatlist("%3d", split(".", address)))');

/** `::` stands for as many zeros as there are groups less than eight. */
const zeros = 'join("0", [for group in range(9 - length(compact(split(":", text)))) : ":"])';
const ipv6InFull = verbatim(
  `[for text in [cidrhost("\${address}/128", 0)] : join(":", formatlist("%4s", compact(split(":", replace(text, "::", ${zeros})))))][0]`,
);
