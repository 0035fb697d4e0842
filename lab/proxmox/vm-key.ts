import type { Caller } from "./access";
import { ApiError, invalidParameters } from "./api-error";
import type { PciMappings } from "./pci-mapping";
import { PropertyString } from "./property-string";

/** The privilege that each key of a VM's configuration takes; `root` where Proxmox lets nobody else write it. */
const keys: readonly (readonly [pattern: RegExp, privilege: string])[] = [
  [
    /^(name|onboot|startup|boot|bootdisk|agent|acpi|kvm|tablet|tags|description|protection|keyboard|hotplug|ostype)$/,
    "VM.Config.Options",
  ],
  [/^template$/, "VM.Allocate"],
  [
    /^(machine|bios|scsihw|vga|smbios1|vmgenid|watchdog|audio0|rng0|serial[0-3]|usb\d+|hostpci\d+)$/,
    "VM.Config.HWType",
  ],
  [/^(cores|sockets|cpu|vcpus|cpulimit|cpuunits|numa\d*)$/, "VM.Config.CPU"],
  [/^(memory|balloon|shares)$/, "VM.Config.Memory"],
  [/^(net|ipconfig)\d+$/, "VM.Config.Network"],
  [/^(ciuser|cipassword|citype|ciupgrade|cicustom|nameserver|searchdomain|sshkeys)$/, "VM.Config.Cloudinit"],
  [/^((ide|sata|scsi|virtio|unused)\d+|efidisk0|tpmstate0|virtiofs\d+)$/, "VM.Config.Disk"],
  [/^(args|affinity|hugepages|keephugepages|arch|ivshmem|hookscript)$/, "root"],
];

const address = /^(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?$/;

/** Keys that Proxmox returns as JSON numbers. */
export const isNumber = (key: string): boolean =>
  /^(cores|sockets|vcpus|cpuunits|cpulimit|balloon|shares|onboot|acpi|kvm|tablet|numa|protection|template|ciupgrade)$/.test(
    key,
  );

export const isDisk = (key: string): boolean => /^((ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0)$/.test(key);

/** Refuses keys and values that Proxmox's schema refuses. */
export function demandValid(values: ReadonlyMap<string, string>): void {
  for (const [key, value] of values) {
    if (!keys.some(([pattern]) => pattern.test(key))) {
      throw invalidParameters({
        [key]: "property is not defined in schema and the schema does not allow additional properties",
      });
    }
    if (!/^hostpci\d+$/.test(key)) continue;
    if (Number(key.slice("hostpci".length)) > 15) {
      throw invalidParameters({
        [key]: "property is not defined in schema and the schema does not allow additional properties",
      });
    }
    const host = PropertyString.parse(value, "host").get("host");
    if (host !== undefined && !host.split(";").every((part) => address.test(part))) {
      throw invalidParameters({
        [key]: `invalid format - format error\n${key}.host: value does not match the regex pattern\n`,
      });
    }
  }
}

/**
 * Refuses what the caller may not write. For a device given by its raw address Proxmox looks at the old value too.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm
 */
export function demandMayWrite(
  caller: Caller,
  vmid: number,
  key: string,
  values: readonly string[],
  mappings: PciMappings,
): void {
  if (caller.isRoot) return;
  const privilege = keys.find(([pattern]) => pattern.test(key))?.[1] ?? "root";
  if (privilege === "root") throw new ApiError(500, `only root can set '${key}' config`);
  for (const value of values) {
    if (key.startsWith("hostpci")) {
      const device = PropertyString.parse(value, "host");
      if (device.get("romfile") !== undefined) throw new ApiError(400, "only root@pam can set 'romfile' option");
      const mapping = device.get("mapping");
      if (mapping === undefined || device.get("host") !== undefined) {
        throw new ApiError(500, `only root can set '${key}' config for non-mapped devices`);
      }
      caller.demand(`/mapping/pci/${mapping}`, "Mapping.Use");
      mappings.get(mapping);
    }
    if (key.startsWith("serial") && value !== "socket") {
      throw new ApiError(500, `only root can set '${key}' config for real devices`);
    }
    const bridge = key.startsWith("net") && PropertyString.parse(value, "model").get("bridge");
    if (bridge) caller.demand(`/sdn/zones/localnetwork/${bridge}`, "SDN.Use");
    if (key === "startup") caller.demand("/", "Sys.Modify");
  }
  caller.demand(`/vms/${vmid}`, privilege);
}
