import { and, type Condition, isUnknown, not, or } from "./condition";
import { isAddress, isCidr, isEndOfNetwork, isIpv4Mapped, isLinkLocal, isOfHost, withoutPrefix } from "./ip-address";
import { type Check, given } from "./rule";
import { shown } from "./shown";

/** Checks that a host can have the address at `path` of the props, with or without prefix length, where it is one. */
export const isOfMachine = (path: string, address: string | undefined): Check[] =>
  given(address, (address) => {
    const isOne = or(isCidr(address), isAddress(address));
    if (isOne === false) return [];
    return [
      {
        holds: or(not(isOne), and(isOfHost(address), not(isEnd(address)))),
        problem: `${path} ${shown(address)} is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own`,
      },
      {
        holds: not(isIpv4Mapped(address)),
        problem: `${path} ${shown(address)} is an IPv4 address written as IPv6; write it as in "192.168.1.50"`,
      },
    ];
  });

/** Checks the same, and that the node is reached at the address from other subnets. */
export const isOfNode = (path: string, address: string | undefined): Check[] => [
  ...isOfMachine(path, address),
  ...isNotLinkLocal(path, address),
];

/** Checks that a node is reached at the address at `path` of the props from other subnets. */
export const isNotLinkLocal = (path: string, address: string | undefined): Check[] =>
  given(address, (address) => ({
    holds: not(isLinkLocal(address)),
    problem: `${path} ${shown(address)} is link-local, which Kubernetes takes for no node's; write one such as "192.168.1.50" or "2001:db8::50"`,
  }));

const isEnd = (address: string): Condition =>
  isUnknown(address) || isCidr(address) === true ? isEndOfNetwork(withoutPrefix(address), address) : false;
