import type { TalosPatch } from "../talos/patch/patch";

/** Linux names a SCSI disk of QEMU after its bus and number in Proxmox. */
const linkOf = (diskInterface: string): string => `/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-${diskInterface}`;

/**
 * The patch that formats the disk at the interface, and mounts it at `/var/mnt/<name>`. The selector names this disk alone; the
 * system disk has another number, and is excluded by Talos besides.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/storage-and-disk-management/disk-management/user
 */
export const userVolume = (name: string, diskInterface: string): TalosPatch => ({
  apiVersion: "v1alpha1",
  kind: "UserVolumeConfig",
  name,
  provisioning: {
    diskSelector: { match: `"${linkOf(diskInterface)}" in disk.symlinks && !system_disk` },
    minSize: "1GiB",
    grow: true,
  },
});

/** Where Talos mounts a user volume. */
export const mountOf = (name: string): string => `/var/mnt/${name}`;
