import { movedSubnets } from "../constructs/talos/cluster-subnets";
import type { HostBridge } from "./node";

/** An address for a machine in the subnet of a bridge. */
export interface ProposedAddress {
  /** With prefix length. */
  readonly address: string;
  readonly gateway: string;
  /** Whether the network is the bridge's own, and not an example. */
  readonly isOfBridge: boolean;
  /** Subnets for pods or services, by their key in the machine configuration, where Talos's own have addresses of the bridge. */
  readonly movedSubnets?: Readonly<Record<string, readonly string[]>>;
}

const example: ProposedAddress = { address: "192.168.1.50/24", gateway: "192.168.1.1", isOfBridge: false };

/** How many addresses are tried. */
const tries = 20;

/**
 * Near the host's own address: number 50 of its network, or the next that is free as far as can be seen.
 *
 * @param used addresses of guests
 * @param answers whether a machine answers at an address
 */
export async function freeAddressIn(
  bridge: HostBridge,
  used: readonly string[],
  answers: (address: string) => Promise<boolean>,
): Promise<ProposedAddress> {
  const taken = [...used];
  for (let count = 0; count < tries; count += 1) {
    const proposed = addressIn(bridge, taken);
    const [address = ""] = proposed.address.split("/");
    if (!proposed.isOfBridge || taken.includes(address) || !(await answers(address))) return proposed;
    taken.push(address);
  }
  // Where all answer, something answers for others, such as a proxy.
  return addressIn(bridge, used);
}

/** The first address from number 50 of the bridge's network that is not used. */
export function addressIn({ cidr, gateway }: HostBridge, used: readonly string[] = []): ProposedAddress {
  const [own, prefix] = [numberOf(cidr?.split("/")[0]), Number(cidr?.split("/")[1])];
  const router = numberOf(gateway);
  if (own === undefined || router === undefined || !(prefix >= 8 && prefix <= 29)) return example;
  const size = 2 ** (32 - Math.max(prefix, 24));
  const network = own - (own % size);
  const places = Array.from({ length: size - 2 }, (_, place) => network + 1 + ((place + 49) % (size - 2)));
  const taken = new Set([own, router, ...used.map(numberOf)]);
  const free = places.find((place) => !taken.has(place)) ?? own;
  const address = `${textOf(free)}/${prefix}`;
  return { address, gateway: textOf(router), isOfBridge: true, movedSubnets: movedSubnets(address) };
}

function numberOf(address: string | undefined): number | undefined {
  if (address === undefined || !/^\d+([.]\d+){3}$/.test(address)) return undefined;
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

const textOf = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
