import { Fn, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { and, type Condition, isUnknown } from "../rules/condition";
import { asFunctionArgument, expression, rawExpression } from "../rules/expression";
import { isIpv6, sameFamily } from "./ip-address";

/** The first and the last of some addresses. */
export type AddressRange = readonly [first: string, last: string];

/** All addresses of the network. */
export function rangeOf(cidr: string): AddressRange {
  if (isUnknown(cidr)) {
    const [first, last] = [0, -1].map((index) => Token.asString(Fn.cidrhost(asFunctionArgument(cidr), index)));
    return [first ?? cidr, last ?? cidr];
  }
  const family = isIpv6(cidr) === true ? ipaddr.IPv6 : ipaddr.IPv4;
  return [family.networkAddressFromCIDR(cidr).toString(), family.broadcastAddressFromCIDR(cidr).toString()];
}

/** The fewest networks that have exactly the addresses of the range, which are known and in their order. */
export function subnetsOfRange([first, last]: AddressRange): string[] {
  const isV6 = first.includes(":");
  const bits = isV6 ? 128n : 32n;
  const end = asNumber(last);
  const subnets: string[] = [];
  for (let next = asNumber(first); next <= end; ) {
    let size = 0n;
    const fits = (wider: bigint) => next % (1n << wider) === 0n && next + (1n << wider) - 1n <= end;
    while (size < bits && fits(size + 1n)) size += 1n;
    subnets.push(`${asAddress(next, isV6)}/${bits - size}`);
    next += 1n << size;
  }
  return subnets;
}

const asNumber = (address: string): bigint =>
  ipaddr
    .parse(address)
    .toByteArray()
    .reduce((number, byte) => number * 256n + BigInt(byte), 0n);

function asAddress(number: bigint, isV6: boolean): string {
  const bytes = Array.from({ length: isV6 ? 16 : 4 }, (_, place) => Number((number >> BigInt(8 * place)) & 255n));
  return ipaddr.fromByteArray(bytes.reverse()).toString();
}

/** Whether an address is in both; what only Terraform knows is in none if it is no range. */
export function overlap(one: AddressRange, other: AddressRange): Condition {
  const [[first, last], [otherFirst, otherLast]] = [one, other];
  const condition = and(
    sameFamily(first, otherFirst),
    sameFamily(last, otherLast),
    inOrder([first, otherLast], [otherFirst, last]),
  );
  return typeof condition === "boolean" ? condition : expression`try(${condition}, false)`;
}

/** Whether the one address is the other or comes before it; both are of one family. What is no address has no order. */
export function notAfter(one: string, other: string): Condition {
  const condition = inOrder([one, other]);
  return typeof condition === "boolean" ? condition : expression`try(${condition}, true)`;
}

/** Whether no address comes after the other one of its pair. */
const inOrder = (...pairs: readonly AddressRange[]): Condition =>
  pairs.flat().some(isUnknown) ? inOrderAtPlan(pairs) : pairs.every(inOrderNow);

function inOrderNow([one, other]: AddressRange): boolean {
  const [first, second] = [one, other].map((address) => ipaddr.parse(address).toByteArray());
  const index = first?.findIndex((byte, index) => byte !== second?.[index]) ?? -1;
  return index < 0 || (first?.[index] ?? 0) < (second?.[index] ?? 0);
}

/**
 * Terraform has an order of texts only: that of addresses with all of their groups, each as wide as the widest. A `for`
 * over one value gives it a name, so that what is written once is not written again for each address.
 */
function inOrderAtPlan(pairs: readonly AddressRange[]): Condition {
  const texts = expression`[for address in ${pairs.flat()} : try(${ipv4InFull}, ${ipv6InFull})]`;
  const conditions = pairs.map((_, pair) => {
    const [one, other] = [rawExpression(`texts[${2 * pair}]`), rawExpression(`texts[${2 * pair + 1}]`)];
    return expression`sort([${one}, ${other}])[0] == ${one}`;
  });
  return expression`alltrue([for texts in [${texts}] : ${and(...conditions)}])`;
}

/** Of IPv6 it fails, which has no numbers between dots. */
const ipv4InFull = rawExpression('join(".", formatlist("%3d", split(".", address)))');

/** `::` stands for as many zeros as there are groups less than eight. */
const zeros = 'join("0", [for group in range(9 - length(compact(split(":", text)))) : ":"])';
const ipv6InFull = rawExpression(
  `[for text in [cidrhost("\${address}/128", 0)] : join(":", formatlist("%4s", compact(split(":", replace(text, "::", ${zeros})))))][0]`,
);
