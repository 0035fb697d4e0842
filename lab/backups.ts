import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Guests } from "./guests";
import type { ProxmoxHost } from "./proxmox/host";
import { backUpVm, restoreVm, type VmBackup } from "./proxmox/vm-backup";

/** A backup of a VM, with the directory that keeps what was on its disks. */
export interface Backup extends VmBackup {
  readonly directory: string;
}

/** The disk that the machine boots from, which is kept with its node. */
const systemDisk = "scsi0";

/** Backups of VMs, with what is on their disks. */
export class Backups {
  constructor(
    private readonly host: ProxmoxHost,
    private readonly guests: Guests,
    private readonly directory: string,
  ) {}

  /**
   * Backs a VM up. As with `vzdump --mode snapshot` its disks are those of one moment, of which the guest knows nothing: here its power
   * is cut for that time.
   */
  async take(vmid: number): Promise<Backup> {
    const vm = this.host.vm(vmid);
    this.host.stop(vm);
    await this.guests.node(vmid);
    const directory = mkdtempSync(join(this.directory, "backup-"));
    const backup = backUpVm(vm);
    for (const [key, { identity = "" }] of backup.volumes)
      this.copy(this.contentOf(vmid, key, identity), join(directory, key));
    this.host.start(vm);
    return { ...backup, directory };
  }

  /** Restores a VM that is off, as `qmrestore --force` does. */
  async restore(backup: Backup): Promise<void> {
    await this.guests.node(backup.vmid);
    for (const [key, identity] of restoreVm(this.host, backup)) {
      const content = this.contentOf(backup.vmid, key, identity);
      rmSync(content, { recursive: true, force: true });
      this.copy(join(backup.directory, key), content);
    }
  }

  /** What is on the disk of a VM. */
  contentOf(vmid: number, key: string, identity: string): string {
    return key === systemDisk ? this.guests.directoryOf(vmid) : this.guests.diskDirectory(identity);
  }

  /** A disk that nothing was written to has no content. */
  private copy(from: string, to: string): void {
    try {
      cpSync(from, to, { recursive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}
