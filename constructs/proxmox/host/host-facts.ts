import { Construct } from "constructs";
import { DataProxmoxDatastores } from "../../../.gen/providers/proxmox/data-proxmox-datastores";
import { DataProxmoxHardwareMappings } from "../../../.gen/providers/proxmox/data-proxmox-hardware-mappings";
import { DataProxmoxHardwarePci } from "../../../.gen/providers/proxmox/data-proxmox-hardware-pci";
import { DataProxmoxVersion } from "../../../.gen/providers/proxmox/data-proxmox-version";
import { DataProxmoxVirtualEnvironmentNode } from "../../../.gen/providers/proxmox/data-proxmox-virtual-environment-node";
import { expression } from "../../rules/expression";
import { withLogicalId } from "../../terraform/logical-id";
import { eachOf, type Rows, RowsAtPlan, type Values } from "../../terraform/rows";
import type { ProxmoxConnection } from "../connection";
import { inStack } from "../endpoint";
import { checkNodeName } from "../name";

/** A function of a PCI device of a host. Text that the host lacks is empty. */
export interface HostDevice {
  /** Address with domain and function: `0000:01:00.0`. */
  readonly id: string;
  /** Class, such as `0x030000` for a graphics card. */
  readonly class: string;
  /** Such as `0x10de`. */
  readonly vendor: string;
  /** Such as `0x2684`. */
  readonly device: string;
  /** Such as `AD102 [GeForce RTX 4090]`. */
  readonly name: string;
  readonly subsystemVendor: string;
  readonly subsystemDevice: string;
  /** −1 where there is none. */
  readonly iommuGroup: number;
  /** Whether it can be divided into mediated devices. */
  readonly mdev: unknown;
}

/** A storage as a node sees it. */
export interface HostStorage {
  readonly name: string;
  /** Such as `lvmthin` or `nfs`. */
  readonly type: unknown;
  /** What it may hold, such as `images` and `import`. */
  readonly content: Values<string>;
  readonly enabled: unknown;
  readonly active: unknown;
  /** Whether all nodes that have it see the same volumes. */
  readonly shared: unknown;
  /** Bytes. */
  readonly available: number;
}

/** What Proxmox finds wrong with a resource mapping on a node. */
export interface MappingProblem {
  readonly mapping: string;
  readonly message: string;
}

/**
 * What a Proxmox node tells of itself. Rules ask it of a host that Terraform will read as of one that is known, and each
 * member only where they need it.
 */
export interface Host {
  /** The node's. */
  readonly name: string;
  readonly devices: Rows<HostDevice>;
  readonly storages: Rows<HostStorage>;
  /** Names of the cluster's mappings of PCI devices. */
  readonly mappings: Values<string>;
  readonly mappingProblems: Rows<MappingProblem>;
  /** Version of Proxmox VE, such as `9.2.6`. */
  readonly version: string;
  /** Bytes. */
  readonly memory: number;
  /** Threads of the processors. */
  readonly cpus: number;
}

const eachDevice = eachOf<HostDevice>("device", {
  id: ["id", "text"],
  class: ["class", "text"],
  vendor: ["vendor", "text"],
  device: ["device", "text"],
  name: ["device_name", "text"],
  subsystemVendor: ["subsystem_vendor", "text"],
  subsystemDevice: ["subsystem_device", "text"],
  iommuGroup: ["iommu_group", "number"],
  mdev: ["mdev", "flag"],
});

const eachStorage = eachOf<HostStorage>("storage", {
  name: ["id", "text"],
  type: ["type", "text"],
  content: ["content_types", "texts"],
  enabled: ["enabled", "flag"],
  active: ["active", "flag"],
  shared: ["shared", "flag"],
  available: ["space_available", "amount"],
});

const eachMappingProblem = eachOf<MappingProblem>("check", {
  mapping: ["mapping_id", "text"],
  message: ["message", "text"],
});

/** The node's facts, for all that a stack asks of it; undefined if it is not to be asked. */
export function hostOf(connection: ProxmoxConnection | undefined, node: string): Host | undefined {
  if (!connection?.checkHost) return undefined;
  const id = `Host ${inStack(connection, node)}`;
  return (connection.node.tryFindChild(id) as HostFacts | undefined) ?? new HostFacts(connection, id, node);
}

/** Data sources, each made when it is asked for first: the stack asks a host no more than it needs, and that once. */
class HostFacts extends Construct implements Host {
  private readonly first?: HostFacts;
  private readonly address: string;
  private readonly asked = new Map<string, unknown>();

  constructor(
    private readonly connection: ProxmoxConnection,
    id: string,
    readonly name: string,
  ) {
    super(connection, id);
    const earlier = connection.node.children.filter((child) => child instanceof HostFacts && child !== this);
    this.first = earlier[0] as HostFacts | undefined;
    const prefix = connection.provider ? `${connection.name}_host` : "host";
    // A name that no node has is refused by its rule.
    const namesResources = checkNodeName("", name).condition === true;
    this.address = this.first ? `${prefix}_${namesResources ? name : earlier.length + 1}` : prefix;
  }

  get devices(): Rows<HostDevice> {
    return this.once("Devices", (id) => {
      const { fqn } = this.at(new DataProxmoxHardwarePci(this, id, { ...this.asking, nodeName: this.name }));
      return new RowsAtPlan(expression`${fqn}.devices`, eachDevice);
    });
  }

  get storages(): Rows<HostStorage> {
    return this.once("Storages", (id) => {
      const { fqn } = this.at(new DataProxmoxDatastores(this, id, { ...this.asking, nodeName: this.name }));
      return new RowsAtPlan(expression`${fqn}.datastores`, eachStorage);
    });
  }

  get mappings(): Values<string> {
    return expression`${this.mappingSource}.ids`;
  }

  get mappingProblems(): Rows<MappingProblem> {
    return this.once("Mapping problems", () => {
      // The provider has null if there is none.
      return new RowsAtPlan(expression`coalesce(${this.mappingSource}.checks, [])`, eachMappingProblem);
    });
  }

  get version(): string {
    // All nodes of a cluster answer alike.
    return this.first
      ? this.first.version
      : this.once("Version", (id) => this.at(new DataProxmoxVersion(this, id, this.asking)).version);
  }

  get memory(): number {
    return this.status.memoryTotal;
  }

  get cpus(): number {
    return this.status.cpuCount;
  }

  private get status(): DataProxmoxVirtualEnvironmentNode {
    return this.once("Status", (id) => {
      const config = { ...this.asking, nodeName: this.name };
      return this.at(new DataProxmoxVirtualEnvironmentNode(this, id, config));
    });
  }

  private get mappingSource(): string {
    return this.once("Mappings", (id) => {
      const config = { ...this.asking, type: "pci", checkNode: this.name };
      return this.at(new DataProxmoxHardwareMappings(this, id, config)).fqn;
    });
  }

  private get asking() {
    return { provider: this.connection.provider };
  }

  private at<Source extends Parameters<typeof withLogicalId>[1]>(source: Source): Source {
    return withLogicalId(this.address, source);
  }

  private once<Fact>(id: string, ask: (id: string) => Fact): Fact {
    if (!this.asked.has(id)) this.asked.set(id, ask(id));
    return this.asked.get(id) as Fact;
  }
}
