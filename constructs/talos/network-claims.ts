import { Construct } from "constructs";
import { claimIpAddresses, claimMacAddresses, type Located } from "../network/address-once";
import type { Check } from "../rules/rule";
import type { TalosMachine } from "./machine";
import type { Member } from "./node";

/** The messages about addresses of a machine that another network device of the app has. */
export interface SameAddresses {
  readonly sameIpAddresses: readonly Check[];
  readonly sameMacAddresses: readonly Check[];
}

/** Claims the addresses of a machine that is no construct, which claims its own. */
export const claimAddressesOf = ({ path, machine }: Member, by: Construct, cluster: Construct): SameAddresses => ({
  sameIpAddresses: [
    ...claimIpAddresses(by, { kind: "node" }, addressesOf(path, machine).slice(0, 1)),
    ...claimIpAddresses(by, { kind: "device" }, addressesOf(path, machine).slice(1)),
  ],
  sameMacAddresses: claimMacAddresses(
    by,
    { kind: "device", cluster: cluster.node.path },
    macAddressesOf(path, machine),
  ),
});

/** Claims the address that the control plane nodes share; a rule of the cluster compares it with those of its machines. */
export function claimVirtualAddress(
  cluster: Construct,
  { virtualAddress, members }: { readonly virtualAddress?: string; readonly members: readonly Member[] },
): Check[] {
  if (virtualAddress === undefined) return [];
  const machines = members.flatMap(({ machine }) => (Construct.isConstruct(machine) ? [machine.node.path] : []));
  return claimIpAddresses(cluster, { kind: "virtual", machines }, [
    { path: "virtualAddress", address: virtualAddress },
  ]);
}

/** The addresses of a machine, the first of which is the one that its cluster knows it by. */
export function addressesOf(path: string, { address, interfaces = [] }: TalosMachine): Located[] {
  const own = address === undefined ? [] : [{ path: `${path}.address`, address }];
  const further = interfaces.flatMap(({ addresses }, index) =>
    addresses.map((each, which) => ({ path: `${path}.interfaces[${index}].addresses[${which}]`, address: each })),
  );
  return [...own, ...further.filter((each) => each.address !== address)];
}

const macAddressesOf = (path: string, { macAddress, interfaces = [] }: TalosMachine): Located[] =>
  Object.entries({
    macAddress,
    ...Object.fromEntries(interfaces.map((each, index) => [`interfaces[${index}].macAddress`, each.macAddress])),
  }).flatMap(([prop, address]) => (address === undefined ? [] : [{ path: `${path}.${prop}`, address }]));
