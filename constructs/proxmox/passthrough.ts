import type { Construct } from "constructs";
import { equal, isUnknown } from "../rules/condition";
import type { ProxmoxConnection } from "./connection";
import { addressesOf, type Gpu, type Taken, type Used } from "./gpu";
import { mappingNamePattern } from "./mapping-name";
import { mappingNamed, nameMapping, PciMapping } from "./pci-mapping";
import { takeDevice } from "./taken-device";

/** What a VM passes through. */
interface Passthrough {
  /** The GPUs, those with mappings made for them by the mapping's name. */
  readonly gpus: readonly Gpu[];
  readonly pciMappings: readonly PciMapping[];
  readonly taken: readonly Taken[];
  readonly used: readonly Used[];
}

/** Makes the mappings that the GPUs ask for, and claims the devices and the names for the VM. */
export function passThrough(
  vm: Construct,
  gpus: readonly Gpu[],
  node: string,
  connection: ProxmoxConnection | undefined,
): Passthrough {
  if (!connection) return { gpus, pciMappings: [], taken: [], used: [] };
  const mappings = mappingsOf(vm, gpus, node, connection);
  const taken = gpus.flatMap((gpu, slot) =>
    addressesOf(gpu).map((address) => {
      const device = { address, isMediated: gpu.mdev !== undefined };
      const earlier = takeDevice(connection, node, device, vm);
      return { ...device, slot, earlier };
    }),
  );
  const used = gpus.flatMap(({ mapping: given, mdev }, slot) => {
    const mapping = mappings[slot];
    const name = mapping?.givenName ?? given;
    if (typeof name !== "string") return [];
    const use = { name, isMediated: mdev !== undefined };
    const earlier = nameMapping(connection, use, vm);
    for (const { value } of earlier) if (equal(value.name, name) === true) value.made?.useFor(use);
    return [{ ...use, slot, mapping, earlier }];
  });
  return {
    gpus: gpus.map((gpu, slot) => withName(gpu, mappings[slot])),
    pciMappings: [...new Set(mappings)].filter((mapping) => mapping?.node.scope === vm) as PciMapping[],
    taken,
    used,
  };
}

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
    const description = JSON.stringify(mapping);
    const same = made.get(description);
    if (same) return same;
    const id = isFreeId(vm, mapping.name) ? mapping.name : `${vm.node.id}_gpu${slot}`;
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
