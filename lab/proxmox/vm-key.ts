import type { Caller } from "./access";
import { ApiError, invalidParameters } from "./api-error";
import { type Drive, isDrive } from "./drive";
import type { ProxmoxInterface } from "./interface/schema";
import { networkDevice } from "./network-device";
import type { PciMappings } from "./pci-mapping";
import { PropertyString } from "./property-string";
import type { named } from "./storage";

/**
 * What each key of a VM's configuration takes to be written or removed, where that does not depend on its value. One of
 * the privileges is enough; a key that is not here is root's alone.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm
 */
const keys: readonly (readonly [pattern: RegExp, ...privileges: string[]])[] = [
  [/^(cores|cpu|cpulimit|cpuunits|numa\d*|smp|sockets|vcpus)$/, "VM.Config.CPU"],
  [/^(memory|balloon|shares|allow-ksm)$/, "VM.Config.Memory"],
  [/^(acpi|hotplug|kvm|machine|scsihw|smbios1|tablet|vga|watchdog|audio0|rng0)$/, "VM.Config.HWType"],
  [
    /^(agent|autostart|bios|description|keyboard|localtime|migrate_(downtime|speed)|name|onboot|ostype|protection|reboot|startdate|startup|tdf|template)$/,
    "VM.Config.Options",
  ],
  [/^freeze$/, "VM.PowerMgmt"],
  [/^(boot|bootdisk|vmstatestorage)$/, "VM.Config.Disk"],
  [/^net\d+$/, "VM.Config.Network"],
  [
    /^(cicustom|cipassword|citype|ciuser|ciupgrade|nameserver|searchdomain|sshkeys|ipconfig\d+)$/,
    "VM.Config.Cloudinit",
    "VM.Config.Network",
  ],
];

/** Keys whose privileges depend on the value. */
const byValue = (key: string): boolean =>
  isDrive(key) || key === "tags" || key === "cdrom" || /^(unused|serial|usb|hostpci|virtiofs)\d+$/.test(key);

/** Keys that Proxmox returns as JSON numbers. */
export const isNumber = (key: string): boolean =>
  /^(cores|sockets|vcpus|cpuunits|cpulimit|balloon|shares|onboot|acpi|kvm|tablet|numa|protection|template|ciupgrade)$/.test(
    key,
  );

/** Refuses a caller who may not write or remove these keys, whatever their values. */
export function demandKeys(caller: Caller, vmid: number, names: Iterable<string>): void {
  if (caller.isRoot) return;
  for (const key of names) {
    if (byValue(key)) continue;
    const [, ...privileges] = keys.find(([pattern]) => pattern.test(key)) ?? [];
    if (privileges.length === 0) throw new ApiError(500, `only root can set '${key}' config`);
    caller.demandAny(`/vms/${vmid}`, ...privileges);
    if (key === "startup") caller.demand("/", "Sys.Modify");
  }
}

/**
 * Refuses a caller who may not write this value. Where a device of the host is concerned, Proxmox holds the value that
 * is replaced or removed against the same rule.
 */
export function demandDevice(caller: Caller, vmid: number, key: string, value: string, mappings: PciMappings): void {
  if (caller.isRoot) return;
  const vm = `/vms/${vmid}`;
  if (/^hostpci\d+$/.test(key)) {
    const device = PropertyString.parse(value, "host");
    const mapping = device.get("mapping");
    if (device.get("host") !== undefined) {
      throw new ApiError(500, `only root can set '${key}' config for non-mapped devices`);
    }
    if (mapping === undefined) throw new ApiError(500, "either 'host' or 'mapping' must be set.");
    caller.demand(`/mapping/pci/${mapping}`, "Mapping.Use");
    caller.demand(vm, "VM.Config.HWType");
    mappings.get(mapping);
    if (device.get("romfile") !== undefined) {
      throw invalidParameters({ [key]: "only root@pam can set 'romfile' option" });
    }
  } else if (/^usb\d+$/.test(key)) {
    caller.demand(vm, "VM.Config.HWType");
    const device = PropertyString.parse(value, "host");
    const [host, mapping] = [device.get("host"), device.get("mapping")];
    if (host !== undefined) {
      if (host.toLowerCase() !== "spice") throw new ApiError(500, `only root can set '${key}' config for real devices`);
    } else if (mapping === undefined) throw new ApiError(500, "either 'host' or 'mapping' must be set.");
    else caller.demand(`/mapping/usb/${mapping}`, "Mapping.Use");
  } else if (/^serial\d+$/.test(key)) {
    if (value !== "socket") throw new ApiError(500, `only root can set '${key}' config for real devices`);
    caller.demand(vm, "VM.Config.HWType");
  } else if (key === "rng0") {
    caller.demand(vm, "VM.Config.HWType");
    const source = PropertyString.parse(value, "source").get("source");
    if (source === "/dev/hwrng") caller.demand("/mapping/hwrng", "Mapping.Use");
  } else if (/^virtiofs\d$/.test(key)) {
    caller.demand(vm, "VM.Config.Disk");
    caller.demand(`/mapping/dir/${PropertyString.parse(value, "dirid").get("dirid")}`, "Mapping.Use");
  } else if (key === "tags") {
    caller.demand(vm, "VM.Config.Options");
  }
}

/** Refuses a caller who may not use the bridge, or the VLANs on it. */
export function demandBridge(caller: Caller, proxmox: ProxmoxInterface, value: string): void {
  if (caller.isRoot) return;
  const { bridge, tag } = networkDevice(proxmox, value);
  if (bridge !== undefined) {
    caller.demand(`/sdn/zones/localnetwork/${bridge}${tag === undefined ? "" : `/${tag}`}`, "SDN.Use");
  }
}

/** Refuses a caller who may not change this drive of a VM that is there already. */
export function demandDrive(caller: Caller, vmid: number, drive: Drive): void {
  if (caller.isRoot) return;
  const vm = `/vms/${vmid}`;
  if (drive.isCloudinit) caller.demand(vm, "VM.Config.Cloudinit", "VM.Config.CDROM");
  else caller.demand(vm, drive.isCdrom ? "VM.Config.CDROM" : "VM.Config.Disk");
}

/** Refuses a caller who may not read this volume. */
export function demandVolume(caller: Caller, volume: ReturnType<typeof named>, vmid?: number): void {
  if (caller.may("Datastore.Allocate")) return;
  const storage = `/storage/${volume.volid.split(":")[0]}`;
  if (["iso", "vztmpl", "import"].includes(volume.content)) {
    caller.demandAny(storage, "Datastore.AllocateSpace", "Datastore.Audit");
  } else if (volume.vmid !== undefined) {
    if (volume.vmid === vmid) return;
    caller.demand(storage, "Datastore.Audit");
    caller.demand(`/vms/${volume.vmid}`, "VM.Config.Disk");
  } else throw new ApiError(500, `missing privileges to access ${volume.volid}`);
}
