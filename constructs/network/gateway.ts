import { and, type Condition, isUnknown, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { checkEachOnce } from "../rules/once";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import {
  isAddress,
  isCidr,
  isHostAddress,
  isInSubnet,
  isIpv4Mapped,
  isIpv6,
  isReservedInSubnet,
  sameFamily,
} from "./ip-address";

export const gatewayInSubnet: Omit<Rule<unknown>, "checks"> = {
  id: "gateway-in-subnet",
  requirement:
    "the gateway is another address in the subnet of the address, or link-local, or any address beside a single one (/32)",
  reason: "the node could not reach it, nor anything else",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init",
};

/** Whether the address is one that is valid on its link alone, as routers of IPv6 announce. */
const isLinkLocal = (address: string): Condition => matches(address, /^fe[89ab][0-9a-f]:/i);

/** Whether the prefix is of a single address, whose gateway can only be on the link. */
export const isSingleAddress = (address: string): boolean =>
  !isUnknown(address) && /^([0-9.]+[/]32|.*:.*[/]128)$/.test(address);

export const gatewayOnce: Omit<Rule<unknown>, "checks"> = {
  id: "gateway-once",
  requirement: "a machine has at most one IPv4 and one IPv6 default gateway",
  reason: "the guest refuses a second default route, or sends replies over another device than the requests came from",
  source: talosDocs("networking/configuration/static-addressing"),
};

/** A gateway, and where the props have it. */
export interface Gateway {
  readonly path: string;
  readonly gateway: string;
}

/** Checks that no two of the gateways of a machine are of one family. */
export const checkOneGatewayPerFamily = (gateways: readonly Gateway[]): Check[] =>
  // What is no address another rule refuses.
  checkEachOnce(
    gateways.filter(({ gateway }) => isAddress(gateway) !== false),
    ({ path, gateway }) => `${path} ${formatValue(gateway)}`,
    ({ path, gateway }, { value, by }) => ({
      condition: not(sameFamily(gateway, value.gateway)),
      message: `${path} ${formatValue(gateway)} is a second default gateway of its family, beside ${by}; leave one of them out`,
    }),
  );

/** The message about a gateway of a network device without a static address. */
export const checkGatewayHasAddress = (path: string, gateway: string): Check => ({
  condition: false,
  message: `${path} ${formatValue(gateway)} has no static address beside it; leave it out, or write an address with its prefix length`,
});

/** Checks that the gateway at `path` of the props can be reached from the address, where that is one. */
export const checkGatewayReachable = (
  path: string,
  gateway: string | undefined,
  address: string | undefined,
): Check[] =>
  ifSet(gateway, (gateway) =>
    ifSet(address, (address) => {
      // Another rule refuses such an address; the gateway may be right.
      if (isHostAddress(address) === false || isIpv4Mapped(address) === true) return [];
      if (and(isCidr(address), isAddress(gateway)) === false) {
        return {
          condition: isAddress(gateway),
          message: `${path} ${formatValue(gateway)} is not an address; write the router's, as in "192.168.1.1"`,
        };
      }
      const isSameFamily = or(and(isIpv6(gateway), isIpv6(address)), and(not(isIpv6(gateway)), not(isIpv6(address))));
      const onLink = or(
        and(isLinkLocal(gateway), isIpv6(address)),
        and(isSingleAddress(address), isSameFamily, isHostAddress(gateway)),
      );
      return [
        {
          condition: or(onLink, isInSubnet(gateway, address)),
          message: `${path} ${formatValue(gateway)} is not in the subnet of ${formatValue(address)}; write the router's address in that subnet`,
        },
        {
          condition: not(isReservedInSubnet(gateway, address)),
          message: `${path} ${formatValue(gateway)} is the network, broadcast or own address of ${formatValue(address)}; write the router's`,
        },
      ];
    }),
  );
