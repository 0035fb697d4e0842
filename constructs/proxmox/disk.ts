import { Fn, type IResolvable, Token } from "cdktf";
import type { VirtualEnvironmentVmDisk } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { equal, isUnknown, matches, not, wholeNumber } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { flag, number, objectOf, required, text } from "../rules/shape";
import { shown } from "../rules/shown";

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
   * Cache mode: `none`, `directsync`, `writethrough`, `writeback` or `unsafe`.
   *
   * @default "writethrough", as Talos recommends
   */
  readonly cache?: string;

  /**
   * Pass the guest's discards on to the storage: `on` or `ignore`.
   *
   * @default "on"
   */
  readonly discard?: string;

  /**
   * Show the guest a solid-state disk; a virtio disk has no such setting.
   *
   * @default true, but on virtio
   */
  readonly ssd?: boolean | IResolvable;

  /**
   * Back the disk up with the VM.
   *
   * @default true
   */
  readonly backup?: boolean | IResolvable;
}

export const shape = objectOf<Disk>({
  size: required(number),
  datastore: text,
  interface: text,
  cache: text,
  discard: text,
  ssd: flag,
  backup: flag,
});

export const defaultDatastore = "local-lvm";
const virtio = /^virtio/;

/** Bus and number of the disk at this place in the list. */
export const interfaceOf = (disk: Disk, place: number): string => disk.interface ?? `scsi${place}`;

/** The name that Linux gives to the first disk of the bus. */
export function linuxDeviceOf(diskInterface: string): string {
  const onVirtio = matches(diskInterface, virtio);
  if (typeof onVirtio === "boolean") return onVirtio ? "/dev/vda" : "/dev/sda";
  // The function keeps the conditional together where it becomes part of another expression.
  return Token.asString(Fn.tostring(Fn.conditional(onVirtio, "/dev/vda", "/dev/sda")));
}

export function block(disk: Disk, place: number, importFrom?: string): VirtualEnvironmentVmDisk {
  const diskInterface = interfaceOf(disk, place);
  return {
    interface: diskInterface,
    datastoreId: disk.datastore ?? defaultDatastore,
    size: disk.size,
    importFromAttribute: importFrom,
    cache: disk.cache ?? "writethrough",
    discard: disk.discard ?? "on",
    ssd: disk.ssd ?? (isUnknown(diskInterface) || virtio.test(diskInterface) ? undefined : true),
    backup: disk.backup ?? true,
  };
}

export const rules: readonly Rule<{ readonly disks: readonly Disk[] }>[] = [
  {
    id: "disk-interface",
    demands: "a disk's interface is ide0–3, sata0–5, scsi0–30 or virtio0–15",
    because: "the provider checks it only when it applies",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ disks }) =>
      disks.map((disk, place) => ({
        holds: matches(
          interfaceOf(disk, place),
          /^(ide[0-3]|sata[0-5]|scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5]))$/,
        ),
        problem: `disks[${place}].interface ${shown(interfaceOf(disk, place))} does not exist; write one such as "scsi0"`,
      })),
  },
  {
    id: "disk-interface-once",
    demands: "every disk has an interface of its own",
    because: "the provider keeps only one of two disks on the same interface",
    source:
      "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm#interface",
    checks: ({ disks }) =>
      disks.flatMap((disk, place) =>
        disks.slice(0, place).map((earlier, earlierPlace) => ({
          holds: not(equal(interfaceOf(disk, place), interfaceOf(earlier, earlierPlace))),
          problem: `disks[${place}].interface ${shown(interfaceOf(disk, place))} is taken by disks[${earlierPlace}]; choose another number`,
        })),
      ),
  },
  {
    id: "disk-size",
    demands: "a disk has at least 10 GiB",
    because: "Talos needs that much for its system partitions",
    source: "https://www.talos.dev/v1.13/introduction/system-requirements/",
    checks: ({ disks }) =>
      disks.map(({ size }, place) => ({
        holds: wholeNumber(size, place === 0 ? 10 : 1),
        problem: `disks[${place}].size is ${shown(size)}; write a whole number of GiB, ${place === 0 ? "10 or more for the system disk" : "1 or more"}`,
      })),
  },
];
