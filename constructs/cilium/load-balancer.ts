import { type ChartValues, valueAt } from "../rules/chart-values";
import { and, type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { expression } from "../rules/expression";
import {
  isAddress,
  isCidr,
  isInAny,
  isIpv6,
  normalAddress,
  ofManyOrNone,
  overlapsAny,
  sameFamily,
} from "../rules/ip-address";
import { pairsOf } from "../rules/pairs";
import { type Check, given, type Rule } from "../rules/rule";
import { eitherOf, filledListOf, listOf, objectOf, required, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { type AddressRange, notAfter, overlap, rangeOf } from "./address-order";
import { byCiliumMinor } from "./version";

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
  /** Name of the pool: lower-case letters, digits, hyphens and dots. */
  readonly name: string;

  /** Where the addresses come from; no two blocks have one in common. */
  readonly blocks: readonly AddressBlock[];
}

/** Announcement of load balancer addresses in the local network, by ARP and NDP. */
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

const example = '{ cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }';
const block = eitherOf<AddressBlock>({ cidr: text, start: text, stop: text }, "cidr");
const addressPoolShape = objectOf<AddressPool>({
  name: required(text),
  blocks: required(filledListOf(block, example)),
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

/** What has an address already, and which, without prefix length. */
interface Taken {
  readonly by: string;
  readonly address: string;
}

export const rules: readonly Rule<{
  readonly l2Announcements?: L2Announcements;
  readonly taken: readonly Taken[];
  readonly version: string;
  /** All values of the chart. */
  readonly values: ChartValues;
}>[] = [
  {
    id: "address-pool",
    demands:
      "an address pool has a name of its own, and its blocks are networks with prefix length, or a first and a last address of one family in their order, of addresses that nothing else has",
    because:
      "Cilium ignores a pool that it cannot read or that has addresses of another, and a service with the address of the node or its router takes the node off the network",
    source: "https://docs.cilium.io/en/stable/network/lb-ipam/",
    checks: ({ l2Announcements: { addressPools = [] } = {}, taken }) => {
      const blocks = addressPools.flatMap(({ blocks }, pool) =>
        blocks.map((block, place) => {
          const path = `${pathOf(pool)}.blocks[${place}]`;
          return { path, block, form: formChecks(path, block) };
        }),
      );
      // What is not an address is in no order and contains none.
      const readable = blocks.filter(({ form }) => form.every(({ holds }) => holds !== false));
      return [
        ...addressPools.flatMap(({ name }, pool) => nameChecks(name, pool, addressPools.slice(0, pool))),
        ...blocks.flatMap(({ form }) => form),
        ...readable.flatMap(({ path, block }) => [
          ...orderChecks(path, block),
          ...isOfMachines(path, block),
          ...taken.flatMap((each) => contains(path, block, each)),
        ]),
        ...pairsOf(readable).map(([one, other]) => ({
          holds: not(overlap(addressesOf(other.block), addressesOf(one.block))),
          problem: `${other.path} has addresses of ${one.path}; leave them out in one of the two`,
        })),
      ];
    },
  },
  {
    id: "address-pool-family",
    demands:
      "the addresses of a pool are of a family that the cluster has, and Cilium announces those of IPv6 from 1.19 on",
    because: "no service gets an address of another family, and nobody reaches one that is not announced",
    source: "https://docs.cilium.io/en/stable/network/l2-announcements/#limitations",
    checks: ({ l2Announcements: { addressPools = [] } = {}, version, values }) =>
      addressPools.flatMap(({ blocks }, pool) =>
        blocks.flatMap((block, place) => familyChecks(`${pathOf(pool)}.blocks[${place}]`, block, version, values)),
      ),
  },
  {
    id: "l2-interfaces",
    demands: "the network devices to announce at are regular expressions in Go's syntax",
    because: "Cilium announces nothing where it cannot read one of them",
    source: "https://docs.cilium.io/en/stable/network/l2-announcements/#interfaces",
    checks: ({ l2Announcements: { interfaces = [] } = {} }) =>
      interfaces.map((name, place) => ({
        holds: isGoPattern(name),
        problem: `l2Announcements.interfaces[${place}] ${shown(name)} is no regular expression in Go's syntax; write one such as "^eth[0-9]+"`,
      })),
  },
];

/** Subnets of which pods or services have their addresses. */
interface Subnets {
  readonly of: string;
  /** Terraform alone may know them. */
  readonly subnets: readonly string[];
}

export const subnetRules: readonly Rule<{
  readonly l2Announcements?: L2Announcements;
  readonly subnets: readonly Subnets[];
}>[] = [
  {
    id: "address-pool-subnets",
    demands: "an address pool has no addresses of the subnets of pods and services",
    because: "a service may get an address that a pod or another service has already",
    source: "https://docs.cilium.io/en/stable/network/lb-ipam/",
    severity: "warning",
    checks: ({ l2Announcements: { addressPools = [] } = {}, subnets }) =>
      addressPools.flatMap(({ blocks }, pool) =>
        blocks.flatMap((block, place) =>
          subnets.map((each) => ({
            holds: not(hasAddressOf(block, each)),
            problem: `${pathOf(pool)}.blocks[${place}] has addresses of the ${each.of}, ${isUnknown(each.subnets) ? shown(each.subnets) : each.subnets.map(shown).join(" and ")}; write addresses of the local network`,
          })),
        ),
      ),
  },
];

function hasAddressOf(block: AddressBlock, { subnets }: Subnets): Condition {
  // What cannot be read is refused.
  if (formChecks("", block).some(({ holds }) => holds === false)) return false;
  if (block.cidr !== undefined) return overlapsAny(block.cidr, subnets);
  if (isUnknown(subnets)) return or(isInAny(block.start, subnets), isInAny(block.stop, subnets));
  return or(...subnets.filter(isCidr).map((subnet) => overlap(addressesOf(block), rangeOf(subnet))));
}

const pathOf = (pool: number): string => `l2Announcements.addressPools[${pool}]`;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const nameChecks = (name: string, pool: number, earlier: readonly AddressPool[]): Check[] => [
  {
    holds: and(
      matches(name, /^.{1,253}$/),
      matches(name, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/),
    ),
    problem: `${pathOf(pool)}.name ${shown(name)} is no name in Kubernetes; write at most 253 lower-case letters, digits, hyphens and dots, as in "lan"`,
  },
  ...earlier.map((other, place) => ({
    holds: not(equal(name, other.name)),
    problem: `${pathOf(pool)}.name ${shown(name)} is that of ${pathOf(place)} already; write another one`,
  })),
];

function formChecks(path: string, { cidr, start, stop }: AddressBlock): Check[] {
  const ends = [start, stop].filter((end) => end !== undefined);
  return [
    {
      holds: ends.length === (cidr === undefined ? 2 : 0),
      problem: `${path} is neither a network nor a range; write ${example}`,
    },
    ...given(cidr, (cidr) => ({
      holds: isCidr(cidr),
      problem: `${path}.cidr ${shown(cidr)} is not a network; write ${example}`,
    })),
    ...ends.map((end) => ({
      holds: isAddress(end),
      problem: `${path} has ${shown(end)}, which is not an address; write ${example}`,
    })),
  ];
}

function familyChecks(path: string, block: AddressBlock, version: string, values: ChartValues): Check[] {
  if (formChecks(path, block).some(({ holds }) => holds === false)) return [];
  const ofIpv6 = isIpv6(block.cidr ?? block.start);
  const has = (family: "ipv4" | "ipv6") => valueAt(values, [family, "enabled"]);
  return [
    {
      holds: or(
        not(ofIpv6),
        equal(
          byCiliumMinor(version, ({ announcesIpv6 }) => announcesIpv6),
          true,
        ),
      ),
      problem: `${path} has IPv6 addresses, which Cilium ${shown(version)} does not announce; write IPv4 addresses, or a version of 1.19 or later`,
    },
    {
      holds: or(not(ofIpv6), equal(has("ipv6"), true)),
      problem: `${path} has IPv6 addresses, and the cluster has no IPv6; write IPv4 addresses`,
    },
    {
      holds: or(ofIpv6, not(equal(has("ipv4"), false))),
      problem: `${path} has IPv4 addresses, and the cluster has no IPv4; write IPv6 addresses`,
    },
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

/** Addresses that a machine has to itself or that are of many, of IPv4 and of IPv6. */
const ofNoMachine = new RegExp(`^(127[.]|${ofManyOrNone})`, "i");

const isOfMachines = (path: string, { cidr, start, stop }: AddressBlock): Check[] =>
  [cidr, start, stop].flatMap((address) =>
    given(address, (address) => ({
      holds: not(matches(normalAddress(address), ofNoMachine)),
      problem: `${path} has ${shown(address)}, which is loopback, multicast or no address of a machine; write addresses of the local network`,
    })),
  );

const contains = (path: string, block: AddressBlock, { by, address }: Taken): Check[] =>
  // What is no address another rule refuses.
  isAddress(address) === false
    ? []
    : [
        {
          holds: not(overlap(addressesOf(block), [address, address])),
          problem: `${path} contains ${by}, ${shown(address)}; leave that out`,
        },
      ];

const addressesOf = ({ cidr, start, stop }: AddressBlock): AddressRange =>
  cidr === undefined ? [start, stop] : rangeOf(cidr);

/** Flags, of which JavaScript reads few. */
const flags = /[(][?][imsU-]+(?=[:)])/g;
/** Looks ahead, looks behind, and groups that were found, which Go does not read: https://github.com/google/re2/wiki/Syntax */
const lookaround = /[(][?]<?[=!]|[\\][1-9]/;

function isGoPattern(pattern: string): Condition {
  // Terraform's is Go's.
  if (isUnknown(pattern)) return expression`can(regexall(${pattern}, ""))`;
  try {
    new RegExp(pattern.replaceAll(flags, "(?:").replaceAll("(?P<", "(?<"));
    return !lookaround.test(pattern);
  } catch {
    return false;
  }
}
