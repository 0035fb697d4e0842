import { and, or, shown } from "./condition";
import { isAddress, isCidr } from "./ip-address";
import type { Rule } from "./rule";
import { listOf, objectOf, required, text } from "./shape";

/** Addresses for services of type LoadBalancer. */
export interface AddressPool {
  /** Name of the pool. */
  readonly name: string;

  /** Networks such as `192.168.1.240/28`, and ranges such as `192.168.1.200-192.168.1.220`. */
  readonly addresses: readonly string[];
}

/** Announcement of load balancer addresses in the local network, by ARP and NDP. */
export interface L2Announcements {
  /** Where the addresses come from. */
  readonly addressPools: readonly AddressPool[];

  /**
   * Network devices of the node to announce at, as regular expressions.
   *
   * @default - all of them
   */
  readonly interfaces?: readonly string[];
}

export const l2AnnouncementsShape = objectOf<L2Announcements>({
  addressPools: required(listOf(objectOf<AddressPool>({ name: required(text), addresses: required(listOf(text)) }))),
  interfaces: listOf(text),
});

/** The label that Kubernetes puts on control planes, and which keeps load balancers away from them. */
export const withoutLoadBalancerExclusion = {
  machine: { nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } } },
};

/**
 * The Kubernetes objects.
 *
 * @see https://docs.cilium.io/en/stable/network/l2-announcements/
 */
export function loadBalancerObjects({ addressPools = [], interfaces }: L2Announcements): object[] {
  return [
    ...addressPools.map(({ name, addresses = [] }) => ({
      apiVersion: "cilium.io/v2",
      kind: "CiliumLoadBalancerIPPool",
      metadata: { name },
      spec: { blocks: addresses.map(block) },
    })),
    {
      apiVersion: "cilium.io/v2alpha1",
      kind: "CiliumL2AnnouncementPolicy",
      metadata: { name: "default" },
      spec: { loadBalancerIPs: true, externalIPs: true, ...(interfaces && { interfaces: [...interfaces] }) },
    },
  ];
}

function block(addresses: string): object {
  const [start, stop] = addresses.split("-");
  return stop === undefined ? { cidr: addresses } : { start, stop };
}

export const loadBalancerRules: readonly Rule<{ readonly l2Announcements?: L2Announcements }>[] = [
  {
    id: "address-pool",
    demands: "an address pool has networks with prefix length, or ranges of two addresses",
    because: "Cilium ignores a pool that it cannot read",
    source: "https://docs.cilium.io/en/stable/network/lb-ipam/",
    checks: ({ l2Announcements }) =>
      (l2Announcements?.addressPools ?? []).flatMap(({ addresses = [] }, pool) =>
        addresses.map((each, place) => ({
          holds: or(isCidr(each), and(...each.split("-").map(isAddress), each.includes("-"))),
          problem: `l2Announcements.addressPools[${pool}].addresses[${place}] ${shown(each)} is neither network nor range; write it as in "192.168.1.240/28" or "192.168.1.200-192.168.1.220"`,
        })),
      ),
  },
];
