import { Fn, Op, Token } from "cdktf";
import ipaddr from "ipaddr.js";
import { asArgument, type Condition, isUnknown } from "./condition";

/** Whether the text is an IP address with its prefix length, such as `192.168.1.50/24`. */
export function isCidr(text: unknown): Condition {
  if (isUnknown(text)) return Token.asAny(Fn.can(Fn.cidrhost(asArgument(text), 0)));
  return typeof text === "string" && ipaddr.isValidCIDR(text) && text.split("/")[0] === canonical(text);
}

/** Whether the text is an IP address without a prefix length. */
export function isAddress(text: unknown): Condition {
  if (isUnknown(text)) return Token.asAny(Fn.can(Fn.cidrhost(Fn.join("/", [asArgument(text), "0"]), 0)));
  return typeof text === "string" && (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text));
}

/** `192.168.1.50` of `192.168.1.50/24`. */
export function withoutPrefix(cidr: string): string {
  return isUnknown(cidr) ? Token.asString(Fn.element(Fn.split("/", cidr), 0)) : (cidr.split("/")[0] ?? cidr);
}

/** Whether the address, with or without prefix length, is one of IPv6; one that is unknown is taken for IPv4. */
export const isIpv6 = (address: string | undefined): boolean =>
  !isUnknown(address) && (address?.includes(":") ?? false);

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

/** ipaddr.js reads octal and short forms too, which nobody means. */
function canonical(cidr: string): string | undefined {
  const address = cidr.split("/")[0] ?? "";
  return ipaddr.IPv4.isValid(address) ? ipaddr.IPv4.parse(address).toString() : address;
}
