import { createHash, randomUUID } from "node:crypto";
import { Drive, isDrive } from "./drive";
import type { ProxmoxInterface } from "./interface/schema";
import { withMac, withOtherMac } from "./network-device";
import { formatSize, gibibyte, parseSize } from "./size";
import type { Storage, Storages } from "./storage";
import { isNumber } from "./vm-key";

const mebibyte = 1024 ** 2;
/** OVMF's variables and a TPM's state are as large, whatever was asked for. */
const firmwareSize = 4 * mebibyte;

/** A key with what it is now and what it is to be, as `GET …/pending` shows it. */
export interface PendingValue {
  readonly key: string;
  readonly value?: string | number;
  readonly pending?: string | number;
  /** It goes when the VM is switched off. */
  readonly delete?: 1;
}

/** A VM: its configuration as Proxmox stores it, what of it waits for the VM to be switched off, and whether it runs. */
export class VirtualMachine {
  private readonly values = new Map<string, string>();
  private readonly pending = new Map<string, string>();
  private readonly removing = new Set<string>();
  running = false;

  constructor(
    readonly id: number,
    private readonly storages: Storages,
    readonly proxmox: ProxmoxInterface,
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

  /** What is in force. */
  get(key: string): string | undefined {
    return this.values.get(key);
  }

  /** What waits for the VM to be switched off. */
  getPending(key: string): string | undefined {
    return this.pending.get(key);
  }

  /** What is to be, or is to be removed. */
  hasKey(key: string): boolean {
    return this.values.has(key) || this.pending.has(key);
  }

  get pendingKeys(): string[] {
    return [...this.pending.keys()];
  }

  get removedKeys(): string[] {
    return [...this.removing];
  }

  /** Keys such as `hostpci0`, `hostpci1` with their values, in order. */
  numbered(prefix: string): [key: string, value: string][] {
    const number = (key: string) => Number(key.slice(prefix.length));
    return [...this.values]
      .filter(([key]) => new RegExp(`^${prefix}\\d+$`).test(key))
      .sort(([a], [b]) => number(a) - number(b));
  }

  /** The configuration as `GET …/config` returns it: as it is to be. */
  get config(): Record<string, string | number> {
    const wanted = new Map([...this.values, ...this.pending]);
    for (const key of this.removing) wanted.delete(key);
    return this.shown(wanted);
  }

  /** The configuration that is in force, as `GET …/config?current=1` returns it. */
  get currentConfig(): Record<string, string | number> {
    return this.shown(this.values);
  }

  /** Both, as `GET …/pending` returns them. */
  get pendingConfig(): PendingValue[] {
    const keys = new Set([...this.values.keys(), ...this.pending.keys()]);
    const [now, later] = [this.shown(this.values), this.shown(this.pending)];
    const values = [...keys].map((key) => ({
      key,
      ...(this.values.has(key) ? { value: now[key] } : {}),
      ...(this.pending.has(key) ? { pending: later[key] } : {}),
      ...(this.removing.has(key) ? { delete: 1 as const } : {}),
    }));
    return [...values, { key: "digest", value: this.digest }];
  }

  /** Changes with what is in force. */
  get digest(): string {
    return createHash("sha1")
      .update(JSON.stringify([...this.values, "pending", ...this.pending, ...this.removing]))
      .digest("hex");
  }

  /** Puts a value into force. */
  set(key: string, value: string): void {
    this.values.set(key, this.prepared(key, value));
  }

  /** Makes what a value asks for, such as a volume; answers the value as it is kept. */
  prepared(key: string, value: string): string {
    if (isDrive(key)) return this.provide(key, Drive.parse(this.proxmox, key, value)).toString();
    if (/^net\d+$/.test(key)) return withMac(this.proxmox, value);
    if (key === "tags") return uniqueTags(value);
    return key === "vmgenid" && value === "1" ? randomUUID() : value;
  }

  /** Lets a value that is kept in its final form wait. */
  setPending(key: string, value: string): void {
    const waiting = isDrive(key) ? this.pending.get(key) : undefined;
    if (waiting !== undefined && waiting !== value) this.release(key, waiting);
    this.pending.set(key, value);
    this.removing.delete(key);
  }

  /** Lets the removal of a key wait. */
  setRemoving(key: string): void {
    const waiting = this.pending.get(key);
    if (isDrive(key) && waiting !== undefined) this.release(key, waiting);
    this.pending.delete(key);
    this.removing.add(key);
  }

  /** Forgets what changes nothing. */
  tidyPending(): void {
    for (const [key, value] of this.pending) if (this.values.get(key) === value) this.pending.delete(key);
    for (const key of this.removing) if (!this.values.has(key)) this.removing.delete(key);
  }

  /** Puts one of the waiting changes into force. */
  apply(key: string): void {
    const [before, value] = [this.values.get(key), this.pending.get(key)];
    if (this.removing.delete(key) && value === undefined) {
      this.values.delete(key);
      if (before !== undefined && isDrive(key)) this.release(key, before);
      return;
    }
    if (value === undefined) return;
    this.values.set(key, value);
    this.pending.delete(key);
    if (before !== undefined && isDrive(key) && this.drive(key, before).file !== this.drive(key, value).file) {
      this.release(key, before);
    }
  }

  /** Puts everything that waits into force. */
  applyAll(): void {
    for (const key of [...this.removing, ...this.pending.keys()]) this.apply(key);
  }

  /** Removes a key at once. */
  remove(key: string): void {
    const volid = /^unused\d+$/.test(key) ? this.get(key) : undefined;
    if (volid !== undefined) this.storages.of(volid).remove(volid);
    this.values.delete(key);
    this.pending.delete(key);
  }

  drive(key: string, value: string): Drive {
    return Drive.parse(this.proxmox, key, value);
  }

  /** Grows a disk to a size in bytes or with a unit, or by it when it starts with `+`. */
  resize(key: string, size: string): void {
    const drive = this.drive(key, String(this.get(key)));
    const storage = this.storages.of(drive.file);
    const current = storage.get(drive.file).size;
    const bytes = size.startsWith("+") ? current + parseSize(size.slice(1)) : parseSize(size);
    storage.resize(drive.file, bytes);
    this.values.set(key, drive.with({ size: formatSize(bytes) }).toString());
  }

  /** Moves a disk to another storage, and removes the original volume or keeps it as an unused one. */
  move(key: string, target: Storage, removeOriginal: boolean): void {
    const before = this.drive(key, String(this.get(key)));
    const moved = target.allocate(this.id, this.storages.of(before.file).get(before.file).size);
    this.values.set(key, before.with({ file: moved.volid }).toString());
    if (removeOriginal) this.storages.of(before.file).remove(before.file);
    else this.release(key, before.toString());
  }

  /** Makes a template of the VM: its disks are bases for clones from now on. */
  makeTemplate(): void {
    this.values.set("template", "1");
    for (const [key, value] of this.values) {
      if (!isDrive(key)) continue;
      const drive = this.drive(key, value);
      if (drive.volid === undefined || drive.isCdrom) continue;
      const base = this.storages.of(drive.volid).makeBase(drive.volid);
      this.values.set(key, drive.with({ file: base.volid }).toString());
    }
  }

  /** Frees every volume of the VM. */
  destroyVolumes(): void {
    for (const volume of this.storages.ownedBy(this.id)) this.storages.of(volume.volid).remove(volume.volid);
  }

  /** Takes over another VM's configuration with volumes and MAC addresses of its own. */
  cloneFrom(source: VirtualMachine, targetStorage?: string): void {
    for (const [key, value] of source.values) {
      if (/^(template|meta|smbios1|vmgenid|unused\d+)$/.test(key)) continue;
      this.values.set(key, this.cloned(key, value, targetStorage));
    }
  }

  private cloned(key: string, value: string, targetStorage: string | undefined): string {
    if (/^net\d+$/.test(key)) return withOtherMac(this.proxmox, value);
    if (!isDrive(key)) return value;
    const drive = this.drive(key, value);
    if (drive.volid === undefined || (drive.isCdrom && !drive.isCloudinit)) return value;
    const original = this.storages.of(drive.volid).get(drive.volid);
    const storage = this.storages.get(targetStorage ?? this.storages.of(drive.volid).name);
    const suffix = drive.isCloudinit ? "cloudinit" : undefined;
    const copy = storage.allocate(this.id, original.size, { format: storage.formatLike(original.format), suffix });
    return drive.with({ file: copy.volid }).toString();
  }

  private shown(values: ReadonlyMap<string, string>): Record<string, string | number> {
    const visible = [...values].map(([key, value]): [string, string | number] => {
      if (key === "cipassword") return [key, "**********"];
      return [key, isNumber(key) ? Number(value) : value];
    });
    return { ...Object.fromEntries(visible), digest: this.digest };
  }

  /** Makes the volume that a drive asks for. */
  private provide(key: string, drive: Drive): Drive {
    if (drive.volid === undefined) return drive.with({ size: undefined });
    const storage = this.storages.of(drive.volid);
    if (drive.file.endsWith(":cloudinit")) {
      const other = [...this.values, ...this.pending].find(
        ([name, value]) => name !== key && isDrive(name) && this.drive(name, value).isCloudinit,
      );
      if (other) throw new Error(`${key} - cloud-init drive is already attached at '${other[0]}'`);
      const format = drive.get("format") ?? (storage.holdsFiles ? "qcow2" : "raw");
      // A drive that is to be replaced by itself gives its volume up first.
      storage.remove(String(this.get(key)).split(",")[0] ?? "");
      const { volid } = storage.allocate(this.id, 4 * mebibyte, { format, suffix: "cloudinit" });
      return drive.with({ file: volid, media: "cdrom", format: undefined });
    }
    if (drive.newSize === undefined) {
      if (!storage.has(drive.volid)) throw new Error(`volume ${drive.volid} does not exist`);
      return drive.with({ size: formatSize(storage.get(drive.volid).size) });
    }
    const source = drive.get("import-from");
    if (source !== undefined && !this.storages.of(source).has(source)) {
      throw new Error(`cannot import from '${source}' - could not get size of ${source}`);
    }
    const volume =
      source === undefined
        ? storage.allocate(this.id, newSize(key, drive.newSize), { format: drive.get("format") })
        : storage.allocate(this.id, this.storages.of(source).importedSize(source), {
            format: storage.formatLike(drive.get("format") ?? this.storages.of(source).get(source).format),
          });
    const size = formatSize(volume.size);
    return drive.with({ file: volume.volid, size, format: undefined, "import-from": undefined });
  }

  /** Keeps the volume of a drive that is gone as `unusedN`, as Proxmox does; a cloud-init drive goes for good. */
  private release(key: string, value: string): void {
    const drive = this.drive(key, value);
    if (drive.volid === undefined) return;
    const storage = this.storages.of(drive.volid);
    if (drive.isCloudinit) storage.remove(drive.volid);
    else if (!drive.isCdrom && storage.has(drive.volid) && storage.get(drive.volid).vmid === this.id) {
      let n = 0;
      while (this.values.has(`unused${n}`)) n += 1;
      this.values.set(`unused${n}`, drive.volid);
    }
  }
}

const newSize = (key: string, gib: number): number =>
  key === "efidisk0" || key === "tpmstate0" ? firmwareSize : gib * gibibyte;

/** Tags as Proxmox keeps them: each once, in lower case, sorted. */
function uniqueTags(text: string): string {
  const tags = text
    .toLowerCase()
    .split(/[,;\s]+/)
    .filter(Boolean);
  return [...new Set(tags)].sort().join(";");
}
