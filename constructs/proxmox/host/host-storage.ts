import { and, type Condition, equal, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check } from "../../rules/rule";
import { includes, listed, some, valuesOf } from "../../terraform/rows";
import type { Host, HostStorage } from "./host-facts";

/** Whether a storage may hold such content. */
export const takes = ({ content }: HostStorage, kind: "import" | "images" | "iso" | "backup"): Condition =>
  includes(content, kind);

/** Whether a storage can be used now. */
export const isOn = ({ enabled, active }: HostStorage): Condition => and(equal(enabled, true), equal(active, true));

/** What a storage is for, as Proxmox's API and its interface call it. */
export interface Content {
  readonly kind: Parameters<typeof takes>[1];
  readonly label: string;
}

export const imports: Content = { kind: "import", label: "Import" };
export const images: Content = { kind: "images", label: "Disk image" };
export const isos: Content = { kind: "iso", label: "ISO image" };
export const backups: Content = { kind: "backup", label: "Backup" };

/** Checks of the storage at `path` of the props: that it is there, that it takes such content, that it can be used. */
export function storageChecks(
  path: string,
  datastore: string,
  { storages, name }: Host,
  { kind, label }: Content,
): { readonly isThere: Check; readonly isFit: Check; readonly isUsable: Check } {
  const isIt = (storage: HostStorage) => equal(storage.name, datastore);
  const isTaking = (storage: HostStorage) => takes(storage, kind);
  const others = listed(
    valuesOf(
      storages,
      (storage) => storage.name,
      (storage) => and(isTaking(storage), isOn(storage)),
    ),
    "none",
  );
  const named = `${path} ${formatValue(datastore)}`;
  return {
    isThere: {
      condition: some(storages, isIt),
      message: `${named} is not a storage of node ${formatValue(name)}, or the account lacks Datastore.Audit on it; write one with the content type ${label}, here: ${others}`,
    },
    isFit: {
      condition: not(some(storages, (storage) => and(isIt(storage), not(isTaking(storage))))),
      message: `${named} does not have the content type ${label} on node ${formatValue(name)}; enable it (Datacenter → Storage), or write one that has it, here: ${others}`,
    },
    isUsable: {
      condition: not(some(storages, (storage) => and(isIt(storage), not(isOn(storage))))),
      message: `${named} is disabled or not active on node ${formatValue(name)}; enable it, or write one with the content type ${label}, here: ${others}`,
    },
  };
}

/** Checks that the storage at `path` of the props is there, can be used, and takes such content. */
export const checkContent = (...of: Parameters<typeof storageChecks>): Check[] => Object.values(storageChecks(...of));
