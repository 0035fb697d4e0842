import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { ruledData } from "../props/plain-data";
import {
  type Field,
  listOf,
  nonEmptyListOf,
  objectOf,
  type Parsed,
  required,
  type Schema,
  staticEnumOf,
  string,
  unchecked,
} from "../props/schema";
import { claim } from "../rules/claims";
import { lowerCase } from "../rules/expression";
import { addPreconditions, enforce } from "../rules/rule";
import { TalosClusterBase } from "./cluster-base";
import * as members from "./cluster-machine-rules";
import { baseSchema, type Described, releaseSchema, type TalosClusterBaseProps } from "./cluster-props";
import type { TalosRelease } from "./image";
import type { TalosMachine } from "./machine";
import * as machine from "./machine";
import { claimVirtualAddress } from "./network-claims";
import { type Member, withSameMachine } from "./node";
import { asEndpoint } from "./node-endpoint";
import { membershipsOf } from "./node-removal";
import type { TalosPatch } from "./patch/patch";
import { givenAs } from "./patch/protected-setting";
import * as singleNode from "./single-node";
import { moveFromSingleNode } from "./single-node-move";
import { workerTaintsOf } from "./worker-taints";

/** A machine that differs from the rest of its cluster, such as one whose Talos has an NVIDIA driver. */
export interface TalosMachineWithRelease {
  /** The machine, such as a `ProxmoxGpuVm`. */
  readonly machine: TalosMachine;

  /**
   * The Talos to run, of the cluster's version.
   *
   * @default - the cluster's
   */
  readonly talos?: TalosRelease;

  /**
   * Disk to install to.
   *
   * @default - the machine's
   */
  readonly installDisk?: string;

  /**
   * Further patches of this machine's configuration alone, applied after those of its role.
   *
   * @default - none
   */
  readonly configPatches?: readonly TalosPatch[];
}

/** A machine of a cluster: one like the others, or one with a Talos or patches of its own. */
export type TalosClusterMachine = TalosMachine | TalosMachineWithRelease;

/** The machines of a cluster, and what they run. */
export interface TalosClusterProps extends TalosClusterBaseProps {
  /**
   * URL of the Kubernetes API, such as that of a load balancer in front of the control plane nodes.
   *
   * @default - https at port 6443 of the virtual IP, or of the only control plane
   */
  readonly endpoint?: string;

  /** Machines with etcd and the Kubernetes API: one, three or five. etcd starts on the first. */
  readonly controlPlanes: readonly TalosClusterMachine[];

  /**
   * Machines for workloads.
   *
   * @default - none
   */
  readonly workers?: readonly TalosClusterMachine[];

  /**
   * Address without prefix length, such as `192.168.1.60`, an unused IP in the control plane nodes' subnet: one of them
   * holds it at any time, and another one takes it over if that one fails.
   *
   * @default - none
   * @see https://docs.siderolabs.com/talos/v1.13/networking/advanced/vip
   */
  readonly virtualAddress?: string;

  /**
   * Let control plane nodes run workloads too.
   *
   * @default - only if there are no workers, or if a single node has grown
   */
  readonly schedulingOnControlPlanes?: boolean;

  /**
   * Further patches of the control plane nodes' configuration, applied after `configPatches`. Keys that only control plane nodes have,
   * such as `cluster.etcd`, may be in `configPatches` too: they never reach a worker.
   *
   * @default - none
   */
  readonly controlPlanePatches?: readonly TalosPatch[];

  /**
   * Further patches of the workers' configuration, applied after `configPatches`.
   *
   * @default - none
   */
  readonly workerPatches?: readonly TalosPatch[];

  /**
   * The first control plane node has been the machine of a `TalosSingleNode`, which this cluster takes over as it runs, pods
   * included. With `moved`, its resources get this cluster's names by `moved` blocks; with `kept`, they keep those of the
   * `TalosSingleNode`.
   *
   * @default - the first control plane node is one like the others
   */
  readonly fromSingleNode?: "moved" | "kept";
}

const withRelease = objectOf<TalosMachineWithRelease>({
  machine: required(machine.schema),
  talos: releaseSchema,
  installDisk: string,
  configPatches: listOf(ruledData()),
});

const clusterMachine: Field<TalosClusterMachine> = {
  ...machine.schema,
  fields: { ...machine.schema.fields, ...withRelease.fields },
  parse: (value, path, report) => (hasRelease(value) ? withRelease : machine.schema).parse(value, path, report),
};

const hasRelease = (value: unknown): value is TalosMachineWithRelease =>
  typeof value === "object" && value !== null && ("machine" in value || ("talos" in value && !("name" in value)));

export const schema: Schema<TalosClusterProps> = {
  ...baseSchema,
  controlPlanes: required(nonEmptyListOf(clusterMachine, "one machine, or three")),
  workers: listOf(clusterMachine),
  virtualAddress: string,
  schedulingOnControlPlanes: unchecked(),
  controlPlanePatches: listOf(ruledData()),
  workerPatches: listOf(ruledData()),
  fromSingleNode: staticEnumOf(["moved", "kept"]),
};

/**
 * A Kubernetes cluster of several Talos nodes, on one host or many. Its resources for each machine are named after it.
 *
 * @example
 * new TalosCluster(stack, "cluster", {
 *   clusterName: "talos-gpu",
 *   talos,
 *   controlPlanes: [
 *     { name: "control-1", address: "192.168.1.51/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
 *     { name: "control-2", address: "192.168.1.52/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
 *     { name: "control-3", address: "192.168.1.53/24", gateway: "192.168.1.1", installDisk: "/dev/sda" },
 *   ],
 *   virtualAddress: "192.168.1.49",
 *   workers: [vm],
 * });
 *
 * @see https://docs.siderolabs.com/talos/v1.13/getting-started/prodnotes
 */
export class TalosCluster extends TalosClusterBase<TalosClusterProps> {
  /** Steps by which each node leaves the cluster before its machine is destroyed. */
  readonly memberships: Resource;
  /** Tells these steps that the whole cluster is destroyed. */
  readonly whole: Resource;
  /** Steps that taint workers that have joined; undefined without workers. */
  readonly workerTaints?: Resource;
  /** Step that lets the node of a former `TalosSingleNode` run pods; undefined elsewhere. */
  readonly taintRemoval?: Resource;

  constructor(scope: Construct, id: string, props: TalosClusterProps) {
    super(scope, id, props, schema, describe);
    const { members: all } = this.described;
    const own = all.flatMap((member) => (withSameMachine(all, member) ? [] : this.claimOwn(member)));
    const preconditions = enforce(this, members.rules, {
      ...this.described,
      own,
      version: this.talosVersion,
      outputDirectory: this.outputDirectory,
      sameIpAddresses: claimVirtualAddress(this, this.described),
    });
    addPreconditions(this.machineSecrets, preconditions);
    const { last, memberships, whole } = membershipsOf(this, this.nodes, this.outputDirectory, [
      this.kubeconfigFile,
      this.talosconfigFile,
    ]);
    this.memberships = memberships;
    this.whole = whole;
    if (this.described.fromSingleNode === "moved") moveFromSingleNode(this.nodes[0]);
    if (this.isGrown && this.schedulingOnControlPlanes) this.taintRemoval = this.createTaintRemoval();
    const workers = this.nodes.filter(({ role }) => role === "worker");
    if (workers.length === 0) return;
    this.workerTaints = workerTaintsOf(this, workers, this.outputDirectory, [last, this.apiReady]);
    whole.dependsOn?.push(dependable(this.workerTaints));
  }

  override get untainted(): ITerraformDependable {
    return this.taintRemoval ?? super.untainted;
  }

  /** Claims what no other machine of the cluster may have. */
  private claimOwn({ path, machine, construct = "" }: Member): members.Own[] {
    const by = this.node.findChild(construct) as Construct;
    const own = (path: string, what: string, value: string, isVm = false): members.Own => {
      const key = lowerCase(value);
      const earlier = claim(`${what} of ${this.node.path}`, key, { key, isVm }, by, path)
        // VMs have compared theirs already.
        .filter((each) => !(isVm && each.value.isVm));
      return { path, value, key, earlier };
    };
    const { name, macAddress, interfaces = [] } = machine;
    const macAddresses = new Set([macAddress, ...interfaces.map((each) => each.macAddress)]);
    return [
      own(`${path}.name`, "names", name),
      ...[...macAddresses].flatMap((mac) =>
        mac === undefined ? [] : own(`${path}.macAddress`, "MAC addresses", mac, Construct.isConstruct(machine)),
      ),
    ];
  }
}

function describe(props: Parsed<TalosClusterProps>): Described {
  const { talos, controlPlanes, workers = [], virtualAddress, endpoint, fromSingleNode } = props;
  const taken = new Set<string>();
  const ofRole = {
    controlPlanes: givenAs("controlPlanePatches", props.controlPlanePatches),
    workers: givenAs("workerPatches", props.workerPatches),
  };
  const member = (list: "controlPlanes" | "workers", each: TalosClusterMachine, index: number): Member => {
    const own: TalosMachineWithRelease = hasRelease(each) ? each : { machine: each };
    const role = list === "workers" ? "worker" : "controlplane";
    const { name } = own.machine;
    // Another name is refused; until then it must not be in the way of the other problems.
    const isFree = members.namesResources(name) && !taken.has(name.toLowerCase());
    const id = isFree ? name : `${role}_${index + 1}`;
    // Constructs beside the machines have ids with upper-case letters, except files, whose ids change if a machine has the same.
    const construct = id.toLowerCase();
    taken.add(construct);
    return {
      path: hasRelease(each) ? `${list}[${index}].machine` : `${list}[${index}]`,
      role,
      machine: own.machine,
      release: own.talos ? { path: `${list}[${index}].talos`, talos: own.talos } : { path: "talos", talos },
      installDisk: own.installDisk ?? own.machine.installDisk,
      names:
        fromSingleNode === "kept" && list === "controlPlanes" && index === 0
          ? singleNode.names
          : { configuration: id, upgrade: `upgrade_talos_${id}` },
      construct,
      configPatches: [...ofRole[list], ...givenAs(`${list}[${index}].configPatches`, own.configPatches)],
    };
  };
  // Where none is given, which is refused, one of which nothing is known.
  const [first = machine.schema.invalid(), ...others] = controlPlanes;
  return {
    members: [
      member("controlPlanes", first, 0),
      ...others.map((each, index) => member("controlPlanes", each, index + 1)),
      ...workers.map((each, index) => member("workers", each, index)),
    ],
    virtualAddress,
    endpoint: endpoint ?? (virtualAddress && asEndpoint(virtualAddress)),
    // A single node runs pods, which stay when others are added.
    schedulingOnControlPlanes:
      props.schedulingOnControlPlanes ?? (fromSingleNode !== undefined || workers.length === 0),
    fromSingleNode,
  };
}
