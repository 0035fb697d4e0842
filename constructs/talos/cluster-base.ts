import type { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, type ITerraformDependable, type Precondition } from "cdktf";
import { Construct } from "constructs";
import type { ClusterKubeconfig } from "../../.gen/providers/talos/cluster-kubeconfig";
import type { DataTalosClientConfiguration } from "../../.gen/providers/talos/data-talos-client-configuration";
import type { DataTalosMachineConfiguration } from "../../.gen/providers/talos/data-talos-machine-configuration";
import type { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import type { MachineConfigurationApply } from "../../.gen/providers/talos/machine-configuration-apply";
import { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { type Parsed, parseProps, type Schema } from "../props/schema";
import { placeInStack } from "../rules/argument";
import { enforceWhenComplete, lifecycleWith } from "../rules/rule";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep, nullResource } from "../terraform/null-resource";
import { stackSingleton } from "../terraform/stack-singleton";
import * as apiEndpoint from "./api-endpoint";
import { ApiWait } from "./api-wait";
import { bootstrapEtcd } from "./bootstrap";
import { addressesOf, type ClusterAddress } from "./cluster-address";
import { defaultReadyTimeout, enforceCluster } from "./cluster-checks";
import {
  createClientConfiguration,
  createKubeconfig,
  createKubeconfigFile,
  createTalosconfig,
} from "./cluster-credentials";
import type { Described, TalosClusterBaseProps } from "./cluster-props";
import * as clusterSubnets from "./cluster-subnet-rules";
import * as etcdSnapshot from "./etcd-snapshot";
import { joiningProvider, talosProvider } from "./image";
import { firewallPatches } from "./ingress-firewall";
import { removeControlPlaneTaint } from "./kubectl";
import * as kubernetesVersion from "./kubernetes-version";
import { addressOf, type Cluster, type Member, TalosNode, targetOf } from "./node";
import { asEndpoint } from "./node-endpoint";
import type { NvidiaDriver } from "./nvidia-driver";
import { isReadable } from "./patch/document";
import { PatchJudge } from "./patch/judge";
import { discoveryPatch, schedulingPatch, type TalosPatch, timePatch } from "./patch/patch";
import { type GivenPatch, givenAs, type Protection } from "./patch/protected-setting";
import * as registries from "./registries";
import { removedReleases } from "./removed-releases";
import { secretFile } from "./secret-file";
import { secretsBundle } from "./secrets-bundle";
import { type UpgradeTarget, upgradeKubernetes } from "./upgrade";

/** A Kubernetes cluster on Talos: what one machine and several have in common. */
export abstract class TalosClusterBase<Props extends TalosClusterBaseProps = TalosClusterBaseProps> extends Construct {
  /** The secrets of the cluster, its CA keys among them. */
  readonly machineSecrets: MachineSecrets;
  /** The configuration of `talosctl`. */
  readonly clientConfiguration: DataTalosClientConfiguration;
  /** The step that upgrades Kubernetes. */
  readonly kubernetesUpgrade: Resource;
  /** The bootstrap of etcd on the first control plane node. */
  readonly bootstrap: MachineBootstrap;
  /** The kubeconfig, as Talos issues it. */
  readonly kubeconfig: ClusterKubeconfig;
  /** The file that holds it. */
  readonly kubeconfigFile: File;
  /** The file with the configuration of `talosctl`. */
  readonly talosconfigFile: File;
  /** The cluster's secrets; undefined without `secretsFile`. */
  readonly secretsFile?: File;
  /** The wait until the Kubernetes API answers. */
  readonly apiReady: Resource;
  /** The check that Helm releases that have left the stack have left the cluster. */
  readonly removedReleases: Resource;
  /** The snapshot of etcd that ends a first deployment. */
  readonly firstSnapshot: Resource;

  /** Name of the cluster. */
  readonly clusterName: string;
  /** Address of the first control plane, without prefix length. */
  readonly address: string;
  /** URL of the Kubernetes API. */
  readonly endpoint: string;
  /** Talos version of the first control plane node. */
  readonly talosVersion: string;
  /** Kubernetes version. */
  readonly kubernetesVersion: string;
  /** The nodes, control plane nodes first. */
  readonly nodes: readonly [TalosNode, ...TalosNode[]];

  protected readonly described: Described;

  /** Seconds for each of the waits. */
  protected readonly readyTimeout: number;

  /** The patches of the props, which come last and win. */
  readonly configPatches: readonly TalosPatch[];

  /** Directory of kubeconfig, talosconfig and the snapshots of etcd. */
  readonly outputDirectory: string;

  /** Resource that installs the cluster's network, if a construct does. */
  network?: ITerraformDependable;

  /** Resources that workloads need besides the network, such as GPUs that pods can use. */
  readonly workloadsNeed: ITerraformDependable[] = [];

  private readonly apiWait: ApiWait;
  private readonly judge: PatchJudge;

  constructor(
    scope: Construct,
    id: string,
    props: Props,
    schema: Schema<Props>,
    describe: (props: Parsed<Props>) => Described,
  ) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const given = parsed.props as Parsed<TalosClusterBaseProps>;
    this.described = describe(parsed.props);
    const { members } = this.described;
    const [first] = members;
    this.clusterName = given.clusterName;
    this.address = addressOf(first.machine);
    this.endpoint = this.described.endpoint ?? asEndpoint(this.address);
    this.talosVersion = given.talos.version;
    this.kubernetesVersion = given.kubernetesVersion ?? kubernetesVersion.kubernetesOf(this.talosVersion);
    this.readyTimeout = given.readyTimeout ?? defaultReadyTimeout;
    this.configPatches = (given.configPatches ?? []).filter(isReadable);
    this.outputDirectory = given.outputDirectory ?? `../../../clusters/${this.clusterName}`;

    const constructs = new Map<Member, Construct>(
      members.map((member) => [member, member.construct === undefined ? this : new Construct(this, member.construct)]),
    );
    const constructOf = (member: Member) => constructs.get(member) ?? this;
    const preconditions = [
      ...parsed.preconditions,
      ...enforceCluster(this, { given, described: this.described, constructOf }),
    ];

    talosProvider(this);
    joiningProvider(this);
    stackSingleton(this, "local_provider", (scope, id) => new LocalProvider(scope, id));
    this.machineSecrets = this.createSecrets(preconditions);
    this.clientConfiguration = createClientConfiguration(this, members);
    this.talosconfigFile = createTalosconfig(this);
    if (given.secretsFile) {
      this.secretsFile = secretFile(this, "secrets", {
        directory: this.outputDirectory,
        content: secretsBundle(this.machineSecrets),
        fileName: "secrets.yaml",
      });
    }
    this.judge = new PatchJudge(this, this.talosVersion, this.machineSecrets);
    const cluster = this.clusterOfNodes(given);
    this.nodes = createNodes(members, cluster, constructOf);
    this.judge.judgeProps({
      shared: cluster.configPatches,
      ofControlPlanes: this.patchesOf("controlplane"),
      ofWorkers: this.patchesOf("worker"),
    });
    this.enforceNetwork(given.endpoint);
    this.openFirewalls();
    this.kubernetesUpgrade = this.upgradeBeforeConfiguration(targetOf(first, cluster));
    this.bootstrap = bootstrapEtcd(this, members);
    this.kubeconfig = createKubeconfig(this);
    this.kubeconfigFile = createKubeconfigFile(this);
    this.apiWait = new ApiWait(this, members, this.readyTimeout);
    this.apiReady = this.apiWait.createStep();
    this.removedReleases = removedReleases(this);
    this.firstSnapshot = etcdSnapshot.firstSnapshot(this, this.bootstrap, this.etcdNode);
    this.saveAfter(this.apiReady);
  }

  /** Lets the nodes reach each other, and the control plane nodes have the virtual IP. */
  private openFirewalls(): void {
    const { virtualAddress } = this.described;
    for (const { role, machine } of this.nodes) {
      if (role === "controlplane" && virtualAddress !== undefined) machine.firewall?.addSender(virtualAddress);
      for (const { address } of this.nodes) machine.firewall?.addManager(address);
    }
  }

  private createSecrets(preconditions: Precondition[]): MachineSecrets {
    return withLogicalId(
      "cluster",
      new MachineSecrets(this, "MachineSecrets", {
        talosVersion: this.talosVersion,
        // Another version would make the secrets unknown for a whole apply, and a lower one would replace them all.
        lifecycle: { ...lifecycleWith(preconditions), ignoreChanges: ["talos_version"] },
      }),
    );
  }

  /** What the cluster's nodes have in common. */
  private clusterOfNodes(given: Parsed<TalosClusterBaseProps>): Cluster {
    const { timeServers, firewall } = given;
    const { members, virtualAddress, schedulingOnControlPlanes } = this.described;
    return {
      clusterName: this.clusterName,
      endpoint: this.endpoint,
      secrets: this.machineSecrets,
      upgradeTarget: {
        talosconfig: this.talosconfigFile.filename,
        directory: escapeTemplate(this.outputDirectory),
        firstVersion: this.machineSecrets.talosVersion,
        talosVersion: this.talosVersion,
        kubernetesVersion: this.kubernetesVersion,
        timeout: this.readyTimeout,
      },
      firstAddress: this.address,
      outputDirectory: this.outputDirectory,
      virtualAddress,
      requiredPatches: [
        ...(schedulingOnControlPlanes ? [schedulingPatch] : []),
        discoveryPatch,
        ...(timeServers ? [timePatch(timeServers)] : []),
        ...(firewall
          ? firewallPatches(
              firewall,
              members.map(({ machine }) => addressOf(machine)),
            )
          : []),
        ...(given.registries ? registries.patches(this.talosVersion, given.registries) : []),
      ],
      configPatches: givenAs("configPatches", given.configPatches ?? []),
      judge: this.judge,
      timeServers,
      schedulingOnControlPlanes,
      isSingle: members.length === 1,
    };
  }

  private patchesOf(role: Member["role"]): GivenPatch[] {
    return oncePerPath(
      this.described.members.flatMap((member) => (member.role === role ? (member.configPatches ?? []) : [])),
    );
  }

  /** Checks what patches may change, once all are known. */
  private enforceNetwork(endpoint: string | undefined): void {
    const { members, virtualAddress } = this.described;
    const subnets = () => ({
      nodes: this.nodes.map((node, index) => ({
        path: members[index]?.path ?? node.name,
        machine: node.machine,
        subnets: node.subnets,
      })),
      virtualAddress,
      endpoint,
    });
    enforceWhenComplete(this, clusterSubnets.rules, subnets, this.machineSecrets);
    const api = () => ({ endpoint, virtualAddress, members, port: this.nodes[0].apiPort });
    enforceWhenComplete(this, apiEndpoint.rules, api, this.machineSecrets);
  }

  /** Talos before Kubernetes, and both before a configuration that the versions before might refuse. */
  private upgradeBeforeConfiguration(target: UpgradeTarget): Resource {
    const upgrade = withLogicalId(
      "upgrade_kubernetes",
      nullResource(this, "UpgradeKubernetes", {
        triggers: { version: this.kubernetesVersion },
        scripts: [upgradeKubernetes(target)],
        dependsOn: this.nodes.flatMap(({ installed, talosUpgrade, configurationChange }) => [
          ...(talosUpgrade ? [] : [configurationChange]),
          ...(installed ? [installed] : []),
        ]),
      }),
    );
    for (const { configurationApply } of this.nodes) configurationApply.dependsOn = [dependable(upgrade)];
    return upgrade;
  }

  /** The step that lets the only control plane node run pods. */
  protected createTaintRemoval(): Resource {
    return withLogicalId(
      "remove_control_plane_taint",
      kubernetesStep(this, "RemoveControlPlaneTaint", "cilium", {
        triggers: { cluster: this.apiReady.id },
        scripts: [removeControlPlaneTaint(this.kubeconfigFile.filename)],
      }),
    );
  }

  /** Adds a patch of the machine configuration of all nodes; those of the props come after it and win. */
  addConfigPatch(patch: TalosPatch): void {
    this.judge.add(
      patch,
      this.nodes.map(({ patches }) => patches),
    );
  }

  /**
   * Adds a construct's own patch to all nodes, before those of users; with a protection, users' patches must keep its
   * settings.
   */
  addRequiredPatch(patch: TalosPatch, protection?: Protection): void {
    for (const node of this.nodes) node.addRequiredPatch(patch, protection);
  }

  /** The node whose etcd is saved. */
  get etcdNode(): etcdSnapshot.EtcdNode {
    return {
      node: this.address,
      talosconfig: this.talosconfigFile.filename,
      directory: escapeTemplate(this.outputDirectory),
    };
  }

  /** Lets the first snapshot of etcd come after the resource. */
  saveAfter(resource: ITerraformDependable): void {
    this.firstSnapshot.dependsOn = [...(this.firstSnapshot.dependsOn ?? []), dependable(resource)];
  }

  /** Lets the wait for Kubernetes include a resource, named as `kubectl get` takes it. */
  waitFor(resource: string): void {
    this.apiWait.include(resource);
  }

  /** The machine configuration of the first control plane node. */
  get machineConfiguration(): DataTalosMachineConfiguration {
    return this.nodes[0].machineConfiguration;
  }

  /** The upgrade of its Talos; undefined if no installer is known. */
  get talosUpgrade(): Resource | undefined {
    return this.nodes[0].talosUpgrade;
  }

  /** The step that applies the machine configuration to it. */
  get configurationApply(): MachineConfigurationApply {
    return this.nodes[0].configurationApply;
  }

  /** Disk that its Talos is installed to. */
  get installDisk(): string {
    return this.nodes[0].installDisk;
  }

  /** The NVIDIA driver of its Talos; undefined without one. */
  get nvidia(): NvidiaDriver | undefined {
    return this.nodes[0].nvidia;
  }

  /** Whether its first machine was a single-node cluster before. It keeps the tasks of that cluster. */
  get isGrown(): boolean {
    return this.described.fromSingleNode !== undefined;
  }

  /** Whether control plane nodes run workloads too. */
  get schedulingOnControlPlanes(): boolean {
    return this.described.schedulingOnControlPlanes;
  }

  /** Whether pods without a toleration run on the node. */
  runsPods(node: TalosNode): boolean {
    return node.role === "worker" || this.schedulingOnControlPlanes;
  }

  /** The IP addresses in the nodes' subnet, without prefix length, and what has them. */
  get addresses(): readonly ClusterAddress[] {
    return addressesOf(this.nodes, this.described.virtualAddress);
  }

  /** For a workload to wait for: pods run once the network does. */
  get networkReady(): ITerraformDependable {
    const fqn = () => (this.network ?? this.untainted).fqn;
    return {
      get fqn() {
        return fqn();
      },
    };
  }

  /** For a resource to depend on: pods are scheduled after it. */
  get untainted(): ITerraformDependable {
    return this.apiReady;
  }

  /** @deprecated Use `networkReady`. */
  get usable(): ITerraformDependable {
    return this.networkReady;
  }

  /** @deprecated Use `untainted`. */
  get schedulable(): ITerraformDependable {
    return this.untainted;
  }

  /** @deprecated Use `apiReady`. */
  get ready(): Resource {
    return this.apiReady;
  }
}

/** The nodes in the order of their machines: each is upgraded after the one before. */
function createNodes(
  [first, ...others]: Described["members"],
  cluster: Cluster,
  constructOf: (member: Member) => Construct,
): [TalosNode, ...TalosNode[]] {
  const nodes: [TalosNode, ...TalosNode[]] = [new TalosNode(constructOf(first), first, cluster)];
  for (const member of others) nodes.push(new TalosNode(constructOf(member), member, cluster, nodes.at(-1)));
  return nodes;
}

/** Patches of a role are those of each of its machines. */
const oncePerPath = (patches: readonly GivenPatch[]): GivenPatch[] => [
  ...new Map(patches.map((patch) => [patch.path, patch])).values(),
];
