import { hostIn } from "../network/https-endpoint";
import { isInAnySubnet, isReachable, withoutPrefix } from "../network/ip-address";
import { and, type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { expression, lowerCase } from "../rules/expression";
import { formatValue, toTokenString } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import type { TalosMachine } from "./machine";
import { addressesOf } from "./network-claims";
import type { Member } from "./node";
import { asNetwork } from "./node-endpoint";

/** The URL of the Kubernetes API, and the machines that it may lead to. */
interface ApiEndpoint {
  readonly endpoint?: string;
  readonly virtualAddress?: string;
  readonly members: readonly Pick<Member, "path" | "role" | "machine">[];
  /** At which port the control plane nodes serve it; Terraform alone may know. */
  readonly port: unknown;
}

const source = talosDocs("getting-started/prodnotes");

export const rules: readonly Rule<ApiEndpoint>[] = [
  {
    id: "api-endpoint",
    requirement:
      "the endpoint leads to the Kubernetes API: to the virtual IP or the only control plane at port 6443, or to a load balancer",
    reason: "nothing would answer there, or only as long as one machine of several runs",
    source,
    checks: ({ endpoint, virtualAddress, members, port }) =>
      ifSet(endpoint, (endpoint) => {
        const host = hostIn(endpoint);
        return [
          checkReachable(endpoint, host),
          ...gatewaysOf(members).map((gateway) => ({
            condition: not(isOneOf(host, [gateway])),
            message: `endpoint ${formatValue(endpoint)} is at a gateway of the nodes, ${formatValue(gateway)}; write the virtual IP or a load balancer, for a load balancer on the router, by its name or at another address`,
          })),
          ...members.flatMap((member) => checkMembers({ endpoint, members, port }, host, member)),
          ...ifSet(virtualAddress, (virtual) =>
            checkPort({ endpoint, port }, isOneOf(host, [virtual]), "the virtual IP"),
          ),
        ];
      }),
  },
  {
    id: "api-endpoint-port",
    requirement: "the endpoint has a port",
    reason: "without one it is 443, and the Kubernetes API of a node is at 6443",
    source,
    severity: "warning",
    checks: ({ endpoint, virtualAddress, members }) =>
      ifSet(endpoint, (endpoint) => {
        const host = hostIn(endpoint);
        const machines = members.flatMap(({ machine }) => addressesOfMachine(machine));
        const own = virtualAddress === undefined ? machines : [...machines, virtualAddress];
        // In a condition for reading, an address is one in its own spelling alone.
        const isOwn = own.some(isUnknown) ? expression`contains(${own}, ${host})` : isOneOf(host, own);
        return {
          // What is no URL, or at a node's own address, is refused.
          condition: or(equal(host, ""), matches(endpoint, /:[0-9]+$/), isOwn),
          message: `endpoint ${formatValue(endpoint)} has no port, so 443 is used; write ":6443" behind it, or ":443" if a load balancer listens there`,
        };
      }),
  },
];

/** Checks that other machines can reach the host. */
const checkReachable = (endpoint: string, host: string): Check => ({
  condition: and(not(equal(lowerCase(host), "localhost")), isReachable(host)),
  message: `endpoint ${formatValue(endpoint)} cannot be reached from other machines; write an address or a name that all nodes reach`,
});

function checkMembers(
  { endpoint, members, port }: ApiEndpoint & { readonly endpoint: string },
  host: string,
  { path, role, machine }: ApiEndpoint["members"][number],
): Check[] {
  const isAt = isOneOf(host, addressesOfMachine(machine));
  if (role === "worker") {
    return [
      {
        condition: not(isAt),
        message: `endpoint ${formatValue(endpoint)} is at ${path}, a worker, which has no Kubernetes API; write the virtual IP or a load balancer of the control plane nodes`,
      },
    ];
  }
  if (members.filter((each) => each.role === "controlplane").length === 1) {
    return [checkPort({ endpoint, port }, isAt, path)];
  }
  return [
    {
      condition: not(isAt),
      message: `endpoint ${formatValue(endpoint)} is at ${path} only, and fails with it; write the virtual IP or a load balancer of the control plane nodes`,
    },
  ];
}

const checkPort = (
  { endpoint, port }: { readonly endpoint: string; readonly port: unknown },
  isAt: Condition,
  index: string,
): Check => ({
  // That no URL has such a port another rule tells.
  condition: or(not(isAt), /:0*$/.test(endpoint), endsWith(endpoint, port)),
  message: `endpoint ${formatValue(endpoint)} is at ${index}, where the Kubernetes API is at port ${toTokenString(port)}; write ":${toTokenString(port)}" behind the address`,
});

const endsWith = (endpoint: string, port: unknown): Condition =>
  isUnknown(port)
    ? expression`endswith(${endpoint}, join(":", ["", ${port}]))`
    : matches(endpoint, new RegExp(`:${port}$`));

const isOneOf = (host: string, addresses: readonly string[]): Condition =>
  isInAnySubnet(host, addresses.map(asNetwork));

const addressesOfMachine = (machine: TalosMachine): string[] =>
  addressesOf("", machine).map(({ address }) => withoutPrefix(address));

const gatewaysOf = (members: ApiEndpoint["members"]): string[] => [
  ...new Set(
    members.flatMap(({ machine: { gateway, interfaces = [] } }) =>
      [gateway, ...interfaces.flatMap(({ gateways = [] }) => gateways)].filter((each) => each !== undefined),
    ),
  ),
];
