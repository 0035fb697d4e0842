import { EventEmitter } from "node:events";
import { Access, type Account } from "./access";
import { BackupJobs } from "./backup-job";
import { ProxmoxInterface, type ProxmoxVersion, proxmoxVersions } from "./interface/schema";
import { PciMappings } from "./pci-mapping";
import type { PciPassthrough } from "./pci-passthrough";
import type { Storage } from "./storage";
import type { VirtualMachine } from "./virtual-machine";

/** Of what version a cluster is, and who may log in. */
export interface ClusterStateOptions {
  /**
   * Whose interface, privileges and reasons are the cluster's.
   *
   * @default - the newest
   */
  readonly version?: ProxmoxVersion;
  /**
   * What `GET /version` says.
   *
   * @default - a release of the version
   */
  readonly release?: string;
  /** @default - root@pam with the password `proxmox` */
  readonly accounts?: readonly Account[];
}

export interface Pool {
  readonly comment?: string;
  /** VM ids. */
  readonly members: Set<number>;
}

/** What all nodes of a cluster know. */
export class ClusterState {
  readonly version: ProxmoxVersion;
  readonly release: string;
  readonly proxmox: ProxmoxInterface;
  readonly access: Access;
  readonly mappings = new PciMappings();
  readonly backupJobs = new BackupJobs();
  readonly pools = new Map<string, Pool>();
  /** Storages that several nodes see, by name. */
  readonly sharedStorages = new Map<string, Storage>();
  /** What every node tells of its certificates. */
  certificates: readonly object[] = [];
  /** Guests hear that their VM was switched on or off, and before that their agent is asked to shut down: what they do then is waited for. */
  readonly power = new EventEmitter<{
    on: [VirtualMachine];
    off: [VirtualMachine];
    destroyed: [VirtualMachine];
    leaving: [vm: VirtualMachine, work: Promise<void>[]];
  }>();
  /** Of each node, the PCI functions that its running VMs hold. */
  readonly passthroughs: PciPassthrough[] = [];

  constructor(options: ClusterStateOptions = {}) {
    this.version = options.version ?? (proxmoxVersions.at(-1) as ProxmoxVersion);
    this.release = options.release ?? this.version;
    this.proxmox = ProxmoxInterface.of(this.version);
    const poolOf = (vmid: number) => [...this.pools].find(([, { members }]) => members.has(vmid))?.[0];
    this.access = new Access(options.accounts ?? [{ id: "root@pam", secret: "proxmox" }], this.version, poolOf);
  }
}
