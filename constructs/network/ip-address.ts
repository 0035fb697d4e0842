import { isIP } from "node:net";
import { Fn, Op, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { and, type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { asFunctionArgument, expression } from "../rules/expression";

/** Terraform reads octets that begin with 0, which other software takes for octal or refuses. */
const zeros = /(^|[./])0[0-9]/;

/** Whether the text is an IP address with its prefix length, such as `192.168.1.50/24`. */
export function isCidr(text: unknown): Condition {
  if (isUnknown(text)) {
    return and(Token.asAny(Fn.can(Fn.cidrhost(asFunctionArgument(text), 0))), not(matches(text, zeros)));
  }
  if (typeof text !== "string") return false;
  const [address = "", prefix = "", ...more] = text.split("/");
  const bits = { 4: 32, 6: 128 }[isAddress(address) === true ? isIP(address) : 0];
  return bits !== undefined && more.length === 0 && /^(0|[1-9][0-9]{0,2})$/.test(prefix) && Number(prefix) <= bits;
}

/** Proxmox takes prefixes from 8 on, and no machine is in a larger network. */
const ipv4Prefix = /^[0-9.]+[/]([89]|[12][0-9]|3[0-2])$/;
const ipv6Prefix = /^[0-9a-f:.]*:[0-9a-f:.]*[/]([89]|[1-9][0-9]|1[01][0-9]|12[0-8])$/i;

/** Whether the text is an address that a machine can have, with its prefix length. */
export const isHostCidr = (text: unknown): Condition => or(isIpv4Cidr(text), isIpv6Cidr(text));
export const isIpv4Cidr = (text: unknown): Condition => and(matches(text, ipv4Prefix), isCidr(text));
export const isIpv6Cidr = (text: unknown): Condition => and(matches(text, ipv6Prefix), isCidr(text));

/** Whether the text is an IP address without a prefix length, and without a zone. */
export function isAddress(text: unknown): Condition {
  if (isUnknown(text)) {
    const readable = Token.asAny(Fn.can(Fn.cidrhost(Fn.join("/", [asFunctionArgument(text), "0"]), 0)));
    return and(readable, not(matches(text, zeros)));
  }
  return typeof text === "string" && isIP(text) !== 0 && !text.includes("%");
}

/** `192.168.1.50` of `192.168.1.50/24`. */
export function withoutPrefix(cidr: string): string {
  return isUnknown(cidr)
    ? Token.asString(Fn.element(Fn.split("/", asFunctionArgument(cidr)), 0))
    : (cidr.split("/")[0] ?? cidr);
}

/** The address in the one spelling that stands for all of them; what is no address stays as it is. */
export const normalAddress = (address: string): string =>
  isAddress(address) === true ? ipaddr.parse(address).toString() : address;

/** Whether the address, with or without prefix length, is one of IPv6. */
export const isIpv6 = (address: string | undefined): Condition => matches(address, /:/);

/** Whether the address is in the subnet `cidr`; both must be addresses. */
export function isInSubnet(address: string, cidr: string): Condition {
  if (isUnknown(address) || isUnknown(cidr)) {
    const prefix = isUnknown(cidr)
      ? Token.asString(Fn.element(Fn.split("/", asFunctionArgument(cidr)), 1))
      : cidr.split("/")[1];
    const sameNetwork = Op.eq(
      Fn.cidrhost(Fn.join("/", [asFunctionArgument(address), prefix ?? ""]), 0),
      Fn.cidrhost(asFunctionArgument(cidr), 0),
    );
    return Token.asAny(Fn.try([sameNetwork, false]));
  }
  // ipaddr.parseCIDR learns the family from an exception, which takes longer than all else here.
  if (address.includes(":") !== cidr.includes(":")) return false;
  return address.includes(":")
    ? ipaddr.IPv6.parse(address).match(ipaddr.IPv6.parseCIDR(cidr))
    : ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr));
}

/** What an address of many hosts, of none, or in IPv6 of each itself begins with, in a pattern. */
export const nonUnicast = "(0|22[4-9]|23[0-9])[.]|::1?([/]|$)|ff[0-9a-f]{2}:";

/** Subnets of which no host has an address: of none, loopback, multicast and broadcast. */
const ofNoHost = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.0.0.0/8", "::/96", "ff00::/8"];

/** Whether the address, with or without prefix length, can be one at which a host is reached. */
export const isHostAddress = (address: string): Condition => not(isInAnySubnet(withoutPrefix(address), ofNoHost));

const ofOneLink = ["169.254.0.0/16", "fe80::/10"];
const ipv4Mapped = ["::ffff:0:0/96"];

/** Whether the address, with or without prefix length, is valid on its link alone. */
export const isLinkLocal = (address: string): Condition => isInAnySubnet(withoutPrefix(address), ofOneLink);

/** Whether the address, with or without prefix length, is one of IPv4 in the form of IPv6. */
export const isIpv4Mapped = (address: string): Condition => isInAnySubnet(withoutPrefix(address), ipv4Mapped);

/** Whether the text is no address that machines of other subnets cannot reach. */
export const isReachable = (host: string): Condition =>
  not(isInAnySubnet(host, [...ofNoHost, ...ofOneLink, ...ipv4Mapped]));

/** Whether the address is in one of the subnets, which Terraform alone may know; what is no address is in none. */
export function isInAnySubnet(address: string, subnets: readonly string[]): Condition {
  if (![address, subnets, ...subnets].some(isUnknown)) {
    const isIn = (subnet: string) => isCidr(subnet) === true && isInSubnet(address, subnet) === true;
    return isAddress(address) === true && subnets.some(isIn);
  }
  return expression`anytrue([for subnet in ${subnets} : try(cidrhost(join("/", [${address}, split("/", subnet)[1]]), 0) == cidrhost(subnet, 0), false)])`;
}

/** Whether the subnet and one of the others have addresses in common; Terraform alone may know either. */
export function overlapsAny(cidr: string, subnets: readonly string[]): Condition {
  if (![cidr, subnets, ...subnets].some(isUnknown)) {
    return isCidr(cidr) === true && subnets.some((subnet) => isCidr(subnet) === true && overlap(cidr, subnet));
  }
  const [address, prefix] = [0, 1].map((part) => expression`split("/", ${cidr})[${part}]`);
  const isIn = expression`cidrhost(join("/", [${address}, split("/", subnet)[1]]), 0) == cidrhost(subnet, 0)`;
  const contains = expression`cidrhost(join("/", [split("/", subnet)[0], ${prefix}]), 0) == cidrhost(${cidr}, 0)`;
  return expression`anytrue([for subnet in ${subnets} : try(${isIn} || ${contains}, false)])`;
}

/** Whether both are the same address, without prefix length and however they are written. */
export function sameAddress(one: string, other: string): Condition {
  const [first, second] = [normalAddress(one), normalAddress(other)];
  if (!isUnknown(first) && !isUnknown(second)) return isAddress(first) === true && first === second;
  const sameHost = (bits: string) =>
    expression`cidrhost(join("/", [${first}, ${bits}]), 0) == cidrhost(join("/", [${second}, ${bits}]), 0)`;
  // No prefix of IPv4 is as long.
  return expression`try(${sameHost("128")}, ${sameHost("32")}, false)`;
}

/** Whether both addresses are of IPv4, or both of IPv6. */
export const sameFamily = (one: string, other: string): Condition => equal(isIpv6(one), isIpv6(other));

const overlap = (one: string, other: string): boolean =>
  isInSubnet(withoutPrefix(one), other) === true || isInSubnet(withoutPrefix(other), one) === true;

/** Whether the address is the first or the last of an IPv4 network, which stand for the network and for all of its hosts. */
export function isEndOfSubnet(address: string, cidr: string): Condition {
  if (isUnknown(address) || isUnknown(cidr)) {
    const ends = [0, -1].map((index) =>
      Token.asAny(Fn.try([Op.eq(Fn.cidrhost(asFunctionArgument(cidr), index), asFunctionArgument(address)), false])),
    );
    return and(not(isIpv6(address)), not(matches(cidr, /[/]3[12]$/)), or(...ends));
  }
  if (cidr.includes(":") || ipaddr.IPv4.parseCIDR(cidr)[1] > 30) return false;
  const ends = [ipaddr.IPv4.networkAddressFromCIDR(cidr), ipaddr.IPv4.broadcastAddressFromCIDR(cidr)];
  return ends.some((end) => end.toString() === ipaddr.parse(address).toString());
}

/** Whether the address is that of `cidr` itself, or with IPv4 the first or the last of its network: no router's. */
export function isReservedInSubnet(address: string, cidr: string): Condition {
  return or(equal(normalAddress(address), normalAddress(withoutPrefix(cidr))), isEndOfSubnet(address, cidr));
}
