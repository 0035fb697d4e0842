import type { Construct } from "constructs";
import type { EarlierClaim } from "../../rules/claims";
import { equal, isUnknown } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { checkEachOnce, checkOnce } from "../../rules/once";
import { setPropPath } from "../../rules/prop-path";
import type { Rule } from "../../rules/rule";
import type { ProxmoxConnection } from "../connection";
import { type ClaimedDevice, checkNotClaimed, checkNotDivided, claimDevice, pciDeviceOnce } from "./claimed-device";
import { addressesOf, checkOneFunction, type Gpu, mdevOneFunction } from "./gpu";
import type { PlacedDevice } from "./host-device";
import { checkMappingName, mappingName, mappingNamePattern } from "./mapping-name";
import {
  checkSharedUse,
  claimMappingName,
  type MappingUse,
  mappingMediated,
  mappingNamed,
  PciMapping,
} from "./pci-mapping";

/** What the GPUs of a VM are on its host and in its cluster, where others may want the same. */
interface Passthrough {
  /** The GPUs, those with a mapping made by the mapping's name. */
  readonly gpus: readonly Gpu[];
  /** The mappings made for them. */
  readonly pciMappings: readonly PciMapping[];
  /** The devices of those given by address, with what others have taken before. */
  readonly claimedDevices: readonly ClaimedSlot[];
  /** The mappings of the others, with what is known of their names before. */
  readonly mappingUses: readonly MappingSlot[];
  /** Where all of them are on the VM's node, as far as the app knows. */
  readonly knownDevices: readonly PlacedDevice[];
  /** The mappings among them that the app does not make. */
  readonly existingMappings: readonly { readonly path: string; readonly name: string }[];
}

interface ClaimedSlot extends ClaimedDevice {
  readonly slot: number;
  readonly previousClaims: readonly EarlierClaim<ClaimedDevice>[];
}

interface MappingSlot {
  readonly slot: number;
  readonly node: string;
  readonly name: string;
  readonly mdev?: string;
  readonly isMediated: boolean;
  /** The mapping, where it is one of this app. */
  readonly mapping?: PciMapping;
  readonly previousClaims: readonly EarlierClaim<MappingUse>[];
}

/** What a VM passes through, and the VM's path in the app. */
export interface PassedThrough extends Pick<Passthrough, "claimedDevices" | "mappingUses"> {
  readonly path: string;
}

export const rules: readonly Rule<PassedThrough>[] = [
  {
    ...mappingName,
    checks: ({ mappingUses }) =>
      mappingUses.flatMap(({ name, mapping, slot }) =>
        mapping ? [] : checkMappingName(`gpus[${slot}].mapping`, name),
      ),
  },
  {
    ...pciDeviceOnce,
    checks: ({ path, claimedDevices, mappingUses }) => [
      ...[checkNotClaimed, checkNotDivided].flatMap((check) => [
        ...claimedDevices.flatMap((item) =>
          checkOnce(path, item.previousClaims, (other) => check(nameOf(item), item, other)),
        ),
        ...checkEachOnce(
          claimedDevices,
          ({ slot }) => `gpus[${slot}]`,
          (item, other) => check(nameOf(item), item, other),
        ),
      ]),
      ...checkSharedUses(mappingUses).map(({ once }) => once),
    ],
  },
  {
    id: "mapping-devices",
    requirement: "a mapping has a device on the node of a VM for each GPU that uses it there",
    reason: "a VM starts only if a device of the mapping is free",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping",
    checks: ({ mappingUses }) =>
      withPreviousClaims(mappingUses).flatMap(
        ({ item: { slot, name, node, mapping, isMediated, previousClaims }, before }) => {
          const named = previousClaims.filter(({ value }) => equal(value.name, name) === true);
          const { devices } = mapping ?? named.find(({ value }) => value.made)?.value.made ?? {};
          const isHere = (device: { readonly node?: string }) => equal(device.node, node) === true;
          const here = devices?.filter(isHere).length ?? 0;
          // Who has the only device of a mapping is told by another rule.
          if (!devices || isMediated || (here === 1 && devices.length === 1)) return [];
          const own = before.filter(({ value }) => value.name === name);
          const users = [...named, ...own]
            .filter(({ value }) => isHere(value) && !("made" in value))
            .map(({ by }) => by);
          const free =
            users.length > 0
              ? `no free device on ${formatValue(node)}: ${[...new Set(users)].join(" and ")} use what there is`
              : `no device on ${formatValue(node)}`;
          return {
            condition: users.length < here,
            message: `gpus[${slot}].mapping ${formatValue(name)} has ${free}; add one to the mapping, or choose another node for the VM`,
          };
        },
      ),
  },
  { ...mappingMediated, checks: ({ mappingUses }) => checkSharedUses(mappingUses).map(({ alike }) => alike) },
  {
    ...mdevOneFunction,
    checks: ({ mappingUses }) =>
      mappingUses.flatMap(({ slot, mdev, mapping }) =>
        mdev === undefined || !mapping
          ? []
          : mapping.devices.flatMap(({ addresses }) =>
              addresses.length === 0 ? [] : checkOneFunction(mdev, slot, addresses),
            ),
      ),
  },
];

const nameOf = ({ slot, address }: ClaimedSlot): string => `gpus[${slot}].address ${formatValue(`${address}`)}`;

/** Each with those in the slots before it, as if they were claims. */
const withPreviousClaims = <Item extends { readonly slot: number }>(items: readonly Item[]) =>
  items.map((item, index) => ({
    item,
    before: items.slice(0, index).map((value) => ({ value, by: `gpus[${value.slot}]` })),
  }));

/** The GPUs of mappings that are created, each of one device, with every other GPU of the same. */
const checkSharedUses = (mappingUses: readonly MappingSlot[]) =>
  withPreviousClaims(mappingUses).flatMap(({ item, before }) => {
    const mappings = item.previousClaims.filter(({ value }) => value.made?.devices.length === 1);
    const uses = item.previousClaims.filter(({ value }) => !value.made);
    return mappings.flatMap(({ value }) =>
      [...before, ...uses].map((other) =>
        checkSharedUse(`gpus[${item.slot}].mapping ${formatValue(item.name)}`, value.name, item, other),
      ),
    );
  });

/** Makes the mappings that the GPUs ask for, and claims the devices and the names for the VM. */
export function passThrough(
  vm: Construct,
  gpus: readonly Gpu[],
  node: string,
  connection: ProxmoxConnection | undefined,
): Passthrough {
  if (!connection)
    return { gpus, pciMappings: [], claimedDevices: [], mappingUses: [], knownDevices: [], existingMappings: [] };
  const mappings = mappingsOf(vm, gpus, node, connection);
  const claimedDevices = gpus.flatMap((gpu, slot) =>
    addressesOf(gpu).map((address) => {
      const device = { address, isMediated: gpu.mdev !== undefined };
      const previousClaims = claimDevice(connection, node, device, vm);
      return { ...device, slot, previousClaims };
    }),
  );
  const mappingUses = gpus.flatMap(({ mapping: given, mdev }, slot) => {
    const mapping = mappings[slot];
    const name = mapping?.givenName ?? given;
    if (typeof name !== "string") return [];
    const use = { name, node, isMediated: mdev !== undefined };
    const previousClaims = claimMappingName(connection, use, vm);
    for (const { value } of previousClaims) if (equal(value.name, name) === true) value.made?.useFor(use);
    return [{ ...use, mdev, slot, mapping, previousClaims }];
  });
  return {
    gpus: gpus.map((gpu, slot) => withName(gpu, mappings[slot])),
    pciMappings: [...new Set(mappings)].filter((mapping) => mapping?.node.scope === vm) as PciMapping[],
    claimedDevices,
    mappingUses,
    knownDevices: [
      ...claimedDevices.map(({ slot, address, isMediated }) => ({
        path: `gpus[${slot}].address`,
        address,
        isMediated,
      })),
      ...mappingUses.flatMap(({ slot, mapping, isMediated }) =>
        devicesOn(mapping, node).map((device) => ({
          ...device,
          path: `gpus[${slot}].mapping`,
          isMediated,
          isMapped: true,
        })),
      ),
    ],
    existingMappings: mappingUses.flatMap(({ slot, name, mapping }) =>
      mapping ? [] : { path: `gpus[${slot}].mapping`, name },
    ),
  };
}

/** The mapping's devices on the node. */
const devicesOn = (mapping: PciMapping | undefined, node: string) =>
  (mapping?.devices ?? [])
    .filter((device) => equal(device.node, node) === true)
    .flatMap(({ addresses, deviceId }) => addresses.map((address) => ({ address, deviceId })));

/** The mapping of each GPU that is made by this app, or is now: once for each description. */
function mappingsOf(
  vm: Construct,
  gpus: readonly Gpu[],
  node: string,
  connection: ProxmoxConnection,
): readonly (PciMapping | undefined)[] {
  const made = new Map<string, PciMapping>();
  return gpus.map(({ mapping }, slot) => {
    if (mapping === undefined || mapping instanceof PciMapping) return mapping;
    if (typeof mapping === "string") return mappingNamed(vm, mapping);
    const { name, address, deviceId, subsystemId, iommuGroup, alternatives } = mapping;
    const description = JSON.stringify([name, address, deviceId, subsystemId, iommuGroup, alternatives]);
    const same = made.get(description);
    if (same) return same;
    const id = isFreeId(vm, name) ? name : `${vm.node.id}_gpu${slot}`;
    setPropPath(vm, id, { prefix: `gpus[${slot}].mapping`, elsewhere: { connection: "connection", node: "node" } });
    const ours = new PciMapping(vm, id, { ...mapping, connection, node });
    made.set(description, ours);
    return ours;
  });
}

/** Whether the name of a mapping can be its id beneath the VM, whose resource is made later. */
const isFreeId = (vm: Construct, name: string): boolean =>
  !isUnknown(name) && mappingNamePattern.test(name) && name !== "Resource" && !vm.node.tryFindChild(name);

const withName = (gpu: Gpu, mapping: PciMapping | undefined): Gpu =>
  mapping && gpu.address === undefined ? { ...gpu, mapping: mapping.name } : gpu;
