import { and } from "./condition";
import { isAddress, isCidr, isInNetwork } from "./ip-address";
import { type Check, given, type Rule } from "./rule";
import { shown } from "./shown";

export const gatewayInSubnet: Omit<Rule<unknown>, "checks"> = {
  id: "gateway-in-subnet",
  demands: "the gateway is in the network of the address",
  because: "the node could not reach it, nor anything else",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init",
};

/** Checks that the gateway at `path` of the props is in the network of the address, where that is one. */
export const isReachableGateway = (path: string, gateway: string | undefined, address: string | undefined): Check[] =>
  given(gateway, (gateway) =>
    given(address, (address) => ({
      holds: and(isCidr(address), isAddress(gateway)) === false ? isAddress(gateway) : isInNetwork(gateway, address),
      problem: `${path} ${shown(gateway)} is not in the network of ${shown(address)}; write the router's address in that network`,
    })),
  );
