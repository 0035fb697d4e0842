import { and, type Condition, equal, matches, not, or } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";
import { rangeOf } from "./address-order";
import { isAddress, isCidr, normalAddress, withoutPrefix } from "./ip-address";

/** Whether it is a subnet written with its first address; all addresses are none. */
function isSubnet(cidr: string): Condition {
  if (isCidr(cidr) === false) return false;
  const isFirst = equal(rangeOf(cidr)[0], normalAddress(withoutPrefix(cidr)));
  // Terraform evaluates every part of a condition, and of a text that is no subnet there is no first address.
  const isKnownFirst = typeof isFirst === "boolean" ? isFirst : expression`try(${isFirst}, false)`;
  return and(isCidr(cidr), isKnownFirst, not(matches(cidr, /[/]0$/)));
}

/** Checks that each of the list at `path` of the props is an IP address or a subnet. */
export const checkEachSubnet = (path: string, subnets: readonly string[] = []): Check[] =>
  subnets.map((subnet, index) => ({
    condition: or(isAddress(subnet), isSubnet(subnet)),
    message: `${path}[${index}] ${formatValue(subnet)} is not an IP address or a subnet; write it as in "192.168.1.60" or "192.168.1.240/28"`,
  }));
