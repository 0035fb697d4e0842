import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, type ITerraformDependable, Lazy, TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { ClusterKubeconfig } from "../../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosClientConfiguration } from "../../.gen/providers/talos/data-talos-client-configuration";
import { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { ruledData } from "../props/plain-data";
import {
  instanceOf,
  listOf,
  number,
  objectOf,
  orConstruct,
  type Parsed,
  parseProps,
  required,
  type Schema,
  staticBoolean,
  string,
  urlString,
} from "../props/schema";
import { claim } from "../rules/claims";
import { enforce, enforceWhenComplete, lifecycleWith } from "../rules/rule";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { stackSingleton } from "../terraform/stack-singleton";
import * as apiEndpoint from "./api-endpoint";
import { checkClusterFiles } from "./cluster-files";
import * as clusterOnce from "./cluster-once";
import { rules } from "./cluster-rules";
import * as clusterSubnets from "./cluster-subnet-rules";
import * as etcdSnapshot from "./etcd-snapshot";
import { enforceDrivers } from "./gpu-driver";
import { type TalosRelease, talosProvider } from "./image";
import { waitForKubernetes } from "./kubectl";
import * as kubernetesVersion from "./kubernetes-version";
import { machineRules, plainMachineRules } from "./machine-rules";
import { claimAddressesOf } from "./network-claims";
import { addressOf, type Cluster, type Member, replacedWith, TalosNode, targetOf } from "./node";
import { asEndpoint } from "./node-endpoint";
import * as nvidia from "./nvidia-driver";
import { discoveryPatch, schedulingPatch, type TalosPatch, timePatch } from "./patch";
import { isReadable } from "./patch-document";
import { PatchJudge } from "./patch-judge";
import { type GivenPatch, givenAs, type Protection } from "./protected-setting";
import { secretsBundle } from "./secrets-bundle";
import { upgradeKubernetes } from "./upgrade";
import * as talosVersion from "./version";

/** What is said of a cluster, whatever machines it has. */
export interface TalosClusterBaseProps {
  /** Name of the cluster, and of its context in kubeconfig and talosconfig. */
  readonly clusterName: string;

  /** The Talos to run, such as a `TalosImage`. */
  readonly talos: TalosRelease;

  /**
   * URL of the Kubernetes API.
   *
   * @default - https at port 6443 of the machine's address
   */
  readonly endpoint?: string;

  /**
   * Kubernetes version, such as `1.35.4`.
   *
   * @default - 1.35.4, or 1.34.1 with Talos 1.11
   */
  readonly kubernetesVersion?: string;

  /**
   * Time servers.
   *
   * @default - Talos's own, time.cloudflare.com
   */
  readonly timeServers?: readonly string[];

  /**
   * Further patches of the machine configuration, applied in their order after those of the constructs.
   *
   * @default - none
   */
  readonly configPatches?: readonly TalosPatch[];

  /**
   * Directory for `kubeconfig` and `talosconfig`, relative to the one Terraform runs in.
   *
   * @default - clusters/ and the cluster's name, beside cdktf.out
   */
  readonly outputDirectory?: string;

  /**
   * Write the cluster's secrets to `secrets.yaml` beside the kubeconfig, as `talosctl gen secrets` does: to be kept where
   * the state is not, which can be made anew from them.
   *
   * @default false
   */
  readonly secretsFile?: boolean;

  /**
   * Seconds to wait for the Kubernetes API after bootstrap.
   *
   * @default 900
   */
  readonly readyTimeout?: number;
}

export const releaseShape = orConstruct(
  objectOf<TalosRelease>({
    version: required(string),
    installer: string,
    nvidia: nvidia.schema,
    resource: instanceOf(TerraformResource),
  }),
);

export const baseShape: Schema<TalosClusterBaseProps> = {
  clusterName: required(string),
  talos: required(releaseShape),
  endpoint: urlString,
  kubernetesVersion: string,
  timeServers: listOf(string),
  configPatches: listOf(ruledData()),
  outputDirectory: string,
  secretsFile: staticBoolean,
  readyTimeout: number,
};

/** A cluster as the props of its construct describe it. */
export interface Described {
  /** The machines, the first of which is a control plane. */
  readonly members: readonly [Member, ...Member[]];
  /** URL of the API, where it is another than that of the first machine. */
  readonly endpoint?: string;
  /** Address that the control planes share. */
  readonly virtualAddress?: string;
  readonly schedulingOnControlPlanes: boolean;
}

/** A Kubernetes cluster on Talos: what one machine and several have in common. */
export abstract class TalosClusterBase<Props extends TalosClusterBaseProps = TalosClusterBaseProps> extends Construct {
  readonly machineSecrets: MachineSecrets;
  readonly clientConfiguration: DataTalosClientConfiguration;
  readonly kubernetesUpgrade: Resource;
  readonly bootstrap: MachineBootstrap;
  readonly kubeconfig: ClusterKubeconfig;
  readonly kubeconfigFile: File;
  readonly talosconfigFile: File;
  /** The cluster's secrets; undefined unless they are asked for. */
  readonly secretsFile?: File;
  readonly apiReady: Resource;
  /** The snapshot of etcd that ends a first deployment. */
  readonly firstSnapshot: Resource;

  readonly clusterName: string;
  /** Address of the first control plane, without prefix length. */
  readonly address: string;
  /** URL of the Kubernetes API. */
  readonly endpoint: string;
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  /** The nodes, control planes first. */
  readonly nodes: readonly [TalosNode, ...TalosNode[]];

  protected readonly described: Described;

  /** The patches of the props, which come last and win. */
  readonly configPatches: readonly TalosPatch[];

  /** Directory of kubeconfig, talosconfig and the snapshots of etcd. */
  readonly outputDirectory: string;

  /** What brings the cluster its network, where a construct does. */
  network?: ITerraformDependable;

  private readonly awaited: string[] = [];
  private readonly judge: PatchJudge;

  constructor(
    scope: Construct,
    id: string,
    props: Props,
    schema: Schema<Props>,
    describe: (props: Parsed<Props>) => Described,
  ) {
    super(scope, id);
    const parsed = parseProps(this, props, schema);
    const given = parsed.props as Parsed<TalosClusterBaseProps>;
    const { clusterName, talos, configPatches = [], timeServers, readyTimeout = 900 } = given;
    const { outputDirectory = `../../../clusters/${clusterName}` } = given;
    const { version } = talos;
    this.described = describe(parsed.props);
    const { members, virtualAddress } = this.described;
    const [first, ...others] = members;
    const controlPlanes = members.filter(({ role }) => role === "controlplane");
    this.clusterName = clusterName;
    this.address = addressOf(first.machine);
    this.endpoint = this.described.endpoint ?? asEndpoint(this.address);
    this.talosVersion = version;
    this.kubernetesVersion = given.kubernetesVersion ?? kubernetesVersion.kubernetesOf(version);
    this.configPatches = configPatches.filter(isReadable);
    this.outputDirectory = outputDirectory;

    const constructs = new Map<Member, Construct>(
      members.map((member) => [member, member.construct === undefined ? this : new Construct(this, member.construct)]),
    );
    const constructOf = (member: Member) => constructs.get(member) ?? this;
    const own = members.map((member) => ({
      path: member.construct === undefined ? "address" : `${member.path}.address`,
      address: addressOf(member.machine),
      by: constructOf(member),
      machine: member.machine,
    }));
    const identity = clusterOnce.claimIdentity(this, {
      clusterName,
      outputDirectory,
      addresses: [
        ...(virtualAddress === undefined ? [] : [{ path: "virtualAddress", address: virtualAddress, by: this }]),
        ...own,
      ],
    });
    const allReleases = [...new Map(members.map(({ release }) => [release.path, release])).values()];
    const releases = allReleases.filter((release) => !Construct.isConstruct(release.talos));
    const earlierClusters = claim("clusters", TerraformStack.of(this).node.path, id, this);
    const preconditions = [
      ...parsed.preconditions,
      // A construct has judged its own.
      ...(Construct.isConstruct(talos) ? [] : enforce(this, talosVersion.rules, { version })),
      ...enforce(this, kubernetesVersion.rules, { version, kubernetesVersion: this.kubernetesVersion }),
      ...members.flatMap((member) =>
        Construct.isConstruct(member.machine)
          ? []
          : enforce(this, plainMachineRules, { ...member, ...claimAddressesOf(member, constructOf(member), this) }),
      ),
      ...releases.flatMap((release) => enforce(this, nvidia.rules, release.talos)),
      ...enforce(this, clusterOnce.rules, identity),
      ...members.flatMap((member) => enforce(this, machineRules, member)),
      ...enforceDrivers(this, members),
      ...enforce(this, rules, {
        clusterName,
        endpoint: given.endpoint,
        version,
        outputDirectory: given.outputDirectory,
        timeServers,
        releases,
        parts: [
          ...members.map(({ path, machine }) => ({ path, part: machine })),
          ...allReleases.map(({ path, talos }) => ({ path, part: talos })),
        ],
        cluster: this,
        readyTimeout,
        earlierClusters,
      }),
    ];

    talosProvider(this);
    stackSingleton(this, "local_provider", (scope, id) => new LocalProvider(scope, id));
    this.machineSecrets = withLogicalId(
      "cluster",
      new MachineSecrets(this, "MachineSecrets", {
        talosVersion: version,
        // Another version would make the secrets unknown for a whole apply, and a lower one would replace them all.
        lifecycle: { ...lifecycleWith(preconditions), ignoreChanges: ["talos_version"] },
      }),
    );
    const { clientConfiguration } = this.machineSecrets;
    this.clientConfiguration = withLogicalId(
      "cluster",
      new DataTalosClientConfiguration(this, "ClientConfiguration", {
        clusterName,
        clientConfiguration,
        endpoints: controlPlanes.map(({ machine }) => addressOf(machine)),
        nodes: members.map(({ machine }) => addressOf(machine)),
      }),
    );
    this.talosconfigFile = this.secretFile("talosconfig", outputDirectory, this.clientConfiguration.talosConfig);
    this.talosconfigFile.dependsOn = [
      dependable(
        checkClusterFiles(this, this.machineSecrets, {
          clusterName,
          talosconfig: escapeTemplate(`${outputDirectory}/talosconfig`),
        }),
      ),
    ];
    if (given.secretsFile) {
      const bundle = secretsBundle(this.machineSecrets);
      this.secretsFile = this.secretFile("secrets", outputDirectory, bundle, "secrets.yaml");
    }

    const judge = new PatchJudge(this, version, this.machineSecrets);
    this.judge = judge;
    const cluster: Cluster = {
      clusterName,
      endpoint: this.endpoint,
      secrets: this.machineSecrets,
      upgradeTarget: {
        talosconfig: this.talosconfigFile.filename,
        directory: escapeTemplate(outputDirectory),
        firstVersion: this.machineSecrets.talosVersion,
        talosVersion: version,
        kubernetesVersion: this.kubernetesVersion,
        timeout: readyTimeout,
      },
      firstAddress: this.address,
      outputDirectory,
      virtualAddress,
      requiredPatches: [
        ...(this.described.schedulingOnControlPlanes ? [schedulingPatch] : []),
        discoveryPatch,
        ...(timeServers ? [timePatch(timeServers)] : []),
      ],
      configPatches: givenAs("configPatches", configPatches),
      judge,
      timeServers,
      schedulingOnControlPlanes: this.described.schedulingOnControlPlanes,
      isSingle: members.length === 1,
    };
    const nodeOf = (member: Member, before?: TalosNode) => new TalosNode(constructOf(member), member, cluster, before);
    const nodes: [TalosNode, ...TalosNode[]] = [nodeOf(first)];
    for (const member of others) nodes.push(nodeOf(member, nodes.at(-1)));
    this.nodes = nodes;
    const ofRole = (role: Member["role"]) =>
      oncePerPath(members.flatMap((member) => (member.role === role ? (member.configPatches ?? []) : [])));
    judge.judgeProps({
      shared: cluster.configPatches,
      ofControlPlanes: ofRole("controlplane"),
      ofWorkers: ofRole("worker"),
    });
    const subnets = () => ({
      nodes: nodes.map((node, index) => ({
        path: members[index]?.path ?? node.name,
        machine: node.machine,
        subnets: node.subnets,
      })),
      virtualAddress,
      endpoint: given.endpoint,
    });
    enforceWhenComplete(this, clusterSubnets.rules, subnets, this.machineSecrets);
    const api = () => ({ endpoint: given.endpoint, virtualAddress, members, port: nodes[0].apiPort });
    enforceWhenComplete(this, apiEndpoint.rules, api, this.machineSecrets);

    // Talos before Kubernetes, and both before a configuration that the versions before might refuse.
    this.kubernetesUpgrade = withLogicalId(
      "upgrade_kubernetes",
      nullResource(this, "UpgradeKubernetes", {
        triggers: { version: this.kubernetesVersion },
        scripts: [upgradeKubernetes(targetOf(first, cluster))],
        dependsOn: nodes.flatMap(({ installed }) => installed ?? []),
      }),
    );
    for (const { configurationApply } of nodes) configurationApply.dependsOn = [dependable(this.kubernetesUpgrade)];
    // Of several control planes, one that is new joins the others; bootstrapped, it would be a second cluster.
    this.bootstrap = withLogicalId(
      "cluster",
      new MachineBootstrap(this, "MachineBootstrap", {
        nodeAttribute: this.address,
        clientConfiguration,
        dependsOn: [nodes[0].configurationApply],
        lifecycle: controlPlanes.length > 1 ? { ignoreChanges: ["node"] } : replacedWith(first.machine),
      }),
    );
    this.kubeconfig = withLogicalId(
      "cluster",
      new ClusterKubeconfig(this, "ClusterKubeconfig", {
        nodeAttribute: this.address,
        clientConfiguration,
        dependsOn: [this.bootstrap],
      }),
    );
    this.kubeconfigFile = this.secretFile("kubeconfig", outputDirectory, this.kubeconfig.kubeconfigRaw);
    const wait = (server: string, at?: "directly") =>
      waitForKubernetes(
        this.kubeconfigFile.filename,
        server,
        readyTimeout,
        Lazy.stringValue({ produce: () => this.awaited.join(" ") }),
        at,
      );
    const step = { triggers: { cluster: this.bootstrap.id }, scripts: [wait(this.endpoint)] };
    const isOnly = first.construct === undefined;
    if (!isOnly) this.awaited.push(...members.map(({ machine }) => `node/${machine.name.toLowerCase()}`));
    this.apiReady = withLogicalId(
      "wait_for_kubernetes",
      nullResource(
        this,
        "WaitForKubernetes",
        isOnly
          ? step
          : {
              // Who comes later is waited for too.
              triggers: { ...step.triggers, nodes: members.map(({ machine }) => machine.name).join(" ") },
              lifecycle: replacedWith(...members.map(({ machine }) => machine)),
              // The API of a node first: of the address of all, one knows then whether it alone is missing.
              scripts: [wait(asEndpoint(this.address), "directly"), ...step.scripts],
              dependsOn: nodes.map(({ configurationApply }) => configurationApply),
            },
      ),
    );
    this.firstSnapshot = etcdSnapshot.firstSnapshot(this, this.bootstrap, this.etcdNode);
    this.saveAfter(this.apiReady);
  }

  /** Adds a patch of the machine configuration of all nodes; those of the props come after it and win. */
  addConfigPatch(patch: TalosPatch): void {
    this.judge.add(
      patch,
      this.nodes.map(({ patches }) => patches),
    );
  }

  /** Adds a construct's own patch to all nodes, before those of users; with a protection, they have to leave what it says. */
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
    this.awaited.push(resource);
  }

  /** Whether control planes run workloads too. */
  get schedulingOnControlPlanes(): boolean {
    return this.described.schedulingOnControlPlanes;
  }

  /** What has an address in the nodes' network, and which, without prefix length. */
  get addresses(): readonly { readonly by: string; readonly address: string }[] {
    const { virtualAddress } = this.described;
    const [{ address }] = this.nodes;
    const own =
      this.nodes.length === 1
        ? [{ by: "the node's own address", address }]
        : this.nodes.map(({ name, address }) => ({ by: `the address of ${name}`, address }));
    const machines = this.nodes.map(({ machine }) => machine);
    const gateways = machines.flatMap(({ gateway, interfaces = [] }) => [
      ...(gateway === undefined ? [] : [gateway]),
      ...interfaces.flatMap(({ gateways = [] }) => gateways),
    ]);
    return [
      ...own,
      ...(virtualAddress === undefined
        ? []
        : [{ by: "the virtual address of the control planes", address: virtualAddress }]),
      ...[...new Set(gateways)].map((address) => ({ by: "a gateway", address })),
    ];
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

  /** After it pods are scheduled. */
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

  private secretFile(name: string, directory: string, content: string, fileName = name): File {
    return withLogicalId(
      name,
      new File(this, this.node.tryFindChild(name) ? `${name} file` : name, {
        filename: escapeTemplate(`${directory}/${fileName}`),
        content,
        filePermission: "0600",
        directoryPermission: "0700",
      }),
    );
  }
}

/** Patches of a role are those of each of its machines. */
const oncePerPath = (patches: readonly GivenPatch[]): GivenPatch[] => [
  ...new Map(patches.map((patch) => [patch.path, patch])).values(),
];
