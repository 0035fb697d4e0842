import type { VirtualEnvironmentVmInitialization } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { equal, or } from "../rules/condition";
import { gatewayInSubnet, isReachableGateway } from "../rules/gateway";
import { isCidr, isIpv6 } from "../rules/ip-address";
import type { Rule } from "../rules/rule";
import { listOf, objectOf, required, text } from "../rules/shape";
import { shown } from "../rules/shown";
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

export const shape = objectOf<Initialization>({
  ipConfigs: required(listOf(objectOf<IpConfig>({ address: required(text), gateway: text }))),
  dnsServers: listOf(text),
  datastore: text,
});

export function block(initialization: Initialization): VirtualEnvironmentVmInitialization {
  return {
    datastoreId: initialization.datastore ?? defaultDatastore,
    ipConfig: initialization.ipConfigs?.map(({ address, gateway }) =>
      isIpv6(address) ? { ipv6: { address, gateway } } : { ipv4: { address, gateway } },
    ),
    dns: initialization.dnsServers && { servers: [...initialization.dnsServers] },
  };
}

const source = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init";

export const rules: readonly Rule<{ readonly initialization?: Initialization }>[] = [
  {
    id: "node-address",
    demands: "an address is an IP address with its prefix length",
    because: "the node would not answer where Terraform waits for it",
    source,
    checks: ({ initialization }) =>
      (initialization?.ipConfigs ?? []).map(({ address }, place) => ({
        holds: or(equal(address, "dhcp"), isCidr(address)),
        problem: `initialization.ipConfigs[${place}].address ${shown(address)} is not an address with prefix length; write it as in "192.168.1.50/24"`,
      })),
  },
  {
    ...gatewayInSubnet,
    checks: ({ initialization }) =>
      (initialization?.ipConfigs ?? []).flatMap(({ address, gateway }, place) =>
        isReachableGateway(`initialization.ipConfigs[${place}].gateway`, gateway, address),
      ),
  },
];
