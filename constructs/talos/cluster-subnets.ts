import { Token } from "cdktf";
import { isIpv6, overlapsAny } from "../network/ip-address";
import { isUnknown } from "../rules/condition";
import { ownSubnets, type TalosPatch } from "./patch/patch";
import { patchedValue } from "./patch/patched-value";

/** Keys of `cluster.network` in the machine configuration. */
type Key = keyof typeof ownSubnets;

/** Subnets of which pods or services have their addresses. */
export interface ClusterSubnets {
  readonly key: Key;
  /** Whose they are, for messages. */
  readonly of: "pods" | "services";
  /** Terraform alone may know them. */
  readonly subnets: readonly string[];
  /** Whether a patch has put them in the place of Talos's own. */
  readonly isPatched: boolean;
}

/** The subnets of the pods and of the services, as a node of the address has them after these patches. */
export const subnetsOf = (address: string, patches: readonly TalosPatch[]): readonly ClusterSubnets[] => [
  { key: "podSubnets", of: "pods", ...patched("podSubnets", address, patches) },
  { key: "serviceSubnets", of: "services", ...patched("serviceSubnets", address, patches) },
];

/** Those of both families for an address that Terraform alone knows: an address of the one is in none of the other. */
function ownOf(key: Key, address: string): readonly string[] {
  const { ipv4, ipv6 } = ownSubnets[key];
  if (isUnknown(address)) return [...ipv4, ...ipv6];
  return isIpv6(address) === true ? ipv6 : ipv4;
}

/** A list of a later patch takes the place of the one before. */
function patched(key: Key, address: string, patches: readonly TalosPatch[]) {
  const { value, isPatched } = patchedValue(patches, ["cluster", "network", key], ownOf(key, address));
  return { subnets: value === undefined ? ownSubnets[key].ipv4 : asList(value), isPatched };
}

/** What a patch sets; anything but a list Talos refuses. */
function asList(set: unknown): readonly string[] {
  if (isUnknown(set)) return Token.asList(set);
  if (!Array.isArray(set)) return [];
  return set.flatMap((each) => (isUnknown(each) ? Token.asString(each) : typeof each === "string" ? each : []));
}

/** Subnets to put in the place of Talos's own, of which the first that no machine is in is proposed. */
const proposals: Readonly<Record<Key, { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] }>> = {
  podSubnets: { ipv4: ["10.42.0.0/16", "172.20.0.0/16"], ipv6: ["fd00:10:42::/56", "fd00:172:20::/56"] },
  serviceSubnets: { ipv4: ["10.43.0.0/16", "172.21.0.0/16"], ipv6: ["fd00:10:43::/112", "fd00:172:21::/112"] },
};

/** A subnet for pods or services that has no address of these machines, given with their prefix length. */
export function proposedSubnet(key: Key, cidrs: readonly string[]): string {
  const { ipv4, ipv6 } = proposals[key];
  const proposed =
    cidrs.some((cidr) => isIpv6(cidr) === true) && cidrs.every((cidr) => isIpv6(cidr) !== false) ? ipv6 : ipv4;
  const [first = "", ...others] = proposed;
  return (
    [first, ...others].find(
      (subnet) =>
        overlapsAny(
          subnet,
          cidrs.filter((cidr) => !isUnknown(cidr)),
        ) === false,
    ) ?? first
  );
}

/** Subnets in the place of those of Talos's own for IPv4 that have addresses of the machine's subnet; undefined if none has. */
export function movedSubnets(cidr: string): Readonly<Record<string, readonly string[]>> | undefined {
  const keys = (["podSubnets", "serviceSubnets"] as const).filter(
    (key) => overlapsAny(cidr, ownSubnets[key].ipv4) === true,
  );
  return keys.length === 0 ? undefined : Object.fromEntries(keys.map((key) => [key, [proposedSubnet(key, [cidr])]]));
}
