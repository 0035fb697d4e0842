import { isIP } from "node:net";
import { Fn, Op, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { and, type Condition, equal, isUnknown, matches, not, or } from "./condition";
import { asArgument } from "./expression";

/** Terraform reads octets that begin with 0, which other software takes for octal or refuses. */
const zeros = /(^|[./])0[0-9]/;

/** Whether the text is an IP address with its prefix length, such as `192.168.1.50/24`. */
export function isCidr(text: unknown): Condition {
  if (isUnknown(text)) {
    return and(Token.asAny(Fn.can(Fn.cidrhost(asArgument(text), 0))), not(matches(text, zeros)));
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
    const readable = Token.asAny(Fn.can(Fn.cidrhost(Fn.join("/", [asArgument(text), "0"]), 0)));
    return and(readable, not(matches(text, zeros)));
  }
  return typeof text === "string" && isIP(text) !== 0 && !text.includes("%");
}

/** `192.168.1.50` of `192.168.1.50/24`. */
export function withoutPrefix(cidr: string): string {
  return isUnknown(cidr) ? Token.asString(Fn.element(Fn.split("/", cidr), 0)) : (cidr.split("/")[0] ?? cidr);
}

/** The address in the one spelling that stands for all of them; what is no address stays as it is. */
export const normalAddress = (address: string): string =>
  isAddress(address) === true ? ipaddr.parse(address).toString() : address;

/** Whether the address, with or without prefix length, is one of IPv6. */
export const isIpv6 = (address: string | undefined): Condition => matches(address, /:/);

/** Whether the address is in the network of `cidr`; both must be addresses. */
export function isInNetwork(address: string, cidr: string): Condition {
  if (isUnknown(address) || isUnknown(cidr)) {
    const prefix = isUnknown(cidr) ? Token.asString(Fn.element(Fn.split("/", cidr), 1)) : cidr.split("/")[1];
    const sameNetwork = Op.eq(
      Fn.cidrhost(Fn.join("/", [asArgument(address), prefix ?? ""]), 0),
      Fn.cidrhost(asArgument(cidr), 0),
    );
    return Token.asAny(Fn.try([sameNetwork, false]));
  }
  const parsed = ipaddr.parse(address);
  return parsed.kind() === ipaddr.parse(withoutPrefix(cidr)).kind() && parsed.match(ipaddr.parseCIDR(cidr));
}

/** What an address of many hosts, of none, or in IPv6 of each itself begins with, in a pattern. */
export const ofManyOrNone = "(0|22[4-9]|23[0-9])[.]|::1?([/]|$)|ff[0-9a-f]{2}:";

/** But those of 127.0.0.0/8, where the nodes of the lab are. */
const ofNoHost = new RegExp(`^(255[.]|${ofManyOrNone})`, "i");

/** Whether the address, with or without prefix length, can be one at which a host is reached. */
export const isOfHost = (address: string): Condition => not(matches(address, ofNoHost));

/** Whether the address is the first or the last of an IPv4 network, which stand for the network and for all of its hosts. */
export function isEndOfNetwork(address: string, cidr: string): Condition {
  if (isUnknown(address) || isUnknown(cidr)) {
    const ends = [0, -1].map((place) =>
      Token.asAny(Fn.try([Op.eq(Fn.cidrhost(asArgument(cidr), place), asArgument(address)), false])),
    );
    return and(not(isIpv6(address)), not(matches(cidr, /[/]3[12]$/)), or(...ends));
  }
  const [own, prefix] = ipaddr.parseCIDR(cidr);
  if (own.kind() !== "ipv4" || prefix > 30) return false;
  const ends = [ipaddr.IPv4.networkAddressFromCIDR(cidr), ipaddr.IPv4.broadcastAddressFromCIDR(cidr)];
  return ends.some((end) => end.toString() === ipaddr.parse(address).toString());
}

/** Whether the address is that of `cidr` itself, or with IPv4 the first or the last of its network: no router's. */
export function isTakenInNetwork(address: string, cidr: string): Condition {
  return or(equal(normalAddress(address), normalAddress(withoutPrefix(cidr))), isEndOfNetwork(address, cidr));
}
