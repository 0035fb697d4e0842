import type { Resource } from "@cdktf/provider-null/lib/resource";
import { type ITerraformDependable, Lazy, type TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { DataTalosMachineConfiguration } from "../../.gen/providers/talos/data-talos-machine-configuration";
import { MachineConfigurationApply } from "../../.gen/providers/talos/machine-configuration-apply";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { withoutPrefix } from "../rules/ip-address";
import { literalText } from "../rules/text";
import { at, resourceAddress } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { TalosRelease } from "./image";
import type { TalosMachine } from "./machine";
import { type NodeTaint, taintPatch } from "./node-taint";
import type { NvidiaDriver } from "./nvidia-driver";
import * as nvidia from "./nvidia-driver";
import {
  hostnamePatch,
  installPatch,
  networkPatch,
  nodeIpPatch,
  renderPatch,
  subnetsPatch,
  type TalosPatch,
} from "./patch";
import { type UpgradeTarget, upgradeTalos } from "./upgrade";

/** A machine, and what it is in its cluster. */
export interface Member {
  /** Where the props describe the machine, for messages. */
  readonly path: string;
  readonly role: "controlplane" | "worker";
  readonly machine: TalosMachine;
  /** The Talos to run, and where the props describe it. */
  readonly release: { readonly path: string; readonly talos: TalosRelease };
  readonly installDisk: string;
  /** Names of its resources in Terraform. */
  readonly names: { readonly configuration: string; readonly upgrade: string };
  /** Id of the construct of what belongs to it alone; without one it belongs to the cluster itself. */
  readonly construct?: string;
}

/** What the nodes of a cluster have in common. */
export interface Cluster {
  readonly clusterName: string;
  readonly endpoint: string;
  readonly secrets: MachineSecrets;
  readonly upgradeTarget: Omit<UpgradeTarget, "node" | "cluster">;
  /** Address of the first control plane. */
  readonly firstAddress: string;
  readonly outputDirectory: string;
  /** Address that the control planes share. */
  readonly virtualAddress?: string;
  /** Patches of all nodes, before those that are added to a node, and after them. */
  readonly patches: { readonly first: readonly TalosPatch[]; readonly last: readonly TalosPatch[] };
}

/** A machine of a cluster: its configuration, and the steps that bring it there. */
export class TalosNode {
  /** Host name, and name in Kubernetes. */
  readonly name: string;
  readonly role: Member["role"];
  readonly machine: TalosMachine;
  /** Address, without prefix length. */
  readonly address: string;
  /** Disk that Talos is installed to. */
  readonly installDisk: string;
  /** The NVIDIA driver of its Talos; undefined without one. */
  readonly nvidia?: NvidiaDriver;
  readonly machineConfiguration: DataTalosMachineConfiguration;
  /** The upgrade of Talos; undefined where no installer is known. */
  readonly talosUpgrade?: Resource;
  /** It comes after the upgrades of all nodes. */
  readonly configurationApply: MachineConfigurationApply;
  /** After it the node runs the wanted Talos, where it runs one at all; undefined where nothing is to be done for that. */
  readonly installed?: ITerraformDependable;

  private readonly patches: TalosPatch[];
  private readonly ownTaints: NodeTaint[] = [];

  /** @param before the upgrade of the node before, which has to be well again first */
  constructor(scope: Construct, member: Member, cluster: Cluster, before?: TalosNode) {
    const { machine, names, role } = member;
    const { talos } = member.release;
    const { secrets, patches, upgradeTarget: target } = cluster;
    this.name = machine.name;
    this.role = role;
    this.machine = machine;
    this.address = addressOf(machine);
    this.installDisk = member.installDisk;
    this.nvidia = talos.nvidia;
    const subnets = subnetsPatch(this.address);
    this.patches = [
      installPatch(this.installDisk, talos.installer),
      networkPatch(machine, role === "controlplane" ? cluster.virtualAddress : undefined),
      hostnamePatch(target.talosVersion, machine.name),
      nodeIpPatch(this.address),
      ...(subnets ? [subnets] : []),
      ...patches.first,
      ...(talos.nvidia ? [nvidia.patch(target.talosVersion)] : []),
    ];
    this.machineConfiguration = at(
      names.configuration,
      new DataTalosMachineConfiguration(scope, "MachineConfiguration", {
        clusterName: cluster.clusterName,
        clusterEndpoint: cluster.endpoint,
        machineType: role,
        machineSecrets: secrets.machineSecrets,
        talosVersion: target.talosVersion,
        kubernetesVersion: target.kubernetesVersion,
        configPatches: Lazy.listValue({ produce: () => [...this.patches, ...patches.last].map(renderPatch) }),
      }),
    );
    if (talos.installer !== undefined) {
      const installer = literalText(talos.installer);
      this.talosUpgrade = at(
        names.upgrade,
        nullResource(scope, "UpgradeTalos", {
          triggers: { installer },
          provisioners: [upgradeTalos(targetOf(member, cluster), installer, literalText(cluster.outputDirectory))],
          dependsOn: given(machine.resource, before?.installed),
        }),
      );
    }
    this.installed = this.talosUpgrade ?? machine.resource;
    this.configurationApply = at(
      names.configuration,
      new MachineConfigurationApply(scope, "MachineConfigurationApply", {
        nodeAttribute: this.address,
        clientConfiguration: secrets.clientConfiguration,
        machineConfigurationInput: this.machineConfiguration.machineConfiguration,
        // A configuration that is not known at plan can be that of a new resource alone: for one that is there, the provider
        // plans the one before: https://github.com/siderolabs/terraform-provider-talos/issues/352
        lifecycle: replacedWith(machine, talos),
      }),
    );
  }

  /** Adds a patch of the machine configuration; those of the cluster's props come after it and win. */
  addConfigPatch(patch: TalosPatch): void {
    this.patches.push(patch);
  }

  /** What keeps pods without a toleration off the node. */
  get taints(): readonly NodeTaint[] {
    return this.ownTaints;
  }

  /** Keeps pods without a toleration off the node. On a worker that has joined, a step of its cluster does that. */
  addTaint(taint: NodeTaint): void {
    this.ownTaints.push(taint);
    this.addConfigPatch(taintPatch(this.role, taint));
  }
}

/** The node, for an upgrade. */
export const targetOf = ({ machine, role, construct }: Member, cluster: Cluster): UpgradeTarget => ({
  ...cluster.upgradeTarget,
  node: addressOf(machine),
  cluster:
    construct === undefined
      ? undefined
      : {
          name: machine.name.toLowerCase(),
          // Workers pass no calls on, and have no answer to some.
          endpoint: role === "controlplane" ? addressOf(machine) : cluster.firstAddress,
          isFirst: addressOf(machine) === cluster.firstAddress,
        },
});

/** The machine's address, without prefix length. */
export const addressOf = ({ address = "" }: TalosMachine): string => withoutPrefix(address);

const given = (...dependencies: (ITerraformDependable | undefined)[]): ITerraformDependable[] | undefined => {
  const all = dependencies.filter((each) => each !== undefined);
  return all.length > 0 ? all : undefined;
};

/** The lifecycle of what is made anew with these: the provider does not see that a machine is another one. */
export const replacedWith = (...made: readonly { readonly resource?: TerraformResource }[]) => {
  const ids = made.flatMap(({ resource }) => (resource ? [idOf(resource)] : []));
  return ids.length > 0 ? { replaceTriggeredBy: ids } : undefined;
};

/** A reference to the resource's id, as `replace_triggered_by` takes it. */
export const idOf = (resource: TerraformResource): string => `${resourceAddress(resource)}.id`;
