import type { Drive } from "./drive";
import { formatSize, gibibyte } from "./size";
import type { Storages, Volume } from "./storage";

const mebibyte = 1024 ** 2;
/** OVMF's variables and a TPM's state are as large, whatever was asked for. */
const firmwareSize = 4 * mebibyte;
const cloudinitSize = 4 * mebibyte;

const sizeOf = (key: string, gib: number): number =>
  key === "efidisk0" || key === "tpmstate0" ? firmwareSize : gib * gibibyte;

/** The volumes of a VM. */
export class VmVolumes {
  constructor(
    private readonly vmid: number,
    private readonly storages: Storages,
  ) {}

  find(volid: string): Volume | undefined {
    return this.storages.ownedBy(this.vmid).find((volume) => volume.volid === volid);
  }

  /** Makes or finds the volume that a drive asks for; answers the drive as it is kept. */
  provide(key: string, drive: Drive): Drive {
    if (drive.volid === undefined) return drive.with({ size: undefined });
    const storage = this.storages.of(drive.volid);
    if (drive.file.endsWith(":cloudinit")) {
      const format = drive.get("format") ?? (storage.holdsFiles ? "qcow2" : "raw");
      const { volid } = storage.allocate(this.vmid, cloudinitSize, { format, suffix: "cloudinit" });
      return drive.with({ file: volid, media: "cdrom", format: undefined });
    }
    if (drive.newSize === undefined) {
      if (!storage.has(drive.volid)) throw new Error(`volume ${drive.volid} does not exist`);
      return drive.with({ size: formatSize(storage.get(drive.volid).size) });
    }
    const source = drive.get("import-from");
    const volume =
      source === undefined
        ? storage.allocate(this.vmid, sizeOf(key, drive.newSize), { format: drive.get("format") })
        : this.import(drive, source);
    const size = formatSize(volume.size);
    return drive.with({ file: volume.volid, size, format: undefined, "import-from": undefined });
  }

  /** The drive with a copy of its volume, or as it is when it has none of its own; a volume that moves stays what it is. */
  copy(drive: Drive, targetStorage: string | undefined, moves = false): Drive {
    if (drive.volid === undefined || (drive.isCdrom && !drive.isCloudinit)) return drive;
    const origin = this.storages.of(drive.volid);
    const { size, format, identity } = origin.get(drive.volid);
    const storage = targetStorage === undefined ? origin : this.storages.get(targetStorage);
    const suffix = drive.isCloudinit ? "cloudinit" : undefined;
    const copy = storage.allocate(this.vmid, size, {
      format: storage.formatLike(format),
      suffix,
      ...(moves && { identity }),
    });
    return drive.with({ file: copy.volid });
  }

  /** Gives the volume of a drive up; answers it if it stays, for nobody to use. */
  release(drive: Drive): string | undefined {
    if (drive.volid === undefined) return undefined;
    const storage = this.storages.of(drive.volid);
    if (drive.isCloudinit) {
      storage.remove(drive.volid);
      return undefined;
    }
    const own = storage.has(drive.volid) && storage.get(drive.volid).vmid === this.vmid;
    return own && !drive.isCdrom ? drive.volid : undefined;
  }

  /** Frees every one. */
  destroy(): void {
    for (const { volid } of this.storages.ownedBy(this.vmid)) this.storages.of(volid).remove(volid);
  }

  private import(drive: Drive, source: string): Volume {
    const origin = this.storages.of(source);
    if (!origin.has(source)) throw new Error(`cannot import from '${source}' - could not get size of ${source}`);
    const storage = this.storages.of(drive.file);
    const format = storage.formatLike(drive.get("format") ?? origin.get(source).format);
    return storage.allocate(this.vmid, origin.importedSize(source), { format });
  }
}
