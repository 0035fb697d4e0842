import { and, type Condition, equal, less, matches, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { some } from "../../terraform/rows";
import type { Host } from "./host-facts";
import { checkContent, imports, isOn } from "./host-storage";

/** An image that a node downloads. */
interface Downloading {
  readonly datastore: string;
  readonly host?: Host;
}

const source = "https://pve.proxmox.com/pve-docs/chapter-pvesm.html#_storage_types";
const gibibyte = 1024 ** 3;
/** Free bytes for a disk image of Talos, which with a driver has about half a GiB. */
export const imageRoom = 2 * gibibyte;

/** Whether this version of Proxmox VE has no content type for disk images to import. */
export const isBeforeImports = (version: string): Condition => matches(version, /^([0-7]|8[.][0-3])([.~-]|$)/);

export const rules: readonly Rule<Downloading>[] = [
  {
    id: "proxmox-version",
    requirement:
      "a host that downloads an image runs Proxmox VE 9, or 8.4, which is past its end of life, when Terraform plans",
    reason: "earlier versions have no content type Import for disk images",
    source,
    checks: ({ host }) =>
      ifSet(host, ({ version }) => ({
        condition: not(isBeforeImports(version)),
        message: `Proxmox VE ${version} cannot import downloaded disk images; upgrade it to 9, or to 8.4, which is past its end of life, or give boot: { clone } or { iso }`,
      })),
  },
  {
    id: "storage-imports",
    requirement:
      "the storage for an image is on the node, enabled, active, and has the content type Import when Terraform plans",
    reason: "the download fails otherwise, in the middle of the apply",
    source,
    checks: ({ datastore, host }) => ifSet(host, (host) => checkContent("datastore", datastore, host, imports)),
  },
  {
    id: "storage-space",
    requirement: `the storage for an image has ${imageRoom / gibibyte} GiB free when Terraform plans`,
    reason: "the download fails when the storage is full",
    source,
    severity: "warning",
    checks: ({ datastore, host }) =>
      ifSet(host, ({ storages, name }) => ({
        condition: not(
          some(storages, (storage) =>
            and(equal(storage.name, datastore), isOn(storage), less(storage.available, imageRoom)),
          ),
        ),
        message: `datastore ${formatValue(datastore)} has less than ${imageRoom / gibibyte} GiB of free space on node ${formatValue(name)}; make room on it, or write another one`,
      })),
  },
];
