import { and, not, or } from "../rules/condition";
import { isAddress, isCidr, isInNetwork } from "../rules/ip-address";
import { type Check, given, type Rule } from "../rules/rule";
import { eitherOf, listOf, objectOf, required, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { notAfter, sameFamily } from "./address-order";

/** Addresses of a pool: a network, or all from the first to the last. */
export type AddressBlock =
  | {
      /** Network with prefix length, such as `192.168.1.240/28`. */
      readonly cidr: string;
      readonly start?: never;
      readonly stop?: never;
    }
  | {
      readonly cidr?: never;
      /** First address, such as `192.168.1.200`. */
      readonly start: string;
      /** Last address. */
      readonly stop: string;
    };

/** Addresses for services of type LoadBalancer. */
export interface AddressPool {
  /** Name of the pool. */
  readonly name: string;

  /** Where the addresses come from. */
  readonly blocks: readonly AddressBlock[];
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

const addressPoolShape = objectOf<AddressPool>({
  name: required(text),
  blocks: required(listOf(eitherOf<AddressBlock>({ cidr: text, start: text, stop: text }, "cidr"))),
});

export const shape = objectOf<L2Announcements>({
  addressPools: required(listOf(addressPoolShape)),
  interfaces: listOf(text),
});

/** The kinds of the objects, as `kubectl get` takes their definitions. */
export const definitions = "crd/ciliumloadbalancerippools.cilium.io crd/ciliuml2announcementpolicies.cilium.io";

/** The label that Kubernetes puts on control planes, and which keeps load balancers away from them. */
export const withoutExclusion = {
  machine: { nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } } },
};

/** Workers alone: control planes have the label. */
const onWorkers = {
  nodeSelector: { matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" }] },
};

/**
 * The Kubernetes objects.
 *
 * @param hasWorkers whether there are nodes to announce at other than control planes
 * @see https://docs.cilium.io/en/stable/network/l2-announcements/
 */
export function objects({ addressPools, interfaces }: L2Announcements, hasWorkers: boolean): object[] {
  return [
    ...addressPools.map(({ name, blocks }) => ({
      apiVersion: "cilium.io/v2",
      kind: "CiliumLoadBalancerIPPool",
      metadata: { name },
      spec: { blocks },
    })),
    {
      apiVersion: "cilium.io/v2alpha1",
      kind: "CiliumL2AnnouncementPolicy",
      metadata: { name: "default" },
      spec: {
        loadBalancerIPs: true,
        externalIPs: true,
        ...(hasWorkers && onWorkers),
        ...(interfaces && { interfaces: [...interfaces] }),
      },
    },
  ];
}

export const rules: readonly Rule<{
  readonly l2Announcements?: L2Announcements;
  /** What has an address already, and which, without prefix length. */
  readonly taken: readonly { readonly by: string; readonly address: string }[];
}>[] = [
  {
    id: "address-pool",
    demands:
      "a block of an address pool is a network with prefix length, or a first and a last address of one family in their order, and without the node's own",
    because:
      "Cilium ignores a pool that it cannot read, and a service with the node's address takes the node off the network",
    source: "https://docs.cilium.io/en/stable/network/lb-ipam/",
    checks: ({ l2Announcements, taken }) =>
      (l2Announcements?.addressPools ?? []).flatMap(({ blocks }, pool) =>
        blocks.flatMap((block, place) => {
          const path = `l2Announcements.addressPools[${pool}].blocks[${place}]`;
          const form = formChecks(path, block);
          // What is not an address is in no order and contains none.
          if (form.some(({ holds }) => holds === false)) return form;
          return [...form, ...orderChecks(path, block), ...taken.map((each) => contains(path, block, each))];
        }),
      ),
  },
];

function formChecks(path: string, { cidr, start, stop }: AddressBlock): Check[] {
  const example = 'write { cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }';
  const ends = [start, stop].filter((end) => end !== undefined);
  return [
    {
      holds: ends.length === (cidr === undefined ? 2 : 0),
      problem: `${path} is neither a network nor a range; ${example}`,
    },
    ...given(cidr, (cidr) => ({
      holds: isCidr(cidr),
      problem: `${path}.cidr ${shown(cidr)} is not a network; ${example}`,
    })),
    ...ends.map((end) => ({
      holds: isAddress(end),
      problem: `${path} has ${shown(end)}, which is not an address; ${example}`,
    })),
  ];
}

function orderChecks(path: string, { start, stop }: AddressBlock): Check[] {
  if (start === undefined || stop === undefined) return [];
  const range = `${path} goes from ${shown(start)} to ${shown(stop)}`;
  return [
    {
      holds: sameFamily(start, stop),
      problem: `${range}, which are of two families; write both of IPv4 or both of IPv6`,
    },
    {
      holds: or(not(sameFamily(start, stop)), notAfter(start, stop)),
      problem: `${range}, which comes before it; write the first address as start`,
    },
  ];
}

const contains = (path: string, block: AddressBlock, { by, address }: { by: string; address: string }): Check => {
  const { cidr, start, stop } = block;
  const inBlock =
    cidr === undefined
      ? and(sameFamily(start, address), sameFamily(stop, address), notAfter(start, address), notAfter(address, stop))
      : isInNetwork(address, cidr);
  return { holds: not(inBlock), problem: `${path} contains ${by}, ${shown(address)}; leave that out` };
};
