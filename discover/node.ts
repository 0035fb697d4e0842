import type { HostStorage as StorageFacts } from "../constructs/proxmox/host/host-facts";
import type { ProxmoxApi } from "./api";
import { gpusOf, type HostGpu, type PciRow } from "./gpu";
import { type HostMapping, type MappingRow, mappingOf } from "./mapping";

/** A storage as the rules know it, with what a person asks of it beside. */
export interface HostStorage extends StorageFacts {
  readonly content: readonly string[];
  /** Proxmox's storage type, such as `dir` or `lvmthin`. */
  readonly type: string;
  /** Bytes. */
  readonly total: number;
}

/** A bridge for VMs. */
export interface HostBridge {
  readonly name: string;
  /** The node's own address there, with prefix length. */
  readonly cidr?: string;
  readonly gateway?: string;
}

/** How a node boots, for advice. */
export interface Boot {
  readonly kernel: string;
  readonly isEfi: boolean;
  readonly isSecure: boolean;
}

/** A node of a cluster; what the account may not know, or the node does not report, is undefined. */
export interface HostNode {
  readonly name: string;
  readonly isOnline: boolean;
  /** Threads of the processors. */
  readonly cpus?: number;
  readonly processor?: string;
  /** Bytes. */
  readonly memory?: number;
  readonly boot?: Boot;
  readonly gpus?: readonly HostGpu[];
  readonly storages: readonly HostStorage[];
  readonly bridges: readonly HostBridge[];
  readonly mappings: readonly HostMapping[];
}

export interface NodeRow {
  readonly node: string;
  readonly status?: string;
}

interface StatusRow {
  readonly cpuinfo?: { readonly model?: string; readonly cpus?: number };
  readonly memory?: { readonly total?: number };
  readonly "current-kernel"?: { readonly release?: string };
  readonly "boot-info"?: { readonly mode?: string; readonly secureboot?: number | string };
}

interface StorageRow {
  readonly storage: string;
  readonly type?: string;
  readonly content?: string;
  readonly active?: number;
  readonly enabled?: number;
  readonly shared?: number;
  readonly avail?: number;
  readonly total?: number;
}

interface NetworkRow {
  readonly iface: string;
  readonly cidr?: string;
  readonly gateway?: string;
}

/** Asks a node for all that it tells. */
export async function readNode(api: ProxmoxApi, { node, status }: NodeRow): Promise<HostNode> {
  // Of a node that is off, the others know no more.
  if (status !== "online") {
    return { name: node, isOnline: false, storages: [], bridges: [], mappings: [] };
  }
  const path = `/nodes/${encodeURIComponent(node)}`;
  const state = await api.get<StatusRow>(`${path}/status`);
  const devices = await api.get<readonly PciRow[]>(`${path}/hardware/pci`);
  const storages = await api.get<readonly StorageRow[]>(`${path}/storage`);
  const networks = await api.get<readonly NetworkRow[]>(`${path}/network?type=any_bridge`);
  const mappings = await api.get<readonly MappingRow[]>(`/cluster/mapping/pci?check-node=${encodeURIComponent(node)}`);
  return {
    name: node,
    isOnline: true,
    cpus: state?.cpuinfo?.cpus,
    processor: state?.cpuinfo?.model,
    memory: state?.memory?.total,
    boot: state && bootOf(state),
    gpus: devices && gpusOf(devices),
    storages: (storages ?? []).map(storageOf),
    bridges: (networks ?? []).map(({ iface, cidr, gateway }) => ({ name: iface, cidr, gateway })),
    mappings: (mappings ?? []).map((row) => mappingOf(row, node)),
  };
}

const bootOf = ({ "current-kernel": kernel, "boot-info": boot }: StatusRow): Boot => ({
  kernel: kernel?.release ?? "",
  isEfi: boot?.mode === "efi",
  isSecure: Number(boot?.secureboot ?? 0) === 1,
});

const storageOf = ({ storage, type, content, active, enabled, shared, avail, total }: StorageRow): HostStorage => ({
  name: storage,
  type: type ?? "",
  content: content?.split(",") ?? [],
  enabled: enabled !== 0,
  active: active === 1,
  shared: shared === 1,
  available: avail ?? 0,
  total: total ?? 0,
});
