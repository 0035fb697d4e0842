import { Fn, Token } from "cdktf";
import { isIpv6 } from "../network/ip-address";
import { isUnknown } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";

/** One value for an address of IPv6 and another for one of IPv4; Terraform chooses where only it knows the address. */
export function byFamily<Value>(address: string, { ipv6, ipv4 }: { readonly ipv6: Value; readonly ipv4: Value }) {
  const ofIpv6 = isIpv6(address);
  if (typeof ofIpv6 === "boolean") return ofIpv6 ? ipv6 : ipv4;
  const [one, other] = [ipv6, ipv4].map((value) => (typeof value === "string" ? asFunctionArgument(value) : value));
  return Fn.conditional(ofIpv6, one, other) as Value;
}

/** Port at which control plane nodes, and whoever has the virtual IP, serve the Kubernetes API unless a patch says otherwise. */
export const apiPort = 6443;

/** The URL of the Kubernetes API at the address: one of IPv6 stands in brackets. */
export const asEndpoint = (address: string): string =>
  `https://${text(byFamily(address, { ipv6: `[${address}]`, ipv4: address }))}:${apiPort}`;

/** The network of this address alone. */
export const asNetwork = (address: string): string =>
  text(byFamily(address, { ipv6: `${address}/128`, ipv4: `${address}/32` }));

const text = (value: unknown): string => (isUnknown(value) ? Token.asString(value) : (value as string));
