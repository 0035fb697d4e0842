import type { VirtualEnvironmentVmInitialization } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { and, equal, or, shown } from "../rules/condition";
import { isAddress, isCidr, isInNetwork, isIpv6 } from "../rules/ip-address";
import type { Check, Rule } from "../rules/rule";
import { listOf, objectOf, required, text } from "../rules/shape";
import { defaultDatastore } from "./disk";

/** Address of one network device. */
export interface IpConfig {
  /** Address with prefix length, such as `192.168.1.50/24`, or `dhcp`. */
  readonly address: string;

  /**
   * Default gateway, in the network of the address.
   *
   * @default - none
   */
  readonly gateway?: string;
}

/** What the cloud-init drive tells the guest at its first boot. */
export interface Initialization {
  /** Address of each network device, in their order. */
  readonly ipConfigs: readonly IpConfig[];

  /**
   * Name servers.
   *
   * @default - those of the host
   */
  readonly dnsServers?: readonly string[];

  /**
   * Storage of the cloud-init drive.
   *
   * @default "local-lvm"
   */
  readonly datastore?: string;
}

export const initializationShape = objectOf<Initialization>({
  ipConfigs: required(listOf(objectOf<IpConfig>({ address: required(text), gateway: text }))),
  dnsServers: listOf(text),
  datastore: text,
});

export function initializationBlock(initialization: Initialization): VirtualEnvironmentVmInitialization {
  return {
    datastoreId: initialization.datastore ?? defaultDatastore,
    ipConfig: initialization.ipConfigs?.map(({ address, gateway }) =>
      isIpv6(address) ? { ipv6: { address, gateway } } : { ipv4: { address, gateway } },
    ),
    dns: initialization.dnsServers && { servers: [...initialization.dnsServers] },
  };
}

export const gatewayInSubnet: Omit<Rule<unknown>, "checks"> = {
  id: "gateway-in-subnet",
  demands: "the gateway is in the network of the address",
  because: "the node could not reach it, nor anything else",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init",
};

/** Checks that the gateway at `path` of the props is in the network of the address, where that is one. */
export function isReachableGateway(path: string, gateway?: string, address?: string): Check[] {
  if (gateway === undefined || address === undefined) return [];
  const wellFormed = and(isCidr(address), isAddress(gateway));
  return [
    {
      holds: wellFormed === false ? isAddress(gateway) : isInNetwork(gateway, address),
      problem: `${path} ${shown(gateway)} is not in the network of ${shown(address)}; write the router's address in that network`,
    },
  ];
}

const source = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init";

export const initializationRules: readonly Rule<{ readonly initialization?: Initialization }>[] = [
  {
    id: "node-address",
    demands: "an address is an IP address with its prefix length",
    because: "the node would not answer where Terraform waits for it",
    source,
    checks: ({ initialization }) =>
      (initialization?.ipConfigs ?? []).flatMap(({ address }, place) =>
        address === undefined
          ? []
          : {
              holds: or(equal(address, "dhcp"), isCidr(address)),
              problem: `initialization.ipConfigs[${place}].address ${shown(address)} is not an address with prefix length; write it as in "192.168.1.50/24"`,
            },
      ),
  },
  {
    ...gatewayInSubnet,
    checks: ({ initialization }) =>
      (initialization?.ipConfigs ?? []).flatMap(({ address, gateway }, place) =>
        isReachableGateway(`initialization.ipConfigs[${place}].gateway`, gateway, address),
      ),
  },
];
