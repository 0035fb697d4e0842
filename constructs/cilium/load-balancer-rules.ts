import { type ChartValues, valueAt } from "../helm/values";
import { type AddressRange, notAfter, overlap, rangeOf } from "../network/address-order";
import {
  isAddress,
  isCidr,
  isInAnySubnet,
  isIpv6,
  nonUnicast,
  normalAddress,
  overlapsAny,
  sameFamily,
} from "../network/ip-address";
import { and, type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { checkEachOnce } from "../rules/once";
import { type Check, firstViolation, ifSet, type Rule } from "../rules/rule";
import { type AddressBlock, example, type L2Announcements } from "./load-balancer";
import { byCiliumMinor } from "./version";

/** What has an address already, and which, without prefix length. */
interface Taken {
  readonly by: string;
  readonly address: string;
}

export const rules: readonly Rule<{
  readonly l2Announcements?: L2Announcements;
  readonly taken: readonly Taken[];
  /** Whether a firewall is in front of a node's machine. */
  readonly hasFirewall: boolean;
  readonly version: string;
  /** All values of the chart. */
  readonly values: ChartValues;
}>[] = [
  {
    id: "firewall-range",
    requirement: "with Proxmox's firewall on the nodes, a range of LoadBalancer IPs is known at synth",
    reason: "its IP filter takes subnets, and drops what it does not know",
    source: "https://pve.proxmox.com/pve-docs/chapter-pve-firewall.html#pve_firewall_ipfilter_section",
    checks: ({ l2Announcements: { addressPools = [] } = {}, hasFirewall }) =>
      addressPools.flatMap(({ blocks }, pool) =>
        blocks.flatMap(({ start, stop }, index) => ({
          condition: !(hasFirewall && [start, stop].some(isUnknown)),
          message: `${pathOf(pool)}.blocks[${index}] is a range with a variable, which the firewall of the nodes' VMs cannot take; write it as cidr`,
        })),
      ),
  },
  {
    id: "address-pool",
    requirement:
      "an address pool has a unique name, and its blocks are CIDRs, or ranges from a first to a last address of one IP family, of addresses that nothing else has",
    reason:
      "Cilium ignores a pool that it cannot read or that overlaps another, and a service with the address of the node or its router takes the node off the network",
    source: "https://docs.cilium.io/en/stable/network/lb-ipam/",
    checks: ({ l2Announcements: { addressPools = [] } = {}, taken }) => {
      const blocks = addressPools.flatMap(({ blocks }, pool) =>
        blocks.map((block, index) => {
          const path = `${pathOf(pool)}.blocks[${index}]`;
          return { path, block, form: checkForm(path, block) };
        }),
      );
      // What is not an address is in no order and contains none.
      const readable = blocks.filter(({ form }) => form.every(({ condition }) => condition !== false));
      return [
        ...addressPools.map(({ name }, pool) => checkName(name, pool)),
        ...checkEachOnce(
          addressPools,
          (_, pool) => pathOf(pool),
          ({ name }, { value, by }, own) => ({
            condition: not(equal(name, value.name)),
            message: `${own}.name ${formatValue(name)} is that of ${by} already; write another one`,
          }),
        ),
        ...blocks.flatMap(({ form }) => form),
        // A block that is too large has many addresses that are taken.
        ...readable.flatMap(({ path, block }) =>
          firstViolation([
            ...checkOrder(path, block),
            ...checkUnicast(path, block),
            ...taken.flatMap((each) => checkNotContained(path, block, each)),
          ]),
        ),
        ...checkEachOnce(
          readable,
          ({ path }) => path,
          ({ block }, { value, by }, own) => ({
            condition: not(overlap(addressesOf(block), addressesOf(value.block))),
            message: `${own} has addresses of ${by}; leave them out in one of the two`,
          }),
        ),
      ];
    },
  },
  {
    id: "address-pool-family",
    requirement:
      "the addresses of a pool are of a family that the cluster has, and Cilium announces those of IPv6 from 1.19 on",
    reason: "no service gets an IP of another family, and no client reaches an IP that is not announced",
    source: "https://docs.cilium.io/en/stable/network/l2-announcements/#limitations",
    checks: ({ l2Announcements: { addressPools = [] } = {}, version, values }) =>
      addressPools.flatMap(({ blocks }, pool) =>
        blocks.flatMap((block, index) => checkFamily(`${pathOf(pool)}.blocks[${index}]`, block, version, values)),
      ),
  },
  {
    id: "l2-interfaces",
    requirement: "the network devices to announce at are regular expressions in Go's syntax",
    reason: "Cilium announces nothing if one of them is invalid",
    source: "https://docs.cilium.io/en/stable/network/l2-announcements/#interfaces",
    checks: ({ l2Announcements: { interfaces = [] } = {} }) =>
      interfaces.map((name, index) => ({
        // No name of a network device has blanks, and without a character it is all of them.
        condition: and(matches(name, /^[!-~]+$/), isGoPattern(name)),
        message: `l2Announcements.interfaces[${index}] ${formatValue(name)} is not a regular expression in Go's syntax; write one such as "^eth[0-9]+"`,
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
    requirement: "an address pool has no addresses of the subnets of pods and services",
    reason: "a service may get an IP that a pod or another service already has",
    source: "https://docs.cilium.io/en/stable/network/lb-ipam/",
    severity: "warning",
    checks: ({ l2Announcements: { addressPools = [] } = {}, subnets }) =>
      addressPools.flatMap(({ blocks }, pool) =>
        blocks.flatMap((block, index) =>
          subnets.map((each) => ({
            condition: not(hasAddressOf(block, each)),
            message: `${pathOf(pool)}.blocks[${index}] has addresses of the ${each.of}, ${isUnknown(each.subnets) ? formatValue(each.subnets) : each.subnets.map(formatValue).join(" and ")}; write addresses of the local network`,
          })),
        ),
      ),
  },
];

function hasAddressOf(block: AddressBlock, { subnets }: Subnets): Condition {
  // What cannot be read is refused.
  if (checkForm("", block).some(({ condition }) => condition === false)) return false;
  if (block.cidr !== undefined) return overlapsAny(block.cidr, subnets);
  if (isUnknown(subnets)) return or(isInAnySubnet(block.start, subnets), isInAnySubnet(block.stop, subnets));
  return or(
    ...subnets
      .filter((subnet) => isCidr(subnet) !== false)
      .map((subnet) => overlap(addressesOf(block), rangeOf(subnet))),
  );
}

const pathOf = (pool: number): string => `l2Announcements.addressPools[${pool}]`;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const checkName = (name: string, pool: number): Check => ({
  condition: and(
    matches(name, /^.{1,253}$/),
    matches(name, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/),
  ),
  message: `${pathOf(pool)}.name ${formatValue(name)} is not a name in Kubernetes; write at most 253 lower-case letters, digits, hyphens and dots, as in "lan"`,
});

function checkForm(path: string, { cidr, start, stop }: AddressBlock): Check[] {
  const ends = [start, stop].filter((end) => end !== undefined);
  return [
    {
      condition: ends.length === (cidr === undefined ? 2 : 0),
      message: `${path} is neither a CIDR nor a range; write ${example}`,
    },
    ...ifSet(cidr, (cidr) => ({
      condition: isCidr(cidr),
      message: `${path}.cidr ${formatValue(cidr)} is not a CIDR; write ${example}`,
    })),
    ...ends.map((end) => ({
      condition: isAddress(end),
      message: `${path} has ${formatValue(end)}, which is not an address; write ${example}`,
    })),
  ];
}

function checkFamily(path: string, block: AddressBlock, version: string, values: ChartValues): Check[] {
  if (checkForm(path, block).some(({ condition }) => condition === false)) return [];
  const ofIpv6 = isIpv6(block.cidr ?? block.start);
  const has = (family: "ipv4" | "ipv6") => valueAt(values, [family, "enabled"]);
  return firstViolation([
    {
      condition: or(
        not(ofIpv6),
        equal(
          byCiliumMinor(version, ({ announcesIpv6 }) => announcesIpv6),
          true,
        ),
      ),
      message: `${path} has IPv6 addresses, which Cilium ${formatValue(version)} does not announce; write IPv4 addresses, or a version of 1.19 or later`,
    },
    {
      condition: or(not(ofIpv6), equal(has("ipv6"), true)),
      message: `${path} has IPv6 addresses, and the cluster has no IPv6; write IPv4 addresses`,
    },
    {
      condition: or(ofIpv6, not(equal(has("ipv4"), false))),
      message: `${path} has IPv4 addresses, and the cluster has no IPv4; write IPv6 addresses`,
    },
  ]);
}

function checkOrder(path: string, { start, stop }: AddressBlock): Check[] {
  if (start === undefined || stop === undefined) return [];
  const range = `${path} goes from ${formatValue(start)} to ${formatValue(stop)}`;
  return [
    {
      condition: sameFamily(start, stop),
      message: `${range}, which are of two families; write both of IPv4 or both of IPv6`,
    },
    {
      condition: or(not(sameFamily(start, stop)), notAfter(start, stop)),
      message: `${range}, which comes before it; write the first address as start`,
    },
  ];
}

/** Addresses that a machine has to itself or that are of many, of IPv4 and of IPv6. */
const ofNoMachine = new RegExp(`^(127[.]|${nonUnicast})`, "i");

const checkUnicast = (path: string, { cidr, start, stop }: AddressBlock): Check[] =>
  [cidr, start, stop].flatMap((address) =>
    ifSet(address, (address) => ({
      condition: not(matches(normalAddress(address), ofNoMachine)),
      message: `${path} has ${formatValue(address)}, which is loopback, multicast or no address of a machine; write addresses of the local network`,
    })),
  );

const checkNotContained = (path: string, block: AddressBlock, { by, address }: Taken): Check[] =>
  // What is no address another rule refuses.
  isAddress(address) === false
    ? []
    : [
        {
          condition: not(overlap(addressesOf(block), [address, address])),
          message: `${path} contains ${by}, ${formatValue(address)}; leave that out`,
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
