import { parsePropertyString, printPropertyString } from "./interface/property-string";
import type { Properties, ProxmoxInterface } from "./interface/schema";

/** Keys of a VM that hold a disk, a CD drive or firmware. */
export const isDrive = (key: string): boolean => /^((ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0)$/.test(key);

/** A drive as a VM's configuration says it. */
export class Drive {
  /** Takes text that Proxmox's schema takes. */
  static parse(proxmox: ProxmoxInterface, key: string, text: string): Drive {
    const properties = proxmox.vmFormat(key) ?? {};
    const values = parsePropertyString(properties, text);
    if (typeof values === "string") throw new Error(`${key}: ${values}`);
    const bare = values.file === "none" || values.file === "cdrom";
    return new Drive(properties, bare ? { media: "cdrom", ...values } : values);
  }

  private constructor(
    private readonly properties: Properties,
    private readonly values: Readonly<Record<string, string>>,
  ) {}

  /** A volume id, a path, `none`, `cdrom`, or what is to be made: `local-lvm:8`. */
  get file(): string {
    return String(this.values.file);
  }

  get(name: string): string | undefined {
    return this.values[name];
  }

  /** The volume; undefined for an empty or a physical drive. */
  get volid(): string | undefined {
    return this.file.includes(":") ? this.file : undefined;
  }

  /** GiB of a disk that is to be made. */
  get newSize(): number | undefined {
    const size = /^[^/:\s]+:(\d+(?:\.\d+)?)$/.exec(this.file)?.[1];
    return size === undefined ? undefined : Number(size);
  }

  get isCloudinit(): boolean {
    return /:cloudinit$|vm-\d+-cloudinit/.test(this.file);
  }

  get isCdrom(): boolean {
    return this.values.media === "cdrom";
  }

  /** With other values; undefined leaves one out. */
  with(values: Readonly<Record<string, string | undefined>>): Drive {
    const all = Object.entries({ ...this.values, ...values }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return new Drive(this.properties, Object.fromEntries(all));
  }

  toString(): string {
    return printPropertyString(this.properties, this.values);
  }
}
