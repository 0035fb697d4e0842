import { EventEmitter } from "node:events";
import { Access, type Account } from "./access";
import { ApiError } from "./api-error";
import { BackupJobs } from "./backup-job";
import { type HostOptions, ProxmoxHost } from "./host";
import { ProxmoxInterface, type ProxmoxVersion, proxmoxVersions } from "./interface/schema";
import { PciMappings } from "./pci-mapping";
import type { VirtualMachine } from "./virtual-machine";

/** A cluster, as it was set up; the options of a node are those of the first. */
export interface ClusterOptions extends HostOptions {
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
  /**
   * The other nodes.
   *
   * @default - none
   */
  readonly furtherNodes?: readonly (HostOptions & { readonly node: string })[];
}

export interface Pool {
  readonly comment?: string;
  /** VM ids. */
  readonly members: Set<number>;
}

/** Nodes that know the same accounts, mappings, backup jobs, pools and VM ids. */
export class Cluster {
  readonly version: ProxmoxVersion;
  readonly release: string;
  readonly proxmox: ProxmoxInterface;
  readonly access: Access;
  readonly mappings = new PciMappings();
  readonly backupJobs = new BackupJobs();
  readonly pools = new Map<string, Pool>();
  /** What every node tells of its certificates. */
  certificates: readonly object[] = [];
  /** Guests hear that their VM was switched on or off. */
  readonly power = new EventEmitter<{ on: [VirtualMachine]; off: [VirtualMachine]; destroyed: [VirtualMachine] }>();
  /** The one that is asked first. */
  readonly hosts: readonly [ProxmoxHost, ...ProxmoxHost[]];

  constructor(options: ClusterOptions = {}) {
    this.version = options.version ?? (proxmoxVersions.at(-1) as ProxmoxVersion);
    this.release = options.release ?? this.version;
    this.proxmox = ProxmoxInterface.of(this.version);
    const poolOf = (vmid: number) => [...this.pools].find(([, { members }]) => members.has(vmid))?.[0];
    this.access = new Access(options.accounts ?? [{ id: "root@pam", secret: "proxmox" }], this.version, poolOf);
    const others = (options.furtherNodes ?? []).map((node) => new ProxmoxHost(this, node));
    this.hosts = [new ProxmoxHost(this, options), ...others];
  }

  host(node: string): ProxmoxHost {
    const host = this.hosts.find((candidate) => candidate.node === node);
    if (!host) {
      throw new ApiError(
        500,
        `hostname lookup '${node}' failed - failed to get address info for: ${node}: Name or service not known`,
      );
    }
    return host;
  }

  /** VMs of all nodes with the node that each is on. */
  get vms(): { readonly vm: VirtualMachine; readonly host: ProxmoxHost }[] {
    return this.hosts.flatMap((host) => [...host.vms.values()].map((vm) => ({ vm, host })));
  }

  /** VM ids are the cluster's. */
  demandFree(id: number): void {
    const taken = this.vms.find(({ vm }) => vm.id === id);
    if (taken) throw new Error(`VM ${id} already exists on node '${taken.host.node}'`);
  }

  get nextId(): number {
    const taken = new Set(this.vms.map(({ vm }) => vm.id));
    let id = 100;
    while (taken.has(id)) id += 1;
    return id;
  }
}
