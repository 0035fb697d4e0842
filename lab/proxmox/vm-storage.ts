import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest } from "./api-request";
import { Drive, isDrive } from "./drive";
import { named } from "./storage";
import type { VirtualMachine } from "./virtual-machine";
import { demandVolume } from "./vm-key";

/** The drives among the values of a call, taken apart. */
export const drivesOf = (request: ApiRequest, values: ReadonlyMap<string, string>): [key: string, drive: Drive][] =>
  [...values]
    .filter(([key]) => isDrive(key))
    .map(([key, value]) => [key, Drive.parse(request.cluster.proxmox, key, value)]);

/** Refuses drives that contradict themselves. */
export function demandDrives(drives: readonly [key: string, drive: Drive][]): void {
  for (const [key, drive] of drives) {
    if (drive.isCdrom && (drive.get("snapshot") || drive.get("format") || key.startsWith("virtio"))) {
      throw invalidParameters({ [key]: "unable to parse drive options" });
    }
    if (drive.get("import-from") !== undefined && drive.newSize !== 0) {
      throw invalidParameters({
        [key]: "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>",
      });
    }
    if (drive.volid !== undefined && named(drive.volid).content === "iso" && !drive.isCdrom) {
      throw invalidParameters({ [key]: "explicit 'media=cdrom' is required for iso images" });
    }
  }
}

/**
 * Refuses a caller who may not use the storages and the volumes of these drives.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm check_storage_access
 */
export function demandStorages(
  request: ApiRequest,
  vmid: number,
  drives: readonly [key: string, drive: Drive][],
): void {
  const { host, caller } = request;
  for (const [key, drive] of drives) {
    if (drive.newSize !== undefined) {
      const storage = host.storages.of(drive.file);
      caller.demand(`/storage/${storage.name}`, "Datastore.AllocateSpace");
      if (!storage.holds("images")) {
        throw invalidParameters({ storage: `storage '${storage.name}' does not support vm images` });
      }
    } else if (drive.volid !== undefined && !drive.file.endsWith(":cloudinit")) {
      const kind = named(drive.volid).content;
      demandVolume(caller, named(drive.volid), vmid);
      if (kind !== "images" && kind !== "iso") {
        throw invalidParameters({ [key]: "content type needs to be 'images' or 'iso'" });
      }
    } else if (drive.file.startsWith("/") && !caller.isRoot) {
      throw new ApiError(500, "Only root can pass arbitrary filesystem paths.");
    }
    const source = drive.get("import-from");
    if (source !== undefined) demandSource(request, vmid, key, source);
  }
}

function demandSource({ caller }: ApiRequest, vmid: number, key: string, source: string): void {
  if (!source.includes(":")) {
    if (!caller.isRoot) throw new ApiError(500, "Only root can pass arbitrary filesystem paths.");
    return;
  }
  const volume = named(source);
  if (volume.content !== "images" && volume.content !== "import") {
    throw invalidParameters({
      [key]: `${source} has wrong type '${volume.content}' - needs to be 'images' or 'import'`,
    });
  }
  if (volume.vmid === undefined) demandVolume(caller, volume, vmid);
  else caller.demand(`/vms/${volume.vmid}`, "VM.Clone");
}

/** Refuses a caller who may not put copies of a VM's disks where a clone puts them. */
export function demandClone({ host, caller }: ApiRequest, source: VirtualMachine, target: string | undefined): void {
  if (target !== undefined && !host.storages.get(target).holds("images")) {
    throw invalidParameters({ storage: `storage '${target}' does not support vm images` });
  }
  for (const [key, value] of Object.entries(source.currentConfig)) {
    if (!isDrive(key)) continue;
    const drive = source.drive(key, String(value));
    if (drive.volid === undefined || drive.isCdrom) continue;
    caller.demand(`/storage/${target ?? host.storages.of(drive.volid).name}`, "Datastore.AllocateSpace");
  }
}
