import { type Drive, isDrive } from "./drive";
import type { Bridges } from "./network";
import { networkDevice } from "./network-device";
import { PropertyString } from "./property-string";
import type { VirtualMachine } from "./virtual-machine";

/** Keys that don't matter to a VM while it runs. */
const withoutEffect =
  /^(description|hookscript|lock|migrate_(downtime|speed)|name|onboot|protection|shares|startup|tags|vmstatestorage|cicustom|cipassword|citype|ciuser|ciupgrade|nameserver|searchdomain|sshkeys|ipconfig\d+)$/;

/** What of a disk cannot change while the VM uses it. */
const fixedOfDisk = ["aio", "discard", "iothread", "queues", "product", "cache", "ssd", "vendor", "ro"] as const;

type Feature = "network" | "disk" | "cpu" | "memory" | "usb" | "cloudinit";

/**
 * Which waiting changes a running VM takes without being switched off.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer.pm vmconfig_hotplug_pending
 */
export class Hotplug {
  constructor(
    private readonly vm: VirtualMachine,
    private readonly bridges: Bridges,
  ) {}

  /** Applies what can be applied; answers by key what went wrong with it. */
  run(): Record<string, string> {
    const errors: Record<string, string> = {};
    for (const key of this.vm.waiting) {
      try {
        if (this.takes(key)) this.vm.apply(key);
      } catch (error) {
        errors[key] = `hotplug problem - ${error instanceof Error ? error.message : error}`;
      }
    }
    return errors;
  }

  private takes(key: string): boolean {
    if (withoutEffect.test(key)) return true;
    const value = this.vm.getPending(key);
    return value === undefined ? this.takesRemoval(key) : this.takesValue(key, value);
  }

  private takesRemoval(key: string): boolean {
    const before = this.vm.get(key);
    if (key === "hotplug") return !/cpu|memory/.test(before ?? "");
    if (key === "tablet") return this.has("usb");
    if (/^usb\d+$/.test(key)) return this.takesUsb;
    if (key === "vcpus") return this.has("cpu");
    if (key === "balloon") return before !== "0";
    if (/^net\d+$/.test(key)) return this.has("network");
    if (isDrive(key)) return this.has("disk") && /^(scsi|virtio)/.test(key);
    if (key === "memory") return this.has("memory");
    return key === "cpuunits" || key === "cpulimit";
  }

  private takesValue(key: string, value: string): boolean {
    const before = this.vm.get(key);
    if (key === "hotplug") return !/cpu|memory/.test(`${value} ${before ?? ""}`);
    if (key === "tablet") return this.has("usb");
    if (/^usb\d+$/.test(key)) return this.takesUsb;
    if (key === "vcpus") return this.has("cpu");
    if (key === "balloon") return (before === "0") === (value === "0");
    if (/^net\d+$/.test(key)) return this.takesNetworkDevice(key, before, value);
    if (isDrive(key)) return this.takesDrive(key, before, value);
    if (key === "memory") return this.has("memory");
    if (key === "agent") return before !== undefined && differing(agent(before), agent(value)).length === 0;
    return key === "cpuunits" || key === "cpulimit";
  }

  /** By default all but CPU and memory. */
  private has(feature: Feature): boolean {
    const text = this.vm.get("hotplug") ?? "1";
    return (text === "1" ? "network,disk,usb" : text).split(/[,;\s]+/).includes(feature);
  }

  private get takesUsb(): boolean {
    return this.has("usb") && this.vm.get("ostype") === "l26";
  }

  private takesNetworkDevice(key: string, before: string | undefined, value: string): boolean {
    const device = networkDevice(this.vm.proxmox, value);
    if (before !== undefined) {
      const fixed = ["model", "macaddr", "queues", "mtu"];
      const changed = differing(networkDevice(this.vm.proxmox, before), device);
      if (!changed.some((name) => fixed.includes(name)) && device.bridge !== undefined) return true;
    }
    if (!this.has("network")) return false;
    this.bridges.demand(key, device);
    return true;
  }

  private takesDrive(key: string, before: string | undefined, value: string): boolean {
    if (key === "efidisk0" || key === "tpmstate0") return false;
    const drive = this.vm.drive(key, value);
    if (before !== undefined) {
      const old = this.vm.drive(key, before);
      if (old.isCdrom !== drive.isCdrom) throw new Error("unable to change media type");
      if (old.isCdrom) return true;
      if (old.file === drive.file) return fixedOfDisk.every((name) => sameOption(name, old, drive));
    }
    return this.has("disk") && /^(scsi|virtio)/.test(key);
  }
}

const sameOption = (name: string, a: Drive, b: Drive): boolean => (a.get(name) ?? "") === (b.get(name) ?? "");

/** What changes of the agent's settings, but for what needs no device. */
const agent = (text: string): Record<string, string> => {
  const settings = PropertyString.parse(text, "enabled");
  return Object.fromEntries(
    ["enabled", "type", "freeze-fs", "freeze-fs-on-backup"].map((name) => [name, settings.get(name) ?? ""]),
  );
};

const differing = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => (a[name] ?? "") !== (b[name] ?? ""));
