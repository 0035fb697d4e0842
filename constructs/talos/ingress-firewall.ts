import { Fn, Token } from "cdktf";
import { isCidr } from "../network/ip-address";
import { checkEachSubnet } from "../network/subnet";
import { nonEmptyListOf, objectOf, required, string } from "../props/schema";
import { asFunctionArgument } from "../rules/expression";
import { ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { asNetwork } from "./node-endpoint";
import type { TalosPatch } from "./patch/patch";

/** Talos's own firewall: the nodes accept connections from the management subnets and from each other only. */
export interface TalosFirewall {
  /**
   * IP addresses, or subnets, that reach the APIs of Talos and Kubernetes. The machine that deploys has to be in one of them.
   */
  readonly management: readonly string[];
}

export const schema = objectOf<TalosFirewall>({
  management: required(nonEmptyListOf(string, '"192.168.20.0/24"')),
});

export const rules: readonly Rule<{ readonly firewall?: TalosFirewall }>[] = [
  {
    id: "firewall-management",
    requirement: "Talos's firewall admits IP addresses or subnets",
    reason: "Talos refuses the configuration otherwise",
    source: talosDocs("networking/ingress-firewall"),
    checks: ({ firewall }) => ifSet(firewall, ({ management }) => checkEachSubnet("firewall.management", management)),
  },
];

const document = { apiVersion: "v1alpha1" };

const admission = (
  name: string,
  protocol: string,
  ports: readonly (number | string)[],
  subnets: readonly string[],
) => ({
  ...document,
  kind: "NetworkRuleConfig",
  name,
  portSelector: { ports, protocol },
  ingress: subnets.map((subnet) => ({ subnet })),
});

/**
 * The patches of all nodes. Cilium passes packets for pods and services on before Talos's firewall sees them.
 *
 * @param nodes addresses of the nodes, without prefix length
 */
export function firewallPatches({ management }: TalosFirewall, nodes: readonly string[]): TalosPatch[] {
  const others = nodes.map(asNetwork);
  return [
    { ...document, kind: "NetworkDefaultActionConfig", ingress: "block" },
    admission("management", "tcp", [6443, 50000], management.map(asSubnet)),
    ...(nodes.length > 1 ? ["tcp", "udp"].map((each) => admission(`nodes-${each}`, each, ["1-65535"], others)) : []),
  ];
}

/** An IP address as a subnet; Terraform chooses where only it knows which of both it is. */
function asSubnet(address: string): string {
  const isSubnet = isCidr(address);
  if (typeof isSubnet === "boolean") return isSubnet ? address : asNetwork(address);
  return Token.asString(Fn.conditional(isSubnet, asFunctionArgument(address), asNetwork(address)));
}
