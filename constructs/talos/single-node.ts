import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { Lazy, TerraformResource, TerraformStack } from "cdktf";
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
import { at } from "../terraform/address";
import { oncePerStack } from "../terraform/once";
import { type TalosRelease, talosProvider } from "./image";
import { removeControlPlaneTaint, waitForKubernetes } from "./kubectl";
import type { TalosMachine } from "./machine";
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
  type TalosPatch,
  timePatch,
} from "./patch";
import { talosPatchRules } from "./patch-rules";
import { plainMachineRules, rules } from "./single-node-rules";
import { byTalosMinor, kubernetesVersionRules, talosVersionRules } from "./version";

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
      nameServers: listOf(text),
      macAddress: text,
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
  readyTimeout: number,
};

/**
 * A Kubernetes cluster of one Talos node: its secrets, its configuration, and the steps from a booted machine to a ready
 * Kubernetes API.
 *
 * @see https://www.talos.dev/v1.13/introduction/getting-started/
 */
export class TalosSingleNode extends Construct {
  readonly machineSecrets: MachineSecrets;
  readonly machineConfiguration: DataTalosMachineConfiguration;
  readonly clientConfiguration: DataTalosClientConfiguration;
  readonly configurationApply: MachineConfigurationApply;
  readonly bootstrap: MachineBootstrap;
  readonly kubeconfig: ClusterKubeconfig;
  readonly kubeconfigFile: File;
  readonly talosconfigFile: File;
  readonly ready: Resource;
  readonly taintRemoval: Resource;

  readonly clusterName: string;
  /** Address of the node, without prefix length. */
  readonly address: string;
  /** URL of the Kubernetes API. */
  readonly endpoint: string;
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  /** The NVIDIA driver of its Talos; undefined without one. */
  readonly nvidia?: NvidiaDriver;

  /** The patches of the props, which come last and win. */
  readonly configPatches: readonly TalosPatch[];

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
    this.endpoint = given.endpoint ?? `https://${this.address}:6443`;
    this.talosVersion = version;
    this.nvidia = talos.nvidia;
    this.kubernetesVersion = given.kubernetesVersion ?? byTalosMinor(version, (minor) => minor.defaultKubernetes);
    this.configPatches = configPatches;
    const { installDisk = machine.installDisk, timeServers, readyTimeout = 900 } = given;
    const { outputDirectory = `../../../clusters/${clusterName}` } = given;

    const earlierClusters = claim("clusters", TerraformStack.of(this).node.path, id, this);
    const preconditions = [
      ...fitted.preconditions,
      ...enforce(this, talosVersionRules, { version }),
      ...enforce(this, kubernetesVersionRules, { version, kubernetesVersion: this.kubernetesVersion }),
      ...(Construct.isConstruct(machine) ? [] : enforce(this, plainMachineRules, machine)),
      ...(Construct.isConstruct(talos) ? [] : enforce(this, nvidia.rules, talos)),
      ...enforce(this, talosPatchRules, { version, configPatches }),
      ...enforce(this, rules, {
        clusterName,
        machine,
        endpoint: given.endpoint,
        installDisk,
        readyTimeout,
        earlierClusters,
      }),
    ];

    this.patches.push(
      installPatch(installDisk, talos.installer),
      networkPatch(machine),
      hostnamePatch(version, machine.name),
      nodeIpPatch(machine.address ?? ""),
      schedulingPatch,
      discoveryPatch,
      ...(timeServers ? [timePatch(timeServers)] : []),
      ...(talos.nvidia ? [nvidia.patch(version)] : []),
    );

    talosProvider(this);
    oncePerStack(this, "local_provider", (stack, id) => new LocalProvider(stack, id));
    oncePerStack(this, "null_provider", (stack, id) => new NullProvider(stack, id));
    const node = this.address;
    // The provider does not see that a machine was replaced, and would leave the new one without configuration.
    const lifecycle = machine.resource && { replaceTriggeredBy: [idOf(machine.resource)] };

    this.machineSecrets = at(
      "cluster",
      new MachineSecrets(this, "MachineSecrets", {
        talosVersion: version,
        lifecycle: lifecycleWith(preconditions),
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
    this.configurationApply = at(
      "node",
      new MachineConfigurationApply(this, "MachineConfigurationApply", {
        nodeAttribute: node,
        clientConfiguration,
        machineConfigurationInput: this.machineConfiguration.machineConfiguration,
        dependsOn: machine.resource && [machine.resource],
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
    this.talosconfigFile = this.secretFile("talosconfig", outputDirectory, this.clientConfiguration.talosConfig);

    this.ready = at(
      "wait_for_kubernetes",
      new Resource(this, "WaitForKubernetes", {
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
      new Resource(this, "RemoveControlPlaneTaint", {
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

  private secretFile(name: string, directory: string, content: string): File {
    return at(
      name,
      new File(this, name, {
        filename: `${directory}/${name}`,
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
