import type { Caller } from "./access";
import { ApiError, invalidParameters } from "./api-error";
import { type Drive, isDrive } from "./drive";
import type { ProxmoxInterface } from "./interface/schema";
import { networkDevice } from "./network-device";
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

/** A device of the host that a value names, and what it takes to use it. */
interface HostDevice {
  /** Where the device is named, and by what; nothing where the value names none. */
  readonly mapping?: string;
  /** It is named itself, which is for root alone. */
  readonly real: boolean;
}

/** Keys whose values may name a device of the host. */
function hostDevice(key: string, value: string): HostDevice | undefined {
  const named = (kind: string, name: string | undefined) => (name === undefined ? {} : { mapping: `${kind}/${name}` });
  if (/^hostpci\d+$/.test(key)) {
    const device = PropertyString.parse(value, "host");
    return { real: device.get("host") !== undefined, ...named("pci", device.get("mapping")) };
  }
  if (/^usb\d+$/.test(key)) {
    const device = PropertyString.parse(value, "host");
    const host = device.get("host")?.toLowerCase();
    // A port for the console's own USB devices.
    if (host === "spice") return undefined;
    return { real: host !== undefined, ...named("usb", device.get("mapping")) };
  }
  if (/^virtiofs\d$/.test(key)) {
    return { real: false, ...named("dir", PropertyString.parse(value, "dirid").get("dirid")) };
  }
  if (key === "rng0" && PropertyString.parse(value, "source").get("source") === "/dev/hwrng") {
    return { real: false, mapping: "hwrng" };
  }
  return undefined;
}

/** Refuses a caller who may not use the device of the host that a value names. */
export function demandHostDevice(caller: Caller, key: string, value: string): void {
  const device = caller.isRoot ? undefined : hostDevice(key, value);
  if (!device) return;
  if (device.real) {
    const kind = key.startsWith("hostpci") ? "non-mapped" : "real";
    throw new ApiError(500, `only root can set '${key}' config for ${kind} devices`);
  }
  if (device.mapping === undefined) throw new ApiError(500, "either 'host' or 'mapping' must be set.");
  caller.demand(`/mapping/${device.mapping}`, "Mapping.Use");
}

/**
 * Refuses a caller who may not write this value. Where a device of the host is concerned, Proxmox holds the value that
 * is replaced or removed against the same rule.
 */
export function demandValue(caller: Caller, vmid: number, key: string, value: string): void {
  if (caller.isRoot) return;
  const vm = `/vms/${vmid}`;
  if (/^serial\d+$/.test(key)) {
    if (value !== "socket") throw new ApiError(500, `only root can set '${key}' config for real devices`);
    caller.demand(vm, "VM.Config.HWType");
  } else if (key === "tags") {
    caller.demand(vm, "VM.Config.Options");
  } else if (/^(hostpci|usb|virtiofs)\d+$|^rng0$/.test(key)) {
    demandHostDevice(caller, key, value);
    caller.demand(vm, key.startsWith("virtiofs") ? "VM.Config.Disk" : "VM.Config.HWType");
  }
  if (/^hostpci\d+$/.test(key) && PropertyString.parse(value, "host").get("romfile") !== undefined) {
    throw invalidParameters({ [key]: "only root@pam can set 'romfile' option" });
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
  const storage = `/storage/${volume.volid.split(":")[0]}`;
  if (caller.may(storage, "Datastore.Allocate")) return;
  if (["iso", "vztmpl", "import"].includes(volume.content)) {
    caller.demandAny(storage, "Datastore.AllocateSpace", "Datastore.Audit");
  } else if (volume.vmid !== undefined) {
    if (volume.vmid === vmid) return;
    caller.demand(storage, "Datastore.Audit");
    caller.demand(`/vms/${volume.vmid}`, "VM.Config.Disk");
  } else throw new ApiError(500, `missing privileges to access ${volume.volid}`);
}
