import { isDrive } from "./drive";
import type { ProxmoxHost } from "./host";
import type { Volume } from "./storage";
import type { VirtualMachine } from "./virtual-machine";

/** What `vzdump` keeps of a VM: its configuration, and the volumes of the disks that are part of the backup, by their keys. */
export interface VmBackup {
  readonly vmid: number;
  readonly config: ReadonlyMap<string, string>;
  readonly volumes: ReadonlyMap<string, Volume>;
}

/**
 * A backup of a VM. Disks with `backup=0` are not part of it.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuConfig.pm get_backup_volumes
 */
export function backUpVm(vm: VirtualMachine): VmBackup {
  const keys = Object.keys(vm.currentConfig).filter((key) => key !== "digest");
  const config = new Map(keys.map((key) => [key, vm.get(key) ?? ""]));
  const volumes = new Map<string, Volume>();
  for (const [key, value] of config) {
    const drive = isDrive(key) ? vm.drive(key, value) : undefined;
    const volume = vm.volume(drive?.volid ?? "");
    if (volume && !drive?.isCdrom && drive?.get("backup") !== "0") volumes.set(key, { ...volume });
  }
  return { vmid: vm.id, config, volumes };
}

/**
 * Restores a VM over the one of its id. The disks of the backup take the place of those at the same keys. Other disks of the VM stay as
 * they are, and nothing uses them; the notes of the VM have what they were.
 *
 * @returns identities of the restored volumes, by their keys
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer.pm restore_vma_archive
 */
export function restoreVm(host: ProxmoxHost, { vmid, config, volumes }: VmBackup): Map<string, string> {
  const before = host.vm(vmid);
  if (before.running) throw new Error(`unable to restore VM ${vmid} - VM is running`);
  for (const key of Object.keys(before.currentConfig).filter(isDrive)) {
    const drive = before.drive(key, String(before.get(key)));
    const isReplaced = volumes.has(key) || drive.isCloudinit;
    if (isReplaced && before.volume(drive.volid ?? "")) host.storages.of(drive.file).remove(drive.file);
  }
  const restored = new Map<string, string>();
  const vm = host.createVm(vmid, (vm) => {
    const notes = [config.get("description") ?? ""];
    for (const [key, value] of config) {
      if (/^unused\d+$/.test(key)) continue;
      if (!isDrive(key)) {
        vm.set(key, value);
        continue;
      }
      const drive = vm.drive(key, value);
      const volume = volumes.get(key);
      if (drive.get("backup") === "0") notes.push(`${key}: ${value}`);
      else if (drive.isCloudinit) vm.set(key, drive.with({ file: `${drive.file.split(":")[0]}:cloudinit` }).toString());
      else if (volume) {
        const { size, format } = volume;
        const { volid, identity = "" } = host.storages.of(volume.volid).allocate(vmid, size, { format });
        vm.set(key, drive.with({ file: volid }).toString());
        restored.set(key, identity);
      } else vm.set(key, value);
    }
    vm.set("description", notes.join("\n"));
  });
  keepUnused(host, vm);
  return restored;
}

/** Lists the volumes of the VM that it does not use. */
function keepUnused(host: ProxmoxHost, vm: VirtualMachine): void {
  const used = Object.values(vm.currentConfig).map((value) => String(value).split(",")[0]);
  const unused = host.storages.ownedBy(vm.id).filter(({ volid }) => !used.includes(volid));
  for (const [n, { volid }] of unused.entries()) vm.set(`unused${n}`, volid);
}
