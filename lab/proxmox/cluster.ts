import { ApiError } from "./api-error";
import { ClusterState, type ClusterStateOptions } from "./cluster-state";
import { type HostOptions, ProxmoxHost } from "./host";
import type { VirtualMachine } from "./virtual-machine";

/** A cluster, as it was set up; the options of a node are those of the first. */
export interface ClusterOptions extends ClusterStateOptions, HostOptions {
  /**
   * The other nodes.
   *
   * @default - none
   */
  readonly furtherNodes?: readonly (HostOptions & { readonly node: string })[];
}

/** Nodes that know the same accounts, mappings, backup jobs, pools and VM ids. */
export class Cluster extends ClusterState {
  /** The one that is asked first. */
  readonly hosts: readonly [ProxmoxHost, ...ProxmoxHost[]];

  constructor(options: ClusterOptions = {}) {
    super(options);
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
