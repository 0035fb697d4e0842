import { and, type Condition, isUnknown, not, or } from "./condition";
import { isAddress, isCidr, isEndOfNetwork, isOfHost, withoutPrefix } from "./ip-address";
import { type Check, given } from "./rule";
import { shown } from "./shown";

/** Checks that a node can have the address at `path` of the props, with or without prefix length, where it is one. */
export const isOfNode = (path: string, address: string | undefined): Check[] =>
  given(address, (address) => {
    const isOne = or(isCidr(address), isAddress(address));
    if (isOne === false) return [];
    return {
      holds: or(not(isOne), and(isOfHost(address), not(isEnd(address)))),
      problem: `${path} ${shown(address)} is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own`,
    };
  });

const isEnd = (address: string): Condition =>
  isUnknown(address) || isCidr(address) === true ? isEndOfNetwork(withoutPrefix(address), address) : false;
