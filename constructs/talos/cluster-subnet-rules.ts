import { Token } from "cdktf";
import type { Located } from "../network/address-once";
import { hostIn } from "../network/https-endpoint";
import { isAddress, isCidr, isInAnySubnet, overlapsAny, sameFamily, withoutPrefix } from "../network/ip-address";
import { and, type Condition, isUnknown, not, or } from "../rules/condition";
import { expression, rawExpression } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { inWords } from "../rules/once";
import { type Check, firstViolation, ifSet, type Rule } from "../rules/rule";
import { type ClusterSubnets, proposedSubnet } from "./cluster-subnets";
import type { TalosMachine } from "./machine";
import { addressesOf } from "./network-claims";

/** A node, and the subnets of pods and services in its configuration. */
interface NodeSubnets {
  /** Where the props describe its machine, for messages. */
  readonly path: string;
  readonly machine: TalosMachine;
  readonly subnets: readonly ClusterSubnets[];
}

interface Subnets {
  readonly nodes: readonly NodeSubnets[];
  readonly virtualAddress?: string;
  /** URL of the Kubernetes API, where the props say so. */
  readonly endpoint?: string;
}

const source =
  "https://github.com/siderolabs/talos/blob/v1.13.9/internal/app/machined/pkg/controllers/k8s/nodeip_config.go";

export const rules: readonly Rule<Subnets>[] = [
  {
    id: "cluster-subnets",
    requirement:
      "no node, gateway, virtual IP or endpoint has an address in the subnets of pods and services, and subnets in a patch overlap neither each other nor the machines' own",
    reason: "Talos never takes such an address as the node's own: the kubelet does not start, and the apply times out",
    source,
    checks: ({ nodes, virtualAddress: virtual, endpoint: url }) => {
      const cidrs = nodes.flatMap(({ machine }) => addressesOf("", machine).map(({ address }) => address));
      const ofNodes = onceForAll(nodes.flatMap((node) => checkNodes(node, cidrs)));
      const shared = [
        ...(virtual === undefined ? [] : [{ path: "virtualAddress", address: virtual, host: virtual }]),
        ...(url === undefined ? [] : [{ path: "endpoint", address: url, host: hostIn(url) }]),
      ];
      // What moves the nodes out of the way moves what they share, too.
      const apart = ofNodes.some(({ condition }) => condition === false) ? [] : shared;
      const ofCluster = ({ subnets, machine }: NodeSubnets) => [
        ...apart.flatMap((each) => subnets.map((of) => asCheck(checkOutside(each, of, cidrs)))),
        ...checkPatches(subnets, machine.address),
      ];
      return [...ofNodes, ...nodes.slice(0, 1).flatMap(ofCluster)];
    },
  },
  {
    id: "dns-server-local",
    requirement: "a node has a DNS server outside of the subnets of pods and services",
    reason: "nothing answers there before Kubernetes runs, for which the node has to find its images",
    source,
    severity: "warning",
    checks: ({ nodes }) =>
      nodes.flatMap(({ path, machine: { dnsServers = [] }, subnets }) => {
        const isOfCluster = (server: string) => or(...subnets.map((of) => isIn(server, of)));
        return {
          condition: dnsServers.length === 0 || not(and(...dnsServers.map(isOfCluster))),
          message: `${path}.dnsServers has ${dnsServers.map(formatValue).join(" and ")} alone, in the subnets of pods and services; write a server of the local network`,
        };
      }),
  },
];

/** A check of one address, whose message is of several: where it is, what is wrong with it, and what to write. */
interface AddressCheck {
  readonly condition: Condition;
  readonly path: string;
  readonly subject: string;
  readonly problem: string;
  readonly advice: string;
}

const asCheck = ({ condition, subject, problem, advice }: AddressCheck, others: readonly string[] = []): Check => ({
  condition,
  message: `${subject}${others.length > 0 ? `, like ${inWords(others)},` : ""} ${problem}; ${advice}`,
});

/** That a subnet has the addresses of several machines is one mistake. */
function onceForAll(checks: readonly AddressCheck[]): Check[] {
  const broken = checks.filter(({ condition }) => condition === false);
  const isSame = (one: AddressCheck) => (other: AddressCheck) =>
    one.problem === other.problem && one.advice === other.advice;
  return checks.flatMap((each) => {
    if (each.condition !== false) return [asCheck(each)];
    const same = broken.filter(isSame(each));
    return same[0] === each
      ? [
          asCheck(
            each,
            same.slice(1).map(({ path }) => path),
          ),
        ]
      : [];
  });
}

const isIn = (address: string, { subnets }: ClusterSubnets): Condition => isInAnySubnet(address, subnets);

const listed = ({ subnets }: ClusterSubnets): string =>
  isUnknown(subnets) ? formatValue(subnets) : subnets.map(formatValue).join(" and ");

/** What to write to move the subnet, away from the machines' own. */
const move = ({ key }: ClusterSubnets, cidrs: readonly string[]): string =>
  `move it, as in configPatches: [{ cluster: { network: { ${key}: [${formatValue(proposedSubnet(key, cidrs))}] } } }]`;

/** Checks that an address is in no subnet of pods or services. */
const checkOutside = (
  { path, address, host }: Located & { readonly host: string },
  of: ClusterSubnets,
  cidrs: readonly string[],
): AddressCheck => ({
  condition: not(isIn(host, of)),
  path,
  subject: `${path} ${formatValue(address)}`,
  problem: `is in the subnet of the ${of.of}, ${listed(of)}`,
  advice: `choose another address, or ${move(of, cidrs)}`,
});

function checkNodes({ path, machine, subnets }: NodeSubnets, cidrs: readonly string[]): AddressCheck[] {
  const { gateway, interfaces = [] } = machine;
  const gateways = [
    ...(gateway === undefined ? [] : [{ path: `${path}.gateway`, address: gateway }]),
    ...interfaces.flatMap(({ gateways = [] }, index) =>
      gateways.map((address, which) => ({ path: `${path}.interfaces[${index}].gateways[${which}]`, address })),
    ),
  ];
  const own = addressesOf(path, machine);
  return subnets.flatMap((of) =>
    // What moves an address out of the way moves its gateway, too.
    firstViolation([
      ...[...own, ...gateways].map((each) => checkOutside({ ...each, host: withoutPrefix(each.address) }, of, cidrs)),
      ...(of.isPatched ? own.map((each) => checkNoOverlap(each, of, cidrs)) : []),
    ]),
  );
}

/** Checks that the subnet of an address has nothing in common with one that a patch writes. */
const checkNoOverlap = ({ path, address }: Located, of: ClusterSubnets, cidrs: readonly string[]): AddressCheck => ({
  condition: not(overlapsAny(address, of.subnets)),
  path,
  subject: `${path} ${formatValue(address)}`,
  problem: `has addresses of the ${of.of} in its subnet, ${listed(of)}`,
  advice: `write another subnet as cluster.network.${of.key} of the patches, such as ${formatValue(proposedSubnet(of.key, cidrs))}`,
});

/** Checks of subnets that a patch writes, for nodes of the address. */
function checkPatches(subnets: readonly ClusterSubnets[], address: string | undefined): Check[] {
  const patched = subnets.filter(({ isPatched }) => isPatched);
  const [pods, services] = subnets;
  return [
    ...patched.flatMap((of) =>
      (isUnknown(of.subnets) ? [] : of.subnets).map((subnet) => ({
        condition: isCidr(subnet),
        message: `cluster.network.${of.key} of the patches has ${formatValue(subnet)}, which is not a subnet; write it as in ${formatValue(proposedSubnet(of.key, []))}`,
      })),
    ),
    ...ifSet(address, (address) =>
      patched.map((of) => ({
        condition: or(not(isAddress(withoutPrefix(address))), hasFamilyOf(address, of)),
        message: `cluster.network.${of.key} of the patches is ${listed(of)}, and nodes such as ${formatValue(address)} have the other IP family; write a subnet of that family first`,
      })),
    ),
    ...(patched.length === 0 || pods === undefined || services === undefined
      ? []
      : [
          {
            condition: not(haveCommon(pods.subnets, services.subnets)),
            message: `cluster.network of the patches has pods in ${listed(pods)} and services in ${listed(services)}, which overlap; write subnets that do not`,
          },
        ]),
  ];
}

/** Whether pods, or services first of all, have addresses of the family, which Kubernetes takes from the first subnet. */
function hasFamilyOf(address: string, { key, subnets }: ClusterSubnets): Condition {
  const deciding = key === "serviceSubnets" ? "slice(subnets, 0, 1)" : "subnets";
  if (isUnknown(subnets)) {
    return expression`anytrue([for subnets in [${subnets}] : anytrue([for subnet in ${rawExpression(deciding)} : can(regex(":", subnet)) == can(regex(":", ${address}))])])`;
  }
  const own = key === "serviceSubnets" ? subnets.slice(0, 1) : subnets;
  return subnets.length === 0 ? true : or(...own.map((subnet) => sameFamily(subnet, address)));
}

/** Whether an address is in subnets of both lists. */
const haveCommon = (one: readonly string[], other: readonly string[]): Condition =>
  isUnknown(one)
    ? expression`anytrue([for own in ${one} : ${overlapsAny(Token.asString(rawExpression("own")), other)}])`
    : or(...one.map((each) => overlapsAny(each, other)));
