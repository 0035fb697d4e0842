import { randomUUID } from "node:crypto";
import { ApiError } from "./api-error";
import { formatSize } from "./size";

export interface Volume {
  /** `<storage>:<name>`. */
  readonly volid: string;
  readonly content: string;
  readonly format: string;
  /** Bytes. */
  size: number;
  /** The VM that owns it; none for images. */
  readonly vmid?: number;
  /** Bytes of the disk inside an image. */
  readonly virtualSize?: number;
  /** Tells the content of one volume from that of another, whatever they are called; a volume that grows or moves keeps it. */
  readonly identity?: string;
}

export interface StorageOptions {
  readonly name: string;
  /** Proxmox's storage type. */
  readonly type: "dir" | "nfs" | "lvmthin" | "rbd";
  /** Kinds of content that are switched on. */
  readonly content: readonly string[];
  /** Bytes. */
  readonly capacity: number;
  /**
   * Whether all nodes see the same volumes.
   *
   * @default false
   */
  readonly shared?: boolean;
  /**
   * Why it cannot be used: it is switched off, or it is elsewhere and does not answer.
   *
   * @default - it can
   */
  readonly unusable?: "disabled" | "not online";
}

const folders: Readonly<Record<string, string>> = { iso: "template/iso", vztmpl: "template/cache", import: "import" };

/** A storage of the node and the volumes on it. */
export class Storage {
  private readonly volumes = new Map<string, Volume>();

  constructor(readonly options: StorageOptions) {}

  get name(): string {
    return this.options.name;
  }

  get content(): readonly Volume[] {
    return [...this.volumes.values()];
  }

  get used(): number {
    return this.content.reduce((sum, volume) => sum + volume.size, 0);
  }

  /** Whether it keeps files, and not volumes of a volume group. */
  get holdsFiles(): boolean {
    return this.options.type === "dir" || this.options.type === "nfs";
  }

  holds(kind: string): boolean {
    return this.options.content.includes(kind);
  }

  get(volid: string): Volume {
    const volume = this.volumes.get(volid);
    if (!volume) throw new ApiError(500, `volume '${volid}' does not exist`);
    return volume;
  }

  has(volid: string): boolean {
    return this.volumes.has(volid);
  }

  /** Where a file lies on the host. */
  path(content: string, filename: string): string {
    return `/var/lib/vz/${folders[content] ?? content}/${filename}`;
  }

  /** The format that a disk gets: the wanted one where this type of storage has it. */
  formatLike(wanted: string | undefined): string {
    return this.holdsFiles ? (wanted ?? "raw") : "raw";
  }

  /** The next free volume of a VM, in this storage type's naming. */
  allocate(
    vmid: number,
    size: number,
    { format = "raw", suffix, identity = randomUUID() }: { format?: string; suffix?: string; identity?: string } = {},
  ): Volume {
    if (!this.holdsFiles && format !== "raw") throw new Error(`unsupported format '${format}'`);
    const name = suffix ?? `disk-${this.freeDisk(vmid)}`;
    const volid = `${this.name}:${this.holdsFiles ? `${vmid}/vm-${vmid}-${name}.${format}` : `vm-${vmid}-${name}`}`;
    return this.add({ volid, content: "images", format, size, vmid, identity });
  }

  add(volume: Volume): Volume {
    if (this.options.unusable) throw new Error(`storage '${this.name}' is ${this.options.unusable}`);
    if (this.used + volume.size > this.options.capacity) {
      throw new Error(
        `storage '${this.name}': not enough free space, ${formatSize(volume.size)} needed, ` +
          `${formatSize(this.options.capacity - this.used)} left`,
      );
    }
    this.volumes.set(volume.volid, volume);
    return volume;
  }

  /** Makes a disk the base of clones, under another name. */
  makeBase(volid: string): Volume {
    const volume = this.get(volid);
    this.volumes.delete(volid);
    return this.add({ ...volume, volid: volid.replace(/\bvm-(\d+-disk-\d+)/, "base-$1") });
  }

  /** Bytes of a disk made from an image. */
  importedSize(volid: string): number {
    const image = this.get(volid);
    return image.virtualSize ?? image.size;
  }

  resize(volid: string, size: number): void {
    const volume = this.get(volid);
    if (size < volume.size) throw new Error("shrinking disks is not supported");
    this.volumes.delete(volid);
    try {
      this.add({ ...volume, size });
    } catch (error) {
      this.volumes.set(volid, volume);
      throw error;
    }
  }

  /** What is not there is removed already. */
  remove(volid: string): void {
    this.volumes.delete(volid);
  }

  private freeDisk(vmid: number): number {
    const taken = this.content.map(({ volid }) => new RegExp(`(?:vm|base)-${vmid}-disk-(\\d+)`).exec(volid)?.[1]);
    let k = 0;
    while (taken.includes(String(k))) k += 1;
    return k;
  }
}

/** The storages of the node. */
export class Storages {
  readonly all: readonly Storage[];

  /** @param shared what all nodes see, by name */
  constructor(options: readonly StorageOptions[], shared: Map<string, Storage>) {
    this.all = options.map((each) => {
      const storage = (each.shared && shared.get(each.name)) || new Storage(each);
      if (each.shared) shared.set(each.name, storage);
      return storage;
    });
  }

  get(name: string): Storage {
    const storage = this.all.find((candidate) => candidate.name === name);
    if (!storage) throw new ApiError(500, `storage '${name}' does not exist`);
    return storage;
  }

  /** The storage that a volume id names. */
  of(volid: string): Storage {
    return this.get(String(volid.split(":")[0]));
  }

  ownedBy(vmid: number): Volume[] {
    return this.all.flatMap((storage) => storage.content.filter((volume) => volume.vmid === vmid));
  }
}

/** What Proxmox reads from the name of a volume, whether there is one or not. */
export function named(volid: string): Pick<Volume, "volid" | "content" | "vmid"> {
  const name = volid.slice(volid.indexOf(":") + 1);
  const content = /^(iso|vztmpl|import|snippets|backup)\//.exec(name)?.[1] ?? "images";
  const vmid = content === "images" ? /(?:vm|base)-(\d+)-/.exec(name)?.[1] : undefined;
  return { volid, content, ...(vmid === undefined ? {} : { vmid: Number(vmid) }) };
}
