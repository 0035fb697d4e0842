import { rangeOf, subnetsOfRange } from "../../network/address-order";
import { isInAnySubnet, withoutPrefix } from "../../network/ip-address";
import { isPlainObject } from "../../props/plain-data";
import { isUnknown } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { hasPath } from "./effect";
import type { Configuration } from "./merge";
import type { GivenPatch } from "./protected-setting";

const keys = ["advertisedSubnets", "listenSubnets"];

/** Subnets for etcd in which the node has no address: etcd would wait for one for ever. */
export function etcdProblems(configuration: Configuration, patches: readonly GivenPatch[]): string[] {
  const addresses = addressesIn([...configuration.values()]);
  if (addresses === undefined || addresses.length === 0) return [];
  return keys.flatMap((key) => {
    const subnets = at(configuration.get(""), ["cluster", "etcd", key]);
    const last = patches.findLast(({ patch }) => hasPath(patch, ["cluster", "etcd", key]) === true);
    if (last === undefined || !isListOfText(subnets) || addresses.some((each) => isSelected(each, subnets))) return [];
    return [
      `${last.path} has cluster.etcd.${key} ${formatValue(subnets)}, and the node has no address in it: etcd would not start; ${adviceFor(addresses, subnets)}`,
    ];
  });
}

/** The same words for each node of a subnet, so that they are told once. */
function adviceFor(addresses: readonly string[], subnets: readonly string[]): string {
  const [one = ""] = addresses;
  const excluding = subnets.filter((each) => each.startsWith("!") && inSubnet(one, each.slice(1)));
  if (excluding.length > 0) return `leave ${excluding.map(formatValue).join(", ")} out`;
  return `add ${formatValue(one.includes("/") ? subnetsOfRange(rangeOf(one))[0] : one)}`;
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inside, key) => (isPlainObject(inside) ? inside[key] : undefined), value);

const isListOfText = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string" && !isUnknown(each));

/** As Talos filters: a `!` leaves a subnet out. What cannot be read is refused elsewhere. */
function isSelected(address: string, subnets: readonly string[]): boolean {
  const [included, excluded] = [false, true].map((isOut) =>
    subnets.filter((each) => each.startsWith("!") === isOut).map((each) => each.replace("!", "")),
  ) as [string[], string[]];
  const isIn = (list: readonly string[]) => list.some((each) => inSubnet(address, each));
  return (included.length === 0 || isIn(included)) && !isIn(excluded);
}

const inSubnet = (address: string, subnet: string): boolean =>
  isInAnySubnet(withoutPrefix(address), [
    subnet.includes("/") ? subnet : `${subnet}/${subnet.includes(":") ? 128 : 32}`,
  ]) !== false;

/** The static addresses of the documents; undefined if a DHCP server or Terraform may give others. */
function addressesIn(value: unknown, isAddress = false): string[] | undefined {
  if (isUnknown(value)) return isAddress ? undefined : [];
  if (typeof value === "string") return isAddress ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  const parts = Object.entries(value).map(([key, inside]) => {
    if ((key === "dhcp" && inside !== false) || (key === "kind" && /^DHCP/.test(String(inside)))) return undefined;
    if (["cluster", "kubelet", "kubespan", "routes", "peers"].includes(key)) return [];
    const isOne = ["addresses", "address", "cidr"].includes(key) || (isAddress && Array.isArray(value));
    return addressesIn(inside, isOne);
  });
  return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
}
