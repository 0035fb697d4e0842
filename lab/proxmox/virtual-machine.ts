import { randomUUID } from "node:crypto";
import { Configuration, type PendingValue } from "./configuration";
import { Drive, isDrive } from "./drive";
import type { ProxmoxInterface } from "./interface/schema";
import { withMac, withOtherMac } from "./network-device";
import { PropertyString } from "./property-string";
import { formatSize, parseSize } from "./size";
import type { Storage, Storages, Volume } from "./storage";
import { VmFirewall } from "./vm-firewall";
import { VmVolumes } from "./vm-volumes";

/** A VM: its configuration as Proxmox stores it, its volumes, and whether it runs. */
export class VirtualMachine {
  private readonly configuration = new Configuration();
  private readonly volumes: VmVolumes;
  private readonly imports = new Map<string, string>();
  readonly firewall = new VmFirewall();
  running = false;

  constructor(
    readonly id: number,
    private readonly storages: Storages,
    readonly proxmox: ProxmoxInterface,
  ) {
    this.volumes = new VmVolumes(id, storages);
    this.configuration.set("meta", `creation-qemu=10.1.2,ctime=${Math.floor(Date.now() / 1000)}`);
    this.configuration.set("smbios1", `uuid=${randomUUID()}`);
    this.configuration.set("vmgenid", randomUUID());
  }

  get name(): string {
    return this.get("name") ?? `VM ${this.id}`;
  }

  get template(): boolean {
    return this.get("template") === "1";
  }

  /** Whether Proxmox speaks with an agent in the guest. */
  get hasGuestAgent(): boolean {
    return PropertyString.parse(this.get("agent") ?? "", "enabled").flag("enabled");
  }

  /** What is in force. */
  get(key: string): string | undefined {
    return this.configuration.get(key);
  }

  /** What waits for the VM to be switched off. */
  getPending(key: string): string | undefined {
    return this.configuration.getPending(key);
  }

  /** Keys that wait for the VM to be switched off. */
  get waiting(): string[] {
    return this.configuration.waiting;
  }

  /** Keys such as `hostpci0`, `hostpci1` with their values, in order. */
  numbered(prefix: string): [key: string, value: string][] {
    const number = (key: string) => Number(key.slice(prefix.length));
    return this.configuration.entries
      .filter(([key]) => new RegExp(`^${prefix}\\d+$`).test(key))
      .sort(([a], [b]) => number(a) - number(b));
  }

  /** The configuration as `GET …/config` returns it: as it is to be. */
  get config(): Record<string, string | number> {
    return this.configuration.wanted;
  }

  /** The configuration that is in force, as `GET …/config?current=1` returns it. */
  get currentConfig(): Record<string, string | number> {
    return this.configuration.current;
  }

  /** Both, as `GET …/pending` returns them. */
  get pendingConfig(): PendingValue[] {
    return this.configuration.both;
  }

  /** A volume of the VM's own; undefined if there is none of the id. */
  volume(volid: string): Volume | undefined {
    return this.volumes.find(volid);
  }

  /** Volume id of the image that a disk was made from; Proxmox forgets it, the guest on the disk does not. */
  importedFrom(key: string): string | undefined {
    return this.imports.get(key);
  }

  drive(key: string, value: string): Drive {
    return Drive.parse(this.proxmox, key, value);
  }

  /** Puts a value into force. */
  set(key: string, value: string): void {
    this.configuration.set(key, this.prepared(key, value));
  }

  /** Makes what a value asks for, such as a volume; answers the value as it is kept. */
  prepared(key: string, value: string): string {
    if (isDrive(key)) return this.provided(key, this.drive(key, value)).toString();
    if (/^net\d+$/.test(key)) return withMac(this.proxmox, value);
    if (key === "tags") return uniqueTags(value);
    return key === "vmgenid" && value === "1" ? randomUUID() : value;
  }

  /** Lets a prepared value wait, or the removal of a key. */
  wait(key: string, value: string | undefined): void {
    const waiting = this.getPending(key);
    if (waiting !== undefined && waiting !== value) this.release(key, waiting);
    this.configuration.wait(key, value);
  }

  /** Forgets what changes nothing. */
  tidy(): void {
    this.configuration.tidy();
  }

  /** Puts one of the waiting changes into force. */
  apply(key: string): void {
    const [before, after] = [this.get(key), this.getPending(key)];
    this.configuration.set(key, after);
    this.configuration.forget(key);
    if (!isDrive(key)) return;
    if (after !== undefined) this.use(this.drive(key, after).file);
    if (before === undefined) return;
    if (after === undefined || this.drive(key, before).file !== this.drive(key, after).file) this.release(key, before);
  }

  /** Puts everything that waits into force. */
  applyAll(): void {
    for (const key of this.waiting) this.apply(key);
  }

  /** Removes a key at once, and an unused volume with it. */
  remove(key: string): void {
    const volid = /^unused\d+$/.test(key) ? this.get(key) : undefined;
    if (volid !== undefined) this.storages.of(volid).remove(volid);
    this.configuration.set(key, undefined);
    this.configuration.forget(key);
  }

  /** Grows a disk to a size in bytes or with a unit, or by it when it starts with `+`. */
  resize(key: string, size: string): void {
    const drive = this.drive(key, String(this.get(key)));
    const storage = this.storages.of(drive.file);
    const current = storage.get(drive.file).size;
    const bytes = size.startsWith("+") ? current + parseSize(size.slice(1)) : parseSize(size);
    storage.resize(drive.file, bytes);
    this.configuration.set(key, drive.with({ size: formatSize(bytes) }).toString());
  }

  /** Moves a disk to another storage, and removes the original volume or keeps it as an unused one. */
  move(key: string, target: Storage, removeOriginal: boolean): void {
    const before = this.drive(key, String(this.get(key)));
    this.configuration.set(key, this.volumes.copy(before, target.name, true).toString());
    if (removeOriginal) this.storages.of(before.file).remove(before.file);
    else this.release(key, before.toString());
  }

  /** Makes a template of the VM: its disks are bases for clones from now on. */
  makeTemplate(): void {
    this.configuration.set("template", "1");
    for (const [key, value] of this.configuration.entries) {
      const drive = isDrive(key) ? this.drive(key, value) : undefined;
      if (drive?.volid === undefined || drive.isCdrom) continue;
      const base = this.storages.of(drive.volid).makeBase(drive.volid);
      this.configuration.set(key, drive.with({ file: base.volid }).toString());
    }
  }

  /** Frees every volume of the VM. */
  destroyVolumes(): void {
    this.volumes.destroy();
  }

  /** Takes over another VM's configuration with volumes and MAC addresses of its own. */
  cloneFrom(source: VirtualMachine, targetStorage?: string): void {
    for (const [key, image] of source.imports) this.imports.set(key, image);
    this.firewall.copyFrom(source.firewall);
    for (const [key, value] of source.configuration.entries) {
      if (/^(template|meta|smbios1|vmgenid|unused\d+)$/.test(key)) continue;
      const own = /^net\d+$/.test(key) ? withOtherMac(this.proxmox, value) : value;
      const copied = isDrive(key) ? this.volumes.copy(this.drive(key, value), targetStorage).toString() : own;
      this.configuration.set(key, copied);
    }
  }

  private provided(key: string, drive: Drive): Drive {
    if (drive.isCloudinit) {
      const all = [...this.configuration.entries, ...this.waiting.map((name) => [name, this.getPending(name) ?? ""])];
      const other = all.find(
        ([name = "", value = ""]) => isDrive(name) && value !== "" && this.drive(name, value).isCloudinit,
      );
      if (other && other[0] !== key) throw new Error(`${key} - cloud-init drive is already attached at '${other[0]}'`);
      // A drive that is made anew in its own place gives its volume up first.
      if (other && drive.file.endsWith(":cloudinit")) this.release(key, String(other[1]));
    }
    const image = drive.get("import-from");
    if (image !== undefined) this.imports.set(key, image);
    return this.volumes.provide(key, drive);
  }

  /** Lists a volume that a drive uses again as unused no longer. */
  private use(volid: string): void {
    for (const [key, value] of this.numbered("unused")) if (value === volid) this.configuration.set(key, undefined);
  }

  /** Keeps the volume of a drive that is gone as `unusedN`, as Proxmox does; a cloud-init drive goes for good. */
  private release(key: string, value: string): void {
    const kept = isDrive(key) ? this.volumes.release(this.drive(key, value)) : undefined;
    if (kept === undefined) return;
    let n = 0;
    while (this.get(`unused${n}`) !== undefined) n += 1;
    this.configuration.set(`unused${n}`, kept);
  }
}

/** Tags as Proxmox keeps them: each once, in lower case, sorted. */
function uniqueTags(text: string): string {
  const tags = text
    .toLowerCase()
    .split(/[,;\s]+/)
    .filter(Boolean);
  return [...new Set(tags)].sort().join(";");
}
