import { isOn, takes } from "../constructs/proxmox/host/host-storage";
import { imageRoom } from "../constructs/proxmox/host/image-storage";
import { leastTalosGiB } from "../constructs/proxmox/vm/disk";
import type { HostBridge, HostNode, HostStorage } from "./node";

export type Content = Parameters<typeof takes>[1];

/** Bytes that a stack needs of a storage, by what it keeps there. */
export const roomFor = (content: Content): number => (content === "import" ? imageRoom : leastTalosGiB * 1024 ** 3);

export const takers = (storages: readonly HostStorage[], content: Content): HostStorage[] =>
  storages.filter((storage) => isOn(storage) === true && takes(storage, content) === true);

/** The storage with the most room of those that take such content. */
export const bestStorage = ({ storages }: Pick<HostNode, "storages">, content: Content): HostStorage | undefined =>
  takers(storages, content)
    .filter(({ available }) => available >= roomFor(content))
    .sort((one, other) => other.available - one.available)[0];

/** The one by which the node itself is reached, which VMs can be reached by too. */
export const bridgeOf = (bridges: readonly HostBridge[]): HostBridge | undefined =>
  bridges.find(({ cidr, gateway }) => cidr && gateway) ?? bridges[0];
