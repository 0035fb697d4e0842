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
}

export interface StorageOptions {
  readonly name: string;
  /** Proxmox's storage type. */
  readonly type: "dir" | "lvmthin";
  /** Kinds of content that are switched on. */
  readonly content: readonly string[];
  /** Bytes. */
  readonly capacity: number;
}

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

  get(volid: string): Volume {
    const volume = this.volumes.get(volid);
    if (!volume) throw new ApiError(500, `volume '${volid}' does not exist`);
    return volume;
  }

  has(volid: string): boolean {
    return this.volumes.has(volid);
  }

  demandContent(kind: string): void {
    if (!this.options.content.includes(kind)) {
      throw new ApiError(500, `storage '${this.name}' does not support content-type '${kind}'`);
    }
  }

  /** The next free volume of a VM, in this storage type's naming. */
  allocate(vmid: number, size: number, suffix?: string): Volume {
    this.demandContent("images");
    const name = (tail: string) =>
      this.options.type === "dir" ? `${vmid}/vm-${vmid}-${tail}.raw` : `vm-${vmid}-${tail}`;
    let k = 0;
    while (suffix === undefined && this.has(`${this.name}:${name(`disk-${k}`)}`)) k += 1;
    const volid = `${this.name}:${name(suffix ?? `disk-${k}`)}`;
    return this.add({ volid, content: "images", format: "raw", size, vmid });
  }

  add(volume: Volume): Volume {
    if (this.used + volume.size > this.options.capacity) {
      throw new Error(
        `storage '${this.name}': not enough free space, ${formatSize(volume.size)} needed, ` +
          `${formatSize(this.options.capacity - this.used)} left`,
      );
    }
    this.volumes.set(volume.volid, volume);
    return volume;
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

  remove(volid: string): void {
    this.get(volid);
    this.volumes.delete(volid);
  }
}

/** The storages of the node. */
export class Storages {
  readonly all: readonly Storage[];

  constructor(options: readonly StorageOptions[]) {
    this.all = options.map((storage) => new Storage(storage));
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
