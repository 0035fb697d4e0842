import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { Lazy, type TerraformElement, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { ClusterKubeconfig } from "../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosClientConfiguration } from "../.gen/providers/talos/data-talos-client-configuration";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { MachineBootstrap } from "../.gen/providers/talos/machine-bootstrap";
import { MachineConfigurationApply } from "../.gen/providers/talos/machine-configuration-apply";
import { MachineSecrets } from "../.gen/providers/talos/machine-secrets";
import { at } from "./address";
import { claim } from "./claims";
import { and, equal, matches, or, shown, wholeNumber } from "./condition";
import { gatewayInSubnet, isReachableGateway } from "./initialization";
import { isCidr, withoutPrefix } from "./ip-address";
import { removeControlPlaneTaint, waitForKubernetes } from "./kubectl";
import { type NvidiaDriver, nvidiaPatch, nvidiaRules, nvidiaShape } from "./nvidia";
import { endpointHttps } from "./proxmox-connection";
import { enforce, lifecycleWith, type Rule } from "./rule";
import { anything, fitProps, listOf, number, objectOf, required, type Shape, text } from "./shape";
import { type TalosRelease, talosProvider } from "./talos-image";
import { hostName, isHostName, type TalosMachine } from "./talos-machine";
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
} from "./talos-patch";
import { talosPatchRules } from "./talos-patch-rules";
import { byTalosMinor, kubernetesVersionRules, talosVersionRules } from "./talos-version";

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

export const talosSingleNodeShape: Shape<TalosSingleNodeProps> = {
  clusterName: required(text),
  machine: required(
    objectOf<TalosMachine>({
      name: required(text),
      address: required(text),
      gateway: text,
      nameServers: listOf(text),
      macAddress: text,
      installDisk: required(text),
      dependency: anything,
    }),
  ),
  talos: required(objectOf<TalosRelease>({ version: required(text), installer: text, nvidia: nvidiaShape })),
  endpoint: text,
  kubernetesVersion: text,
  installDisk: text,
  timeServers: listOf(text),
  configPatches: listOf(anything),
  outputDirectory: text,
  readyTimeout: number,
};

/** Rules of a machine that is no construct, which has rules of its own. */
export const plainMachineRules: readonly Rule<TalosMachine>[] = [
  { ...hostName, checks: ({ name }) => (name === undefined ? [] : [isHostName("machine.name", name)]) },
  { ...gatewayInSubnet, checks: ({ gateway, address }) => isReachableGateway("machine.gateway", gateway, address) },
];

export const talosSingleNodeRules: readonly Rule<{
  readonly clusterName: string;
  readonly machine: TalosMachine;
  readonly endpoint?: string;
  readonly installDisk: string;
  readonly readyTimeout: number;
  readonly earlierNode?: string;
}>[] = [
  {
    id: "node-address",
    demands: "the node has a static address with its prefix length",
    because: "Terraform applies the machine configuration to that address, which no DHCP server may change",
    source: "https://www.talos.dev/v1.13/talos-guides/install/virtualized-platforms/proxmox/",
    checks: ({ machine: { address } }) => [
      {
        holds: isCidr(address),
        problem: `the machine's address is ${shown(address)}; give it a static one with prefix length, such as "192.168.1.50/24"`,
      },
    ],
  },
  {
    ...endpointHttps,
    checks: ({ endpoint }) =>
      endpoint === undefined
        ? []
        : [
            {
              holds: matches(endpoint, /^https:[/][/][^/ ]+$/),
              problem: `endpoint ${shown(endpoint)} is not an https URL without a path; write it as in "https://192.168.1.50:6443"`,
            },
          ],
  },
  {
    id: "install-disk-matches-bus",
    demands: "the install disk is named as its bus is: /dev/sdX on scsi, /dev/vdX on virtio",
    because: "Talos would wait for a disk that never appears, in maintenance mode",
    source: "https://github.com/siderolabs/talos/issues/11940",
    checks: ({ installDisk, machine }) => {
      const onBus = (bus: string) => {
        const device = new RegExp(`^[/]dev[/]${bus}[a-z]+$`);
        return and(matches(installDisk, device), matches(machine.installDisk, device));
      };
      return [
        {
          holds: or(equal(installDisk, machine.installDisk), onBus("sd"), onBus("vd")),
          problem: `installDisk ${shown(installDisk)} is not on the bus of the machine's disk; write ${shown(machine.installDisk)} or leave it out`,
        },
      ];
    },
  },
  {
    id: "cluster-name",
    demands: "a cluster's name has letters, digits, hyphens and dots",
    because: "it names the cluster's directory and its context in kubeconfig",
    source: "https://www.talos.dev/v1.13/reference/configuration/v1alpha1/config/",
    checks: ({ clusterName }) =>
      clusterName === undefined
        ? []
        : [
            {
              holds: matches(clusterName, /^[a-zA-Z0-9][a-zA-Z0-9.-]*$/),
              problem: `clusterName ${shown(clusterName)} has other characters; write one such as "talos-gpu"`,
            },
          ],
  },
  {
    id: "ready-timeout",
    demands: "the wait for Kubernetes is bounded, by whole seconds",
    because: "a node that never comes up would be waited for without end",
    source: "https://developer.hashicorp.com/terraform/language/resources/provisioners/local-exec",
    checks: ({ readyTimeout }) => [
      {
        holds: wholeNumber(readyTimeout, 1, 86_400),
        problem: `readyTimeout is ${shown(readyTimeout)}; write whole seconds, from 1 to 86400`,
      },
    ],
  },
  {
    id: "cluster-once-per-stack",
    demands: "a stack has one cluster",
    because: "the addresses of its resources are fixed, so that an existing state fits",
    source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
    checks: ({ earlierNode }) => [
      {
        holds: earlierNode === undefined,
        problem: `the stack has the cluster ${earlierNode} already; put this one into a stack of its own`,
      },
    ],
  },
];

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
    const given = fitProps(this, props, talosSingleNodeShape);
    const { clusterName, machine = {} as TalosMachine, talos = {} as TalosRelease, configPatches = [] } = given;
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

    const [earlier] = claim("clusters", TerraformStack.of(this).node.path, id, this);
    const preconditions = [
      ...enforce(this, talosVersionRules, { version }),
      ...enforce(this, kubernetesVersionRules, { version, kubernetesVersion: this.kubernetesVersion }),
      ...(Construct.isConstruct(machine) ? [] : enforce(this, plainMachineRules, machine)),
      ...(Construct.isConstruct(talos) ? [] : enforce(this, nvidiaRules, talos)),
      ...enforce(this, talosPatchRules, { version, configPatches }),
      ...enforce(this, talosSingleNodeRules, {
        clusterName,
        machine,
        endpoint: given.endpoint,
        installDisk,
        readyTimeout,
        earlierNode: earlier?.by.node.path,
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
      ...(talos.nvidia ? [nvidiaPatch(version)] : []),
    );

    talosProvider(this);
    provider(this, "local_provider", LocalProvider);
    provider(this, "null_provider", NullProvider);
    const node = this.address;

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
        dependsOn: machine.dependency && [machine.dependency],
      }),
    );
    this.bootstrap = at(
      "cluster",
      new MachineBootstrap(this, "MachineBootstrap", {
        nodeAttribute: node,
        clientConfiguration,
        dependsOn: [this.configurationApply],
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

/** The stack's only instance of a provider that takes no configuration. */
function provider(
  scope: Construct,
  id: string,
  Provider: new (scope: Construct, id: string) => TerraformElement,
): void {
  const stack = TerraformStack.of(scope);
  if (!stack.node.tryFindChild(id)) new Provider(stack, id);
}
