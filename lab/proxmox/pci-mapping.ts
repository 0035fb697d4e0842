import { ApiError, invalidParameters } from "./api-error";
import { functionsAt, type PciDevice } from "./pci-device";
import { PropertyString } from "./property-string";

/** A named PCI device of the cluster. */
export interface PciMapping {
  readonly id: string;
  readonly map: readonly string[];
  readonly mdev?: string;
  readonly description?: string;
}

/** The PCI mappings of the cluster. */
export class PciMappings {
  private readonly mappings = new Map<string, PciMapping>();

  constructor(
    private readonly node: string,
    private readonly devices: readonly PciDevice[],
  ) {}

  get all(): readonly PciMapping[] {
    return [...this.mappings.values()];
  }

  get(id: string): PciMapping {
    const mapping = this.mappings.get(id);
    if (!mapping) throw new ApiError(500, `mapping '${id}' not found, no such resource`);
    return mapping;
  }

  create(mapping: PciMapping): void {
    if (this.mappings.has(mapping.id)) throw new ApiError(500, `PCI ID '${mapping.id}' already defined`);
    this.update(mapping);
  }

  update(mapping: PciMapping): void {
    for (const entry of mapping.map) {
      const properties = PropertyString.parse(entry, "path");
      for (const key of ["node", "path", "id"]) {
        if (properties.get(key) === undefined) {
          throw invalidParameters({
            map: `invalid format - format error\nmap.${key}: property is missing and it is not optional`,
          });
        }
      }
    }
    this.mappings.set(mapping.id, mapping);
  }

  remove(id: string): void {
    this.get(id);
    this.mappings.delete(id);
  }

  /** The addresses behind a name on this node; throws what Proxmox says at start when hardware and mapping differ. */
  resolve(id: string): string {
    const entries = (this.mappings.get(id)?.map ?? [])
      .map((entry) => PropertyString.parse(entry, "path"))
      .filter((entry) => entry.get("node") === this.node);
    const entry = entries[0];
    if (!entry) throw new Error(`PCI device mapping not found for '${id}'`);
    const path = String(entry.get("path"));
    const device = functionsAt(this.devices, path)[0];
    if (!device)
      throw new Error(`PCI device mapping invalid (hardware probably changed): pci device '${path}' not found`);
    const bare = (hex: string | undefined) => hex?.replace("0x", "");
    const actual: Record<string, string | undefined> = {
      id: `${bare(device.vendor)}:${bare(device.device)}`,
      iommugroup: String(device.iommugroup),
      "subsystem-id": device.subsystem_vendor && `${bare(device.subsystem_vendor)}:${bare(device.subsystem_device)}`,
    };
    for (const [property, expected] of Object.entries(actual)) {
      const configured = entry.get(property);
      if (expected === undefined || configured === expected) continue;
      const reason =
        configured === undefined
          ? `missing expected property '${property}' for device '${path}'`
          : `'${property}' does not match for '${path}' (${configured} != ${expected})`;
      throw new Error(`PCI device mapping invalid (hardware probably changed): ${reason}`);
    }
    return path;
  }
}
