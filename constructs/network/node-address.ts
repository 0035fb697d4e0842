import { and, type Condition, isUnknown, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { type Check, ifSet } from "../rules/rule";
import {
  isAddress,
  isCidr,
  isEndOfSubnet,
  isHostAddress,
  isIpv4Mapped,
  isLinkLocal,
  withoutPrefix,
} from "./ip-address";

/** Checks that a host can have the address at `path` of the props, with or without prefix length, where it is one. */
export const checkMachineAddress = (path: string, address: string | undefined): Check[] =>
  ifSet(address, (address) => {
    const isOne = or(isCidr(address), isAddress(address));
    if (isOne === false) return [];
    return [
      {
        condition: or(not(isOne), and(isHostAddress(address), not(isEnd(address)))),
        message: `${path} ${formatValue(address)} is not a node address: it is a network, broadcast, multicast, unspecified or loopback address; write the node's own`,
      },
      {
        condition: not(isIpv4Mapped(address)),
        message: `${path} ${formatValue(address)} is an IPv4 address written as IPv6; write it as in "192.168.1.50"`,
      },
    ];
  });

/** Checks the same, and that the node is reached at the address from other subnets. */
export const checkNodeAddress = (path: string, address: string | undefined): Check[] => [
  ...checkMachineAddress(path, address),
  ...checkNotLinkLocal(path, address),
];

/** Checks that a node is reached at the address at `path` of the props from other subnets. */
export const checkNotLinkLocal = (path: string, address: string | undefined): Check[] =>
  ifSet(address, (address) => ({
    condition: not(isLinkLocal(address)),
    message: `${path} ${formatValue(address)} is link-local, which Kubernetes does not accept as a node address; write one such as "192.168.1.50" or "2001:db8::50"`,
  }));

const isEnd = (address: string): Condition =>
  isUnknown(address) || isCidr(address) === true ? isEndOfSubnet(withoutPrefix(address), address) : false;
