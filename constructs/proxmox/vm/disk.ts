import { Fn, type IResolvable, Token } from "cdktf";
import type { VirtualEnvironmentVmDisk } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { boolean, enumOf, isInvalid, number, objectOf, required, string } from "../../props/schema";
import { and, type Condition, equal, isUnknown, less, matches, not, or, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { checkEachOnce } from "../../rules/once";
import { ifSet, type Rule } from "../../rules/rule";
import { providerDocs, talosDocs } from "../../rules/source";
import { checkStorageName, proxmoxName } from "../name";
import { type Guest, ifTalos } from "./guest";

const caches = ["none", "directsync", "writethrough", "writeback", "unsafe"] as const;
const discards = ["on", "ignore"] as const;

/** A disk of a VM. */
export interface Disk {
  /** Size in GiB. A disk grows in place; it cannot shrink. */
  readonly size: number;

  /**
   * Storage to keep it on.
   *
   * @default "local-lvm"
   */
  readonly datastore?: string;

  /**
   * Bus and number, such as `scsi0` or `virtio1`.
   *
   * @default - `scsi` with the disk's place in the list
   */
  readonly interface?: string;

  /**
   * Cache mode.
   *
   * @default "writethrough", as Talos recommends
   * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_hard_disk_cache
   */
  readonly cache?: (typeof caches)[number] | IResolvable;

  /**
   * Pass the guest's discards on to the storage.
   *
   * @default "on"
   */
  readonly discard?: (typeof discards)[number] | IResolvable;

  /**
   * Show the guest a solid-state disk; a virtio disk has no such setting.
   *
   * @default true, except on virtio
   */
  readonly ssd?: boolean | IResolvable;

  /**
   * Back the disk up with the VM.
   *
   * @default true
   */
  readonly backup?: boolean | IResolvable;
}

export const schema = objectOf<Disk>({
  size: required(number),
  datastore: string,
  interface: string,
  cache: enumOf(caches),
  discard: enumOf(discards),
  ssd: boolean,
  backup: boolean,
});

export const defaultDatastore = "local-lvm";
const virtio = /^virtio/;

/** Bus and number of the disk at this place in the list. */
export const interfaceOf = (disk: Disk, index: number): string => disk.interface ?? `scsi${index}`;

/** The name that Linux gives to the first disk of the bus. */
export function linuxDeviceOf(diskInterface: string): string {
  const onVirtio = matches(diskInterface, virtio);
  if (typeof onVirtio === "boolean") return onVirtio ? "/dev/vda" : "/dev/sda";
  // The function keeps the conditional together where it becomes part of another expression.
  return Token.asString(Fn.tostring(Fn.conditional(onVirtio, "/dev/vda", "/dev/sda")));
}

export function block(disk: Disk, index: number, importFrom?: string): VirtualEnvironmentVmDisk {
  const diskInterface = interfaceOf(disk, index);
  return {
    interface: diskInterface,
    datastoreId: disk.datastore ?? defaultDatastore,
    size: disk.size,
    importFromAttribute: importFrom,
    cache: (disk.cache as string | undefined) ?? "writethrough",
    discard: (disk.discard as string | undefined) ?? "on",
    ssd: disk.ssd ?? (isUnknown(diskInterface) || virtio.test(diskInterface) ? undefined : true),
    backup: disk.backup ?? true,
  };
}

/** The number in an interface, for comparison within its bus. */
const numberOf = (diskInterface: string): number =>
  isUnknown(diskInterface)
    ? Token.asNumber(Fn.try([Fn.tonumber(Fn.replace(diskInterface, "/^[a-z]+/", "")), 0]))
    : Number(diskInterface.replace(/^[a-z]+/, ""));

const onBus = (diskInterface: string, bus: string): Condition => matches(diskInterface, new RegExp(`^${bus}[0-9]`));

/** Whether Linux certainly names the disk at `system` before the one at `other`, or by other letters. */
const isNamedFirst = (system: string, other: string): Condition => {
  const sameBus = or(...["ide", "sata", "scsi"].map((bus) => and(onBus(system, bus), onBus(other, bus))));
  const [systemVirtio, otherVirtio] = [onBus(system, "virtio"), onBus(other, "virtio")];
  return or(
    and(systemVirtio, not(otherVirtio)),
    and(not(systemVirtio), otherVirtio),
    and(or(sameBus, and(systemVirtio, otherVirtio)), less(numberOf(system), numberOf(other))),
  );
};

/** 1 PiB. */
const mostGiB = 1_048_576;
/** GiB that Talos takes for its system partitions. */
export const leastTalosGiB = 10;

export const rules: readonly Rule<{
  readonly disks: readonly Disk[];
  readonly guest: Guest;
  readonly boot: { readonly clone?: object; readonly iso?: object };
  /** The drives that are no disks, and what they are. */
  readonly otherDrives: readonly { readonly interface: string; readonly what: string }[];
}>[] = [
  {
    ...proxmoxName,
    checks: ({ disks }) =>
      disks.flatMap(({ datastore }, index) =>
        ifSet(datastore, (datastore) => checkStorageName(`disks[${index}].datastore`, datastore)),
      ),
  },
  {
    id: "disk-for-system",
    requirement: "a VM that boots an image or an ISO has a disk",
    reason: "the image has no disk to be imported to, and the ISO none to install to",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#disk"),
    checks: ({ disks, boot }) => [
      {
        condition: disks.length > 0 || isInvalid(disks) || boot.clone !== undefined,
        message: "disks is empty, but what the VM boots needs one; write one such as { size: 100 }, or leave disks out",
      },
    ],
  },
  {
    id: "disk-interface",
    requirement: "a disk's interface is ide0–3, sata0–5, scsi0–30 or virtio0–15",
    reason: "the provider checks it only when it applies",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ disks }) =>
      disks.map((disk, index) => ({
        condition: matches(
          interfaceOf(disk, index),
          /^(ide[0-3]|sata[0-5]|scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5]))$/,
        ),
        message: `disks[${index}].interface ${formatValue(interfaceOf(disk, index))} does not exist; write one such as "scsi0"`,
      })),
  },
  {
    id: "disk-at-ide3",
    requirement: "a disk is not at ide3, unless the VM boots an ISO or is a clone",
    reason: "the provider takes what is at ide3 for a CD drive, which every plan would remove",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#cdrom"),
    checks: ({ disks, boot }) =>
      (boot.iso ?? boot.clone) === undefined
        ? disks.map((disk, index) => ({
            condition: not(equal(interfaceOf(disk, index), "ide3")),
            message: `disks[${index}].interface is "ide3", which the provider reads as a CD drive; write another one, such as "ide1"`,
          }))
        : [],
  },
  {
    id: "disk-interface-once",
    requirement: "every disk and every other drive has an interface of its own",
    reason: "the provider keeps only one of two drives on the same interface",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#interface"),
    checks: ({ disks, otherDrives }) => {
      const own = disks.flatMap((disk, index) =>
        isInvalid(disk) ? [] : { interface: interfaceOf(disk, index), what: `disks[${index}]` },
      );
      return checkEachOnce(
        [...otherDrives, ...own],
        ({ what }) => what,
        (drive, { value, by }) => ({
          condition: not(equal(drive.interface, value.interface)),
          message: `${drive.what}.interface ${formatValue(drive.interface)} is taken by ${by}; choose another number`,
        }),
      );
    },
  },
  {
    id: "disk-ssd",
    requirement: "`ssd` is not set on a virtio disk",
    reason: "Proxmox has no such setting for virtio, and the provider silently leaves it out",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_hard_disk",
    checks: ({ disks }) =>
      disks.flatMap((disk, index) =>
        ifSet(disk.ssd, (ssd) => ({
          condition: or(not(matches(interfaceOf(disk, index), virtio)), not(ssd)),
          message: `disks[${index}].ssd is ${formatValue(ssd)} on ${formatValue(interfaceOf(disk, index))}; leave it out, or choose another bus`,
        })),
      ),
  },
  {
    id: "system-disk-first",
    requirement:
      "the first disk has the lowest number on its bus, and no disk that Linux names alike is on another bus",
    reason: "Talos is installed to the first disk by its name, and Linux assigns the names by number",
    source: "https://docs.kernel.org/admin-guide/devices.html",
    checks: ({ disks, guest }) => {
      const [system, ...others] = disks.map(interfaceOf);
      return ifSet(system, (system) =>
        ifTalos(
          guest,
          ...others.map((other, index) => ({
            // That two have one interface is reported already.
            condition: other === system || isNamedFirst(system, other),
            message: `disks[0].interface ${formatValue(system)} may not be ${formatValue(linuxDeviceOf(system))} beside disks[${index + 1}].interface ${formatValue(other)}; give the first disk the lowest number, and the others its bus or virtio`,
          })),
        ),
      );
    },
  },
  {
    id: "disk-size",
    requirement: `a disk has whole GiB, Talos's system disk at least ${leastTalosGiB} of them`,
    reason: "Talos needs that much for its system partitions",
    source: talosDocs("getting-started/system-requirements"),
    checks: ({ disks, guest }) =>
      disks.map(({ size }, index) => {
        const min = index === 0 && guest !== "linux" ? leastTalosGiB : 1;
        return {
          condition: wholeNumber(size, min, mostGiB),
          message: `disks[${index}].size is ${formatValue(size)}; write a whole number of GiB, from ${min} to ${mostGiB}${min > 1 ? " for the system disk" : ""}`,
        };
      }),
  },
];
