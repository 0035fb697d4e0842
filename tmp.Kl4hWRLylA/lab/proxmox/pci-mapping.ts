import { ApiError } from "./api-error";
import { functionsAt, type PciDevice } from "./pci-device";
import { PropertyString } from "./property-string";

/** A named PCI device of the cluster. */
export interface PciMapping {
  readonly id: string;
  /** Property strings, one for each device that may be taken. */
  readonly map: readonly string[];
  readonly mdev?: string;
  readonly "live-migration-capable"?: string;
  readonly description?: string;
}

/** The PCI mappings of the cluster. */
export class PciMappings {
  private readonly mappings = new Map<string, PciMapping>();

  get all(): readonly PciMapping[] {
    return [...this.mappings.values()];
  }

  get(id: string): PciMapping {
    const mapping = this.mappings.get(id);
    if (!mapping) throw new ApiError(500, `mapping '${id}' not found`);
    return mapping;
  }

  create(mapping: PciMapping): void {
    if (this.mappings.has(mapping.id)) {
      throw new ApiError(500, `create hardware mapping failed: pci ID '${mapping.id}' already defined`);
    }
    this.mappings.set(mapping.id, mapping);
  }

  update(id: string, change: (mapping: PciMapping) => PciMapping): void {
    const mapping = this.mappings.get(id);
    if (!mapping) throw new ApiError(500, `update hardware mapping failed: pci ID '${id}' does not exist`);
    this.mappings.set(id, change(mapping));
  }

  remove(id: string): void {
    this.mappings.delete(id);
  }

  /**
   * The addresses behind a name on a node, as alternatives.
   *
   * @throws what Proxmox says at start when hardware and mapping differ
   */
  resolve(id: string, node: string, devices: readonly PciDevice[]): string[] {
    const mapping = this.mappings.get(id);
    const entries = mapping ? entriesOf(mapping, node) : [];
    if (!mapping || entries.length === 0) throw new Error(`PCI device mapping not found for '${id}'`);
    const reason = entries.map((entry) => mismatch(mapping, entry, devices)).find((found) => found !== undefined);
    if (reason !== undefined) throw new Error(`PCI device mapping invalid (hardware probably changed): ${reason}`);
    return entries.map((entry) => String(entry.get("path")));
  }
}

/** What a mapping says of a node. */
export const entriesOf = (mapping: PciMapping, node: string): PropertyString[] =>
  mapping.map.map((entry) => PropertyString.parse(entry, "path")).filter((entry) => entry.get("node") === node);

/**
 * How an entry of a mapping differs from the hardware. Ids are compared as they are written, and the hardware's are in
 * lower case.
 *
 * @see https://git.proxmox.com/?p=pve-guest-common.git;a=blob;f=src/PVE/Mapping/PCI.pm
 */
export function mismatch(
  mapping: PciMapping,
  entry: PropertyString,
  devices: readonly PciDevice[],
): string | undefined {
  const paths = String(entry.get("path")).split(";");
  return paths.map((path, n) => mismatchAt(path, n === 0)).find((reason) => reason !== undefined);

  function mismatchAt(path: string, first: boolean): string | undefined {
    const address = path.includes(".") ? path : `${path}.0`;
    const device = functionsAt(devices, address)[0];
    if (!device) return `pci device '${address}' not found`;
    const bare = (hex: string | undefined) => hex?.replaceAll("0x", "");
    const { subsystem_vendor, subsystem_device } = device;
    const hasSubsystem = subsystem_vendor !== undefined && subsystem_device !== undefined;
    const properties: readonly [name: string, expected: string | undefined, configured: string | undefined][] = [
      ["id", `${bare(device.vendor)}:${bare(device.device)}`, entry.get("id")],
      // Of several paths, only the first is held to the group.
      ["iommugroup", first ? String(device.iommugroup) : undefined, first ? entry.get("iommugroup") : undefined],
      ["mdev", device.mdev ? "1" : "0", mapping.mdev === "1" ? "1" : "0"],
      [
        "subsystem-id",
        hasSubsystem ? `${bare(subsystem_vendor)}:${bare(subsystem_device)}` : undefined,
        entry.get("subsystem-id"),
      ],
    ];
    for (const [name, expected, written] of properties) {
      const configured = bare(written);
      if (expected === configured) continue;
      if (configured === undefined) return `missing expected property '${name}' for device '${address}'`;
      if (expected === undefined) return `unexpected property '${name}' configured for device '${address}'`;
      return `'${name}' does not match for '${mapping.id}' (${expected} != ${configured})`;
    }
    return undefined;
  }
}
