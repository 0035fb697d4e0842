import { isDeepStrictEqual } from "node:util";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { type ITerraformDependable, Lazy, type TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { DataTalosMachineConfiguration } from "../../.gen/providers/talos/data-talos-machine-configuration";
import { MachineConfigurationApply } from "../../.gen/providers/talos/machine-configuration-apply";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { withoutPrefix } from "../network/ip-address";
import { escapeTemplate } from "../rules/template";
import { resourceAddress, withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { TerraformData } from "../terraform/terraform-data";
import { type ClusterSubnets, subnetsOf } from "./cluster-subnets";
import { contractOf } from "./contract";
import { driversOf, type GpuDriver, nvidiaOf, recordOf } from "./driver";
import { joiningProvider, type TalosRelease } from "./image";
import type { TalosMachine } from "./machine";
import { type CheckedNode, configurationChange, nodeCheck } from "./node-check";
import { apiPort } from "./node-endpoint";
import { type DescribedNode, ownNetwork, ownSettings } from "./node-settings";
import { type NodeTaint, taintPatch } from "./node-taint";
import type { NvidiaDriver } from "./nvidia-driver";
import type { PatchJudge } from "./patch/judge";
import type { NodePatches } from "./patch/node-patches";
import {
  hostnamePatch,
  installPatch,
  networkPatch,
  nodeIpPatch,
  renderPatch,
  subnetsPatch,
  type TalosPatch,
} from "./patch/patch";
import { patchedValue } from "./patch/patched-value";
import type { GivenPatch, Protection } from "./patch/protected-setting";
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
  /** Patches of its machine configuration alone, and those of its role. */
  readonly configPatches?: readonly GivenPatch[];
}

/** The member before it that has the same machine, which its user gave twice. */
export const withSameMachine = (members: readonly Member[], member: Member): Member | undefined =>
  members
    .slice(0, members.indexOf(member))
    .find(({ machine }) => machine.name === member.machine.name && isSameMachine(machine, member.machine));

const isSameMachine = (one: TalosMachine, other: TalosMachine): boolean =>
  one === other || (![one, other].some(Construct.isConstruct) && isDeepStrictEqual(one, other));

/** What the nodes of a cluster have in common. */
export interface Cluster {
  readonly clusterName: string;
  readonly endpoint: string;
  readonly secrets: MachineSecrets;
  readonly upgradeTarget: Omit<UpgradeTarget, "node" | "cluster">;
  /** Address of the first control plane. */
  readonly firstAddress: string;
  readonly outputDirectory: string;
  /** Address that the control plane nodes share. */
  readonly virtualAddress?: string;
  /** Patches of the constructs for all nodes. */
  readonly requiredPatches: readonly TalosPatch[];
  /** The user's patches of all nodes. */
  readonly configPatches: readonly GivenPatch[];
  /** Holds all patches to the rules. */
  readonly judge: PatchJudge;
  readonly timeServers?: readonly string[];
  readonly schedulingOnControlPlanes: boolean;
  /** Whether it has one machine. */
  readonly isSingle: boolean;
}

/** A machine of a cluster: its configuration, and the steps that bring it there. */
export class TalosNode {
  /** Host name, and name in Kubernetes. */
  readonly name: string;
  /** What its resources in Terraform are named after. */
  readonly resourceName: string;
  readonly role: Member["role"];
  readonly machine: TalosMachine;
  /** Address, without prefix length. */
  readonly address: string;
  /** Disk that Talos is installed to. */
  readonly installDisk: string;
  /** The NVIDIA driver of its Talos; undefined without one. */
  readonly nvidia?: NvidiaDriver;
  /** The GPU drivers of its Talos. */
  readonly drivers: readonly GpuDriver[];
  readonly machineConfiguration: DataTalosMachineConfiguration;
  /** The upgrade of Talos; undefined if no installer is known. */
  readonly talosUpgrade?: Resource;
  /** It comes after the upgrades of all nodes. */
  readonly configurationApply: MachineConfigurationApply;
  /** Comes after the check of the node, and before anything that changes it. */
  readonly configurationChange: TerraformData;
  /** Checks the node before its configuration changes. */
  readonly check: Resource;
  /** Tells the check that the machine is replaced or destroyed. */
  readonly machineEnd: Resource;
  /** After it the node runs the wanted Talos, where it runs one at all; undefined if nothing is to be done for that. */
  readonly installed?: ITerraformDependable;

  private readonly ownTaints: NodeTaint[] = [];
  /** Patches of its machine configuration. */
  readonly patches: NodePatches;

  private readonly judge: PatchJudge;

  /** @param before the upgrade of the node before, which has to be well again first */
  constructor(scope: Construct, member: Member, cluster: Cluster, before?: TalosNode) {
    const { machine, names, role } = member;
    const { talos } = member.release;
    const { secrets, upgradeTarget: target, judge } = cluster;
    this.name = machine.name;
    this.resourceName = names.configuration;
    this.role = role;
    this.machine = machine;
    this.address = addressOf(machine);
    this.installDisk = member.installDisk;
    this.nvidia = nvidiaOf(talos);
    this.drivers = driversOf(talos);
    this.judge = judge;
    this.patches = judge.nodePatches(describedNode(member, cluster), [
      ...cluster.configPatches,
      ...(member.configPatches ?? []),
    ]);
    this.requireOwn(member, cluster);
    this.machineConfiguration = withLogicalId(
      names.configuration,
      new DataTalosMachineConfiguration(scope, "MachineConfiguration", {
        clusterName: cluster.clusterName,
        clusterEndpoint: cluster.endpoint,
        machineType: role,
        machineSecrets: secrets.machineSecrets,
        talosVersion: contractOf(secrets, target.talosVersion),
        kubernetesVersion: target.kubernetesVersion,
        configPatches: Lazy.listValue({ produce: () => this.patches.all.map(renderPatch) }),
      }),
    );
    this.configurationChange = configurationChange(scope, names.configuration, this.machineConfiguration);
    if (talos.installer !== undefined) {
      const installer = escapeTemplate(talos.installer);
      this.talosUpgrade = withLogicalId(
        names.upgrade,
        nullResource(scope, "UpgradeTalos", {
          triggers: { installer },
          scripts: [upgradeTalos(targetOf(member, cluster), installer)],
          dependsOn: allOf(machine.resource, before?.installed, this.configurationChange),
        }),
      );
    }
    this.installed = this.talosUpgrade ?? machine.resource;
    this.configurationApply = withLogicalId(
      names.configuration,
      new MachineConfigurationApply(scope, "MachineConfigurationApply", {
        ...(before && { provider: joiningProvider(scope) }),
        nodeAttribute: this.address,
        clientConfiguration: secrets.clientConfiguration,
        machineConfigurationInput: this.machineConfiguration.machineConfiguration,
        // A configuration that is not known at plan can be that of a new resource alone: for one that is there, the provider
        // plans the one before: https://github.com/siderolabs/terraform-provider-talos/issues/352
        lifecycle: replacedWith(machine, talos),
      }),
    );
    const checked = nodeCheck(scope, checkedNode(member, cluster), machine, this.configurationApply);
    this.check = checked.check;
    this.machineEnd = checked.machineEnd;
  }

  /** Adds a patch of the machine configuration; those of the cluster's props come after it and win. */
  addConfigPatch(patch: TalosPatch): void {
    this.judge.add(patch, [this.patches]);
  }

  /** Adds a construct's own patch, before those of users; with a protection, users' patches must keep its settings. */
  addRequiredPatch(patch: TalosPatch, protection?: Protection): void {
    this.patches.require(patch, protection);
  }

  private requireOwn({ machine, role, release: { talos } }: Member, cluster: Cluster): void {
    const { talosVersion } = cluster.upgradeTarget;
    const virtualAddress = role === "controlplane" ? cluster.virtualAddress : undefined;
    const subnets = subnetsPatch(this.address);
    // Props have rules of their own, and some settings may be changed.
    this.addRequiredPatch(installPatch(this.installDisk, talos.installer));
    this.addRequiredPatch(networkPatch(machine, virtualAddress), ownNetwork);
    this.addRequiredPatch(hostnamePatch(talosVersion, machine.name));
    this.addRequiredPatch(nodeIpPatch(this.address));
    if (subnets) this.addRequiredPatch(subnets);
    for (const patch of cluster.requiredPatches) this.addRequiredPatch(patch, ownSettings);
    for (const driver of this.drivers) this.addRequiredPatch(recordOf(driver).patch(driver, talosVersion), ownSettings);
  }

  /** What keeps pods without a toleration off the node. */
  get taints(): readonly NodeTaint[] {
    return this.ownTaints;
  }

  /** Keeps pods without a toleration off the node. On a worker that has joined, a step of its cluster does that. */
  addTaint(taint: NodeTaint): void {
    this.ownTaints.push(taint);
    this.addRequiredPatch(taintPatch(this.role, taint), ownSettings);
  }

  /** The subnets of pods and services, as far as patches are known by now. */
  get subnets(): readonly ClusterSubnets[] {
    return subnetsOf(this.address, this.patchesOfUser);
  }

  /** The port of its Kubernetes API, as far as patches are known by now. */
  get apiPort(): unknown {
    return (
      patchedValue(this.patchesOfUser, ["cluster", "controlPlane", "localAPIServerPort"], apiPort).value ?? apiPort
    );
  }

  private get patchesOfUser(): TalosPatch[] {
    return this.patches.ofUser.map(({ patch }) => patch);
  }
}

/** The node, for what protects its settings. */
const describedNode = ({ machine, role, installDisk, release }: Member, cluster: Cluster): DescribedNode => ({
  name: machine.name,
  role,
  installDisk,
  installer: release.talos.installer,
  version: cluster.upgradeTarget.talosVersion,
  clusterName: cluster.clusterName,
  endpoint: cluster.endpoint,
  kubernetesVersion: cluster.upgradeTarget.kubernetesVersion,
  schedulingOnControlPlanes: cluster.schedulingOnControlPlanes,
  address: addressOf(machine),
  timeServers: cluster.timeServers,
  isOnly: cluster.isSingle,
});

/** The node, for the check before its configuration changes. */
const checkedNode = ({ machine, names }: Member, { secrets, upgradeTarget }: Cluster): CheckedNode => ({
  name: names.configuration,
  address: addressOf(machine),
  ca: secrets.clientConfiguration.caCertificate,
  directory: upgradeTarget.directory,
  timeout: upgradeTarget.timeout,
});

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

/** Whether the machine is a control plane node. */
export const isControlPlane = ({ role }: Pick<Member, "role">): boolean => role === "controlplane";

/** The machine's address, without prefix length. */
export const addressOf = ({ address = "" }: TalosMachine): string => withoutPrefix(address);

const allOf = (...dependencies: (ITerraformDependable | undefined)[]): ITerraformDependable[] | undefined => {
  const all = dependencies.filter((each) => each !== undefined);
  return all.length > 0 ? all : undefined;
};

/** The lifecycle of what is replaced together with these: the provider does not detect that a machine is another one. */
export const replacedWith = (...made: readonly { readonly resource?: TerraformResource }[]) => {
  const ids = made.flatMap(({ resource }) => (resource ? [idOf(resource)] : []));
  return ids.length > 0 ? { replaceTriggeredBy: ids } : undefined;
};

/** A reference to the resource's id, as `replace_triggered_by` takes it. */
export const idOf = (resource: TerraformResource): string => `${resourceAddress(resource)}.id`;
