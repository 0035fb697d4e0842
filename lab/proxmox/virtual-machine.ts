import { randomBytes, randomUUID } from "node:crypto";
import { PropertyString } from "./property-string";
import { formatSize, gibibyte, parseSize } from "./size";
import type { Storage, Storages } from "./storage";
import { isDisk, isNumber } from "./vm-key";

const mebibyte = 1024 ** 2;

const randomMac = (): string =>
  ["BC", "24", "11", ...(randomBytes(3).toString("hex").toUpperCase().match(/../g) ?? [])].join(":");

const hasVolume = (file: string | undefined): file is string => file?.includes(":") ?? false;

/** A VM: its configuration as Proxmox stores it, and whether it runs. */
export class VirtualMachine {
  private readonly values = new Map<string, string>();
  private readonly imports = new Map<string, string>();
  running = false;

  constructor(
    readonly id: number,
    private readonly storages: Storages,
  ) {
    this.values.set("meta", `creation-qemu=10.1.2,ctime=${Math.floor(Date.now() / 1000)}`);
    this.values.set("smbios1", `uuid=${randomUUID()}`);
    this.values.set("vmgenid", randomUUID());
  }

  get name(): string {
    return this.get("name") ?? `VM ${this.id}`;
  }

  get template(): boolean {
    return this.get("template") === "1";
  }

  get(key: string): string | undefined {
    return this.values.get(key);
  }

  /** Keys such as `hostpci0`, `hostpci1` with their values. */
  numbered(prefix: string): [key: string, value: string][] {
    return [...this.values].filter(([key]) => new RegExp(`^${prefix}\\d+$`).test(key));
  }

  /** Volume id of the image that a disk was made from; Proxmox forgets it, the guest on the disk does not. */
  importedFrom(key: string): string | undefined {
    return this.imports.get(key);
  }

  /** The configuration as `GET …/config` returns it. */
  get config(): Record<string, string | number> {
    const visible = [...this.values].map(([key, value]): [string, string | number] => {
      if (key === "cipassword") return [key, "**********"];
      return [key, isNumber(key) ? Number(value) : value];
    });
    return { ...Object.fromEntries(visible), digest: "0".repeat(40) };
  }

  set(key: string, value: string): void {
    if (isDisk(key)) this.setDisk(key, value);
    else if (/^net\d+$/.test(key)) this.setNetwork(key, value);
    else this.values.set(key, value);
  }

  /** Removes a key; the volume of a removed disk stays as `unusedN`, as Proxmox keeps it. */
  delete(key: string): void {
    const volid = isDisk(key) ? this.volumeOf(key) : undefined;
    this.values.delete(key);
    if (volid === undefined) return;
    const storage = this.storages.of(volid);
    if (volid.endsWith("cloudinit")) storage.remove(volid);
    else if (storage.has(volid) && storage.get(volid).vmid === this.id) {
      let n = 0;
      while (this.values.has(`unused${n}`)) n += 1;
      this.values.set(`unused${n}`, volid);
    }
  }

  /** Grows a disk to a size in bytes or with a unit, or by it when it starts with `+`. */
  resize(key: string, size: string): void {
    const volid = this.demandVolume(key);
    const storage = this.storages.of(volid);
    const current = storage.get(volid).size;
    const bytes = size.startsWith("+") ? current + parseSize(size.slice(1)) : parseSize(size);
    storage.resize(volid, bytes);
    const disk = PropertyString.parse(String(this.get(key)), "file");
    this.values.set(key, disk.with("size", formatSize(bytes)).toString("file"));
  }

  /** Moves a disk to another storage, and removes the original volume. */
  move(key: string, target: Storage): void {
    const volid = this.demandVolume(key);
    const origin = this.storages.of(volid);
    const moved = target.allocate(this.id, origin.get(volid).size);
    const disk = PropertyString.parse(String(this.get(key)), "file");
    this.values.set(key, disk.with("file", moved.volid).toString("file"));
    origin.remove(volid);
  }

  /** Volume of a disk. */
  demandVolume(key: string): string {
    const volid = this.volumeOf(key);
    if (volid === undefined) throw new Error(`disk '${key}' does not exist`);
    return volid;
  }

  /** Frees every volume of the VM. */
  destroyVolumes(): void {
    for (const volume of this.storages.ownedBy(this.id)) this.storages.of(volume.volid).remove(volume.volid);
  }

  /** Takes over another VM's configuration with volumes and MAC addresses of its own. */
  cloneFrom(source: VirtualMachine, targetStorage?: string): void {
    for (const [key, image] of source.imports) this.imports.set(key, image);
    for (const [key, value] of source.values) {
      if (["template", "meta", "smbios1", "vmgenid"].includes(key)) continue;
      const volid = isDisk(key) ? source.volumeOf(key) : undefined;
      if (/^net\d+$/.test(key)) this.setNetwork(key, value.replace(/=[0-9A-F:]{17}/, ""));
      else if (volid === undefined || this.storages.of(volid).get(volid).vmid === undefined)
        this.values.set(key, value);
      else {
        const storage = targetStorage === undefined ? this.storages.of(volid) : this.storages.get(targetStorage);
        const suffix = volid.endsWith("cloudinit") ? "cloudinit" : undefined;
        const copy = storage.allocate(this.id, this.storages.of(volid).get(volid).size, suffix);
        this.values.set(key, PropertyString.parse(value, "file").with("file", copy.volid).toString("file"));
      }
    }
  }

  private volumeOf(key: string): string | undefined {
    const file = PropertyString.parse(this.get(key) ?? "", "file").get("file");
    return hasVolume(file) ? file : undefined;
  }

  private setDisk(key: string, value: string): void {
    const disk = PropertyString.parse(value, "file");
    const file = disk.get("file");
    if (!hasVolume(file)) {
      this.values.set(key, value);
      return;
    }
    const before = this.volumeOf(key);
    if (before !== undefined && before !== file) this.delete(key);
    const storage = this.storages.of(file);
    const source = file.slice(storage.name.length + 1);
    const options = disk.without("file", "format", "import-from", "size");
    const store = (volid: string, rest: PropertyString) =>
      this.values.set(
        key,
        rest
          .without("file")
          .with("file", volid)
          .with("size", formatSize(storage.get(volid).size))
          .toString("file"),
      );
    if (source === "cloudinit") {
      store(storage.allocate(this.id, 4 * mebibyte, "cloudinit").volid, options.with("media", "cdrom"));
    } else if (/^\d+(\.\d+)?$/.test(source)) {
      const image = disk.get("import-from");
      if (image !== undefined) this.imports.set(key, image);
      store(storage.allocate(this.id, this.newSize(key, Number(source), image)).volid, options);
    } else {
      storage.get(file);
      store(file, disk.without("size", "format"));
    }
  }

  /** Bytes of a new volume: the image's when one is imported, a firmware volume's fixed 4 MiB, else the given GiB. */
  private newSize(key: string, gib: number, importFrom: string | undefined): number {
    if (importFrom !== undefined) return this.storages.of(importFrom).importedSize(importFrom);
    return key === "efidisk0" || key === "tpmstate0" ? 4 * mebibyte : gib * gibibyte;
  }

  private setNetwork(key: string, value: string): void {
    const device = PropertyString.parse(value, "model");
    const model = device.get("model");
    const before = /=([0-9A-F:]{17})/.exec(this.get(key) ?? "")?.[1];
    const mac = device.get("macaddr") ?? before ?? randomMac();
    const rest = device.without("model", "macaddr").toString();
    this.values.set(key, model === undefined ? value : [`${model}=${mac}`, rest].filter(Boolean).join(","));
  }
}
