import { forTemplate } from "../helm/values";
import { enumOf, nonEmptyListOf, objectOf, required, string } from "../props/schema";

const filesystems = ["ext4", "xfs"] as const;
const reclaimPolicies = ["Delete", "Retain"] as const;

/** A storage class whose volumes are on a storage of Proxmox. */
export interface ProxmoxStorageClass {
  /** Storage of Proxmox with the content type "Disk image", such as `local-lvm`. */
  readonly storage: string;

  /**
   * Name of the storage class. Kubernetes cannot change a storage class: for another storage or file system, write a
   * class with another name.
   *
   * @default - the name of the storage behind `proxmox-`
   */
  readonly name?: string;

  /**
   * File system of its volumes.
   *
   * @default "ext4"
   */
  readonly filesystem?: (typeof filesystems)[number];

  /**
   * What happens to a volume when its claim is deleted.
   *
   * @default "Delete"
   */
  readonly reclaimPolicy?: (typeof reclaimPolicies)[number];
}

export const schema = nonEmptyListOf(
  objectOf<ProxmoxStorageClass>({
    storage: required(string),
    name: string,
    filesystem: enumOf(filesystems),
    reclaimPolicy: enumOf(reclaimPolicies),
  }),
  'one or more storage classes, such as { storage: "local-lvm" }',
);

/** The name of a class. */
export const nameOf = ({ name, storage }: ProxmoxStorageClass): string => name ?? `proxmox-${storage}`;

/** The class as the chart takes it, whose template writes names without quotes. */
export const chartClass = (storageClass: ProxmoxStorageClass, isDefault: boolean): object => ({
  name: forTemplate(nameOf(storageClass)),
  storage: forTemplate(storageClass.storage),
  fstype: storageClass.filesystem ?? "ext4",
  reclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
  annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) },
});
