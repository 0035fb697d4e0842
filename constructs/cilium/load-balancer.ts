import { notAfter, subnetsOfRange } from "../network/address-order";
import { isAddress, sameFamily } from "../network/ip-address";
import { isInvalid, listOf, nonEmptyListOf, objectOf, required, string, unionOf } from "../props/schema";
import type { KubernetesObject } from "../talos/inline-manifests";
import type { TalosNode } from "../talos/node";

/** Addresses of a pool: a CIDR, or a range from the first to the last. */
export type AddressBlock =
  | {
      /** CIDR, such as `192.168.1.240/28`. */
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
  /** Name of the pool: lower-case letters, digits, hyphens and dots. */
  readonly name: string;

  /** Where the addresses come from. Blocks must not overlap. */
  readonly blocks: readonly AddressBlock[];
}

/** Announcement of LoadBalancer IPs in the local network, by ARP and NDP. */
export interface L2Announcements {
  /** Where the addresses come from. */
  readonly addressPools: readonly AddressPool[];

  /**
   * Network devices of the node to announce at, as regular expressions in Go's syntax.
   *
   * @default - all of them
   * @see https://github.com/google/re2/wiki/Syntax
   */
  readonly interfaces?: readonly string[];
}

export const example = '{ cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }';
const block = unionOf<AddressBlock>({ cidr: string, start: string, stop: string }, "cidr", "start", "stop");
const addressPoolShape = objectOf<AddressPool>({
  name: required(string),
  blocks: required(nonEmptyListOf(block, example)),
});

export const schema = objectOf<L2Announcements>({
  addressPools: required(listOf(addressPoolShape)),
  interfaces: listOf(string),
});

/** The kinds of the objects, as `kubectl get` takes their definitions. */
export const definitions = "crd/ciliumloadbalancerippools.cilium.io crd/ciliuml2announcementpolicies.cilium.io";

/** The label that Kubernetes puts on control plane nodes, and which keeps load balancers away from them. */
export const withoutExclusion = {
  machine: { nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } } },
};

/** Workers alone: control plane nodes have the label. */
const onWorkers = {
  nodeSelector: { matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" }] },
};

/**
 * The Kubernetes objects.
 *
 * @param hasWorkers whether there are nodes to announce at other than control plane nodes
 * @see https://docs.cilium.io/en/stable/network/l2-announcements/
 */
export function objects({ addressPools, interfaces }: L2Announcements, hasWorkers: boolean): KubernetesObject[] {
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

/** Lets the nodes that announce the addresses send from them, where a firewall is in front of their machines. */
export function openFirewalls({ addressPools }: L2Announcements, announcers: readonly TalosNode[]): void {
  const blocks = addressPools.flatMap(({ blocks }) => blocks).filter((block) => !isInvalid(block));
  for (const { machine } of announcers)
    for (const subnet of blocks.flatMap(subnetsOf)) machine.firewall?.addSender(subnet);
}

/** The networks of a block; none of what is refused, or known to Terraform alone. */
export function subnetsOf({ cidr, start, stop }: AddressBlock): string[] {
  if (cidr !== undefined) return [cidr];
  const isKnown = [start, stop].every((address) => isAddress(address) === true) && notAfter(start, stop) === true;
  return isKnown && sameFamily(start, stop) === true ? subnetsOfRange([start, stop]) : [];
}
