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

/** What a storage is for, as Proxmox's API and its interface call it, and in a sentence. */
export interface Content {
  readonly kind: Parameters<typeof takes>[1];
  readonly label: string;
  readonly plural: string;
}

export const imports: Content = { kind: "import", label: "Import", plural: "imports" };
export const images: Content = { kind: "images", label: "Disk image", plural: "disk images" };
export const isos: Content = { kind: "iso", label: "ISO image", plural: "ISO images" };
export const backups: Content = { kind: "backup", label: "Backup", plural: "backups" };

/** Checks of the storage at `path` of the props: that it is there, that it takes such content, that it can be used. */
export function storageChecks(
  path: string,
  datastore: string,
  { storages, name }: Host,
  { kind, label, plural }: Content,
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
      message: `${named} is no storage of node ${formatValue(name)}, or the account lacks Datastore.Audit on it; write one that takes ${plural}, which are ${others}`,
    },
    isFit: {
      condition: not(some(storages, (storage) => and(isIt(storage), not(isTaking(storage))))),
      message: `${named} takes no ${plural} on node ${formatValue(name)}; enable the content type ${label} (Datacenter → Storage), or write one that does, which are ${others}`,
    },
    isUsable: {
      condition: not(some(storages, (storage) => and(isIt(storage), not(isOn(storage))))),
      message: `${named} is disabled or not active on node ${formatValue(name)}; enable it, or write one that takes ${plural}, which are ${others}`,
    },
  };
}

/** Checks that the storage at `path` of the props is there, can be used, and takes such content. */
export const checkContent = (...of: Parameters<typeof storageChecks>): Check[] => Object.values(storageChecks(...of));
