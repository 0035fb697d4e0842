/** A resource mapping of the cluster, as `GET /cluster/mapping/pci` lists it. */
export interface MappingRow {
  readonly id: string;
  /** Property strings, one for each device. */
  readonly map?: readonly string[];
  readonly mdev?: number | boolean;
  readonly checks?: readonly { readonly severity?: string; readonly message?: string }[];
}

/** A resource mapping, as a node sees it. */
export interface HostMapping {
  readonly name: string;
  /** Addresses on this node, as `lspci` prints them; none if the mapping is of other nodes. */
  readonly addresses: readonly string[];
  /** Whether it is for mediated devices. */
  readonly isMediated: boolean;
  /** What Proxmox finds wrong with it on this node; nothing when a VM may use it. */
  readonly problems: readonly string[];
}

export const mappingOf = ({ id, map = [], mdev, checks = [] }: MappingRow, node: string): HostMapping => ({
  name: id,
  addresses: map
    .map((entry) => new Map(entry.split(",").map((part) => part.split("=") as [string, string])))
    .filter((entry) => entry.get("node") === node)
    .flatMap((entry) => entry.get("path")?.split(";") ?? [])
    .map((path) => path.replace(/^0000:/, "")),
  isMediated: Number(mdev ?? 0) === 1,
  problems: checks.flatMap(({ message }) => (message ? [message.trim()] : [])),
});
