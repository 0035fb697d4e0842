import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { type ITerraformDependable, Lazy, TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { ClusterKubeconfig } from "../../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosClientConfiguration } from "../../.gen/providers/talos/data-talos-client-configuration";
import { DataTalosMachineConfiguration } from "../../.gen/providers/talos/data-talos-machine-configuration";
import { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import { MachineConfigurationApply } from "../../.gen/providers/talos/machine-configuration-apply";
import { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { claim } from "../rules/claims";
import { withoutPrefix } from "../rules/ip-address";
import { enforce, lifecycleWith } from "../rules/rule";
import { fitProps, instanceOf, listOf, literal, number, objectOf, required, type Shape, text } from "../rules/shape";
import { literalText } from "../rules/text";
import { at } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { oncePerStack } from "../terraform/once";
import * as clusterOnce from "./cluster-once";
import { type TalosRelease, talosProvider } from "./image";
import { removeControlPlaneTaint, waitForKubernetes } from "./kubectl";
import * as kubernetesVersion from "./kubernetes-version";
import type { TalosInterface, TalosMachine } from "./machine";
import { asUrlHost } from "./node-address";
import type { NvidiaDriver } from "./nvidia-driver";
import * as nvidia from "./nvidia-driver";
import {
  discoveryPatch,
  hostnamePatch,
  installPatch,
  networkPatch,
  nodeIpPatch,
  renderPatch,
  schedulingPatch,
  subnetsPatch,
  type TalosPatch,
  timePatch,
} from "./patch";
import * as patchRules from "./patch-rules";
import { secretsBundle } from "./secrets-bundle";
import { plainMachineRules, rules } from "./single-node-rules";
import { type UpgradeTarget, upgradeKubernetes, upgradeTalos } from "./upgrade";
import * as talosVersion from "./version";

export interface TalosSingleNodeProps {
  /** Name of the cluster, and of its context in kubeconfig and talosconfig. */
  readonly clusterName: string;

  /** The machine to run on, such as a `ProxmoxGpuVm`. */
  readonly machine: TalosMachine;

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
   * Disk to install to.
   *
   * @default - the machine's
   */
  readonly installDisk?: string;

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

export const shape: Shape<TalosSingleNodeProps> = {
  clusterName: required(text),
  machine: required(
    objectOf<TalosMachine>({
      name: required(text),
      address: required(text),
      gateway: text,
      dnsServers: listOf(text),
      macAddress: text,
      interfaces: listOf(
        objectOf<TalosInterface>({
          macAddress: text,
          addresses: required(listOf(text)),
          gateways: listOf(text),
          dhcp: literal(),
          dhcpv6: literal(),
        }),
      ),
      installDisk: required(text),
      resource: instanceOf(TerraformResource),
    }),
  ),
  talos: required(objectOf<TalosRelease>({ version: required(text), installer: text, nvidia: nvidia.shape })),
  endpoint: text,
  kubernetesVersion: text,
  installDisk: text,
  timeServers: listOf(text),
  configPatches: listOf(literal()),
  outputDirectory: text,
  secretsFile: literal(),
  readyTimeout: number,
};

/**
 * A Kubernetes cluster of one Talos node: its secrets, its configuration, and the steps from a booted machine to a ready
 * Kubernetes API.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/getting-started/getting-started
 */
export class TalosSingleNode extends Construct {
  readonly machineSecrets: MachineSecrets;
  readonly machineConfiguration: DataTalosMachineConfiguration;
  readonly clientConfiguration: DataTalosClientConfiguration;
  /** The upgrade of Talos; undefined where no installer is known. */
  readonly talosUpgrade?: Resource;
  readonly kubernetesUpgrade: Resource;
  readonly configurationApply: MachineConfigurationApply;
  readonly bootstrap: MachineBootstrap;
  readonly kubeconfig: ClusterKubeconfig;
  readonly kubeconfigFile: File;
  readonly talosconfigFile: File;
  /** The cluster's secrets; undefined unless they are asked for. */
  readonly secretsFile?: File;
  readonly ready: Resource;
  readonly taintRemoval: Resource;

  readonly clusterName: string;
  /** Address of the node, without prefix length. */
  readonly address: string;
  /** URL of the Kubernetes API. */
  readonly endpoint: string;
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  /** Disk that Talos is installed to. */
  readonly installDisk: string;
  /** The NVIDIA driver of its Talos; undefined without one. */
  readonly nvidia?: NvidiaDriver;

  /** The patches of the props, which come last and win. */
  readonly configPatches: readonly TalosPatch[];

  /** What brings the cluster its network, where a construct does. */
  network?: ITerraformDependable;

  private readonly patches: TalosPatch[] = [];
  private readonly awaited: string[] = [];

  constructor(scope: Construct, id: string, props: TalosSingleNodeProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const given = fitted.props;
    const { clusterName, machine, talos, configPatches = [] } = given;
    const { version } = talos;
    this.clusterName = clusterName;
    this.address = withoutPrefix(machine.address ?? "");
    this.endpoint = given.endpoint ?? `https://${asUrlHost(this.address)}:6443`;
    this.talosVersion = version;
    this.nvidia = talos.nvidia;
    this.kubernetesVersion = given.kubernetesVersion ?? kubernetesVersion.kubernetesOf(version);
    this.configPatches = configPatches;
    this.installDisk = given.installDisk ?? machine.installDisk;
    const { installDisk } = this;
    const { timeServers, readyTimeout = 900 } = given;
    const { outputDirectory = `../../../clusters/${clusterName}` } = given;

    const identity = clusterOnce.claimIdentity(this, { clusterName, address: this.address, outputDirectory });
    const earlierClusters = claim("clusters", TerraformStack.of(this).node.path, id, this);
    const preconditions = [
      ...fitted.preconditions,
      ...enforce(this, talosVersion.rules, { version }),
      ...enforce(this, kubernetesVersion.rules, { version, kubernetesVersion: this.kubernetesVersion }),
      ...(Construct.isConstruct(machine) ? [] : enforce(this, plainMachineRules, machine)),
      ...(Construct.isConstruct(talos) ? [] : enforce(this, nvidia.rules, talos)),
      ...enforce(this, clusterOnce.rules, identity),
      ...enforce(this, patchRules.rules, {
        configPatches,
        version,
        clusterName,
        endpoint: this.endpoint,
        installDisk,
        installer: talos.installer,
      }),
      ...enforce(this, rules, {
        clusterName,
        machine,
        endpoint: given.endpoint,
        installDisk,
        version,
        installer: Construct.isConstruct(talos) ? undefined : talos.installer,
        readyTimeout,
        earlierClusters,
      }),
    ];

    const subnets = subnetsPatch(this.address);
    this.patches.push(
      installPatch(installDisk, talos.installer),
      networkPatch(machine),
      hostnamePatch(version, machine.name),
      nodeIpPatch(this.address),
      ...(subnets ? [subnets] : []),
      schedulingPatch,
      discoveryPatch,
      ...(timeServers ? [timePatch(timeServers)] : []),
      ...(talos.nvidia ? [nvidia.patch(version)] : []),
    );

    talosProvider(this);
    oncePerStack(this, "local_provider", (stack, id) => new LocalProvider(stack, id));
    const node = this.address;
    // The provider does not see that a machine was replaced, and would leave the new one without configuration.
    const lifecycle = machine.resource && { replaceTriggeredBy: [idOf(machine.resource)] };

    this.machineSecrets = at(
      "cluster",
      new MachineSecrets(this, "MachineSecrets", {
        talosVersion: version,
        // Another version would make the secrets unknown for a whole apply, and a lower one would replace them all.
        lifecycle: { ...lifecycleWith(preconditions), ignoreChanges: ["talos_version"] },
      }),
    );
    const { clientConfiguration } = this.machineSecrets;

    this.machineConfiguration = at(
      "node",
      new DataTalosMachineConfiguration(this, "MachineConfiguration", {
        clusterName,
        clusterEndpoint: this.endpoint,
        machineType: "controlplane",
        machineSecrets: this.machineSecrets.machineSecrets,
        talosVersion: version,
        kubernetesVersion: this.kubernetesVersion,
        configPatches: Lazy.listValue({ produce: () => [...this.patches, ...this.configPatches].map(renderPatch) }),
      }),
    );
    this.clientConfiguration = at(
      "cluster",
      new DataTalosClientConfiguration(this, "ClientConfiguration", {
        clusterName,
        clientConfiguration,
        endpoints: [node],
        nodes: [node],
      }),
    );
    this.talosconfigFile = this.secretFile("talosconfig", outputDirectory, this.clientConfiguration.talosConfig);
    if (given.secretsFile) {
      this.secretsFile = this.secretFile(
        "secrets",
        outputDirectory,
        secretsBundle(this.machineSecrets),
        "secrets.yaml",
      );
    }

    // Talos before Kubernetes, and both before a configuration that the versions before might refuse.
    const target: UpgradeTarget = {
      node,
      talosconfig: this.talosconfigFile.filename,
      firstVersion: this.machineSecrets.talosVersion,
      talosVersion: version,
      kubernetesVersion: this.kubernetesVersion,
      timeout: readyTimeout,
    };
    if (talos.installer !== undefined) {
      this.talosUpgrade = at(
        "upgrade_talos",
        nullResource(this, "UpgradeTalos", {
          triggers: { installer: literalText(talos.installer) },
          provisioners: [upgradeTalos(target, literalText(talos.installer), literalText(outputDirectory))],
          dependsOn: machine.resource && [machine.resource],
        }),
      );
    }
    this.kubernetesUpgrade = at(
      "upgrade_kubernetes",
      nullResource(this, "UpgradeKubernetes", {
        triggers: { version: this.kubernetesVersion },
        provisioners: [upgradeKubernetes(target)],
        dependsOn: [this.talosUpgrade ?? machine.resource].filter((resource) => resource !== undefined),
      }),
    );
    this.configurationApply = at(
      "node",
      new MachineConfigurationApply(this, "MachineConfigurationApply", {
        nodeAttribute: node,
        clientConfiguration,
        machineConfigurationInput: this.machineConfiguration.machineConfiguration,
        dependsOn: [this.kubernetesUpgrade],
        lifecycle,
      }),
    );
    this.bootstrap = at(
      "cluster",
      new MachineBootstrap(this, "MachineBootstrap", {
        nodeAttribute: node,
        clientConfiguration,
        dependsOn: [this.configurationApply],
        lifecycle,
      }),
    );
    this.kubeconfig = at(
      "cluster",
      new ClusterKubeconfig(this, "ClusterKubeconfig", {
        nodeAttribute: node,
        clientConfiguration,
        dependsOn: [this.bootstrap],
      }),
    );
    this.kubeconfigFile = this.secretFile("kubeconfig", outputDirectory, this.kubeconfig.kubeconfigRaw);
    this.ready = at(
      "wait_for_kubernetes",
      nullResource(this, "WaitForKubernetes", {
        triggers: { cluster: this.bootstrap.id },
        provisioners: [
          waitForKubernetes(
            this.kubeconfigFile.filename,
            this.endpoint,
            readyTimeout,
            Lazy.stringValue({ produce: () => this.awaited.join(" ") }),
          ),
        ],
      }),
    );
    this.taintRemoval = at(
      "remove_control_plane_taint",
      nullResource(this, "RemoveControlPlaneTaint", {
        triggers: { cluster: this.ready.id },
        provisioners: [removeControlPlaneTaint(this.kubeconfigFile.filename)],
      }),
    );
  }

  /** Adds a patch of the machine configuration; those of the props come after it and win. */
  addConfigPatch(patch: TalosPatch): void {
    this.patches.push(patch);
  }

  /** Lets the wait for Kubernetes include a resource, named as `kubectl get` takes it. */
  waitFor(resource: string): void {
    this.awaited.push(resource);
  }

  /** For a workload to wait for: pods run once the network does. */
  get usable(): ITerraformDependable {
    const fqn = () => (this.network ?? this.taintRemoval).fqn;
    return {
      get fqn() {
        return fqn();
      },
    };
  }

  private secretFile(name: string, directory: string, content: string, fileName = name): File {
    return at(
      name,
      new File(this, name, {
        filename: literalText(`${directory}/${fileName}`),
        content,
        filePermission: "0600",
        directoryPermission: "0700",
      }),
    );
  }
}

/** A reference to the resource's id, as `replace_triggered_by` takes it. */
const idOf = ({ terraformResourceType, friendlyUniqueId }: TerraformResource): string =>
  `${terraformResourceType}.${friendlyUniqueId}.id`;
