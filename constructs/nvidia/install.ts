import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Precondition } from "cdktf";
import { Construct } from "constructs";
import type { Release } from "../../.gen/providers/helm/release";
import { namespaceObject, ownNamespace } from "../helm/namespace";
import { helmIn, kubernetesObjects } from "../helm/provider";
import { releaseOf } from "../helm/release";
import * as chartRepository from "../helm/repository";
import { type Rollout, rolloutOf } from "../helm/rollout";
import { type ChartValues, checkReplacesPods, checkUnchanged, isMissing, leavesOf, valueAt } from "../helm/values";
import { checkChartVersion } from "../helm/version";
import { record } from "../props/plain-data";
import {
  instanceOf,
  number,
  type Parsed,
  parseProps,
  required,
  type Schema,
  staticBoolean,
  string,
  unchecked,
  urlString,
} from "../props/schema";
import { checkStaticBoolean } from "../props/static-boolean";
import { claim, type EarlierClaim } from "../rules/claims";
import { matches, not, or, wholeNumber } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { enforce, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { TalosCluster } from "../talos/cluster";
import type { TalosClusterBase } from "../talos/cluster-base";
import type { TalosNode } from "../talos/node";
import { ownSettings } from "../talos/node-settings";
import { TalosSingleNode } from "../talos/single-node";
import { hasMinor } from "../talos/version";
import { checksumOf, mergeValues } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { checkSameStack, isInStackOf, partsInStack } from "../terraform/own-stack";
import { type Method, type MethodName, methodNames, methods, runtimeClass, taint } from "./method";
import { runtimeClassStep } from "./runtime-class";
import * as sharing from "./sharing";
import { examplePod, smokeTest } from "./smoke-test";

/** How pods get the GPU. */
export interface NvidiaInstallProps {
  /** The node or the cluster. Machines whose Talos has an NVIDIA driver advertise their GPUs. */
  readonly node: TalosSingleNode | TalosCluster;

  /**
   * How pods get the GPU: the device plugin alone, the GPU operator with feature discovery and metrics, or dynamic resource
   * allocation, by claims. Which resources exist depends on it, so it cannot be a Terraform variable.
   *
   * @default "device-plugin"
   */
  readonly method?: MethodName;

  /**
   * Let several pods use each GPU.
   *
   * @default - one pod each
   */
  readonly sharing?: sharing.GpuSharing;

  /**
   * Version of the chart, in full.
   *
   * @default - the one that is known to work
   */
  readonly version?: string;

  /**
   * Further values of the chart, merged deeply over those of this construct.
   *
   * @default - none
   */
  readonly values?: ChartValues;

  /**
   * Keep pods that tolerate no `nvidia.com/gpu` off the nodes with GPUs.
   *
   * @default false
   */
  readonly taint?: boolean;

  /**
   * Run a pod that uses the GPU at the end, and fail where it cannot.
   *
   * @default true
   */
  readonly smokeTest?: boolean;

  /**
   * URL of the chart's repository: https or oci.
   *
   * @default - NVIDIA's
   */
  readonly repository?: string;

  /**
   * Allow http to a private IP address: whoever is on the way can replace what is downloaded.
   *
   * @default false
   */
  readonly insecureHttp?: boolean;

  /**
   * Seconds until all pods of the release run.
   *
   * @default 900
   */
  readonly timeout?: number;
}

export const schema: Schema<NvidiaInstallProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  method: unchecked(),
  sharing: sharing.schema,
  version: string,
  values: record,
  taint: unchecked(),
  smokeTest: unchecked(),
  repository: urlString,
  insecureHttp: staticBoolean,
  timeout: number,
};

const source = talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu");

export const rules: readonly Rule<{
  readonly node?: TalosClusterBase;
  readonly user: Construct;
  readonly method: MethodName;
  readonly values: ChartValues;
  readonly needed: ChartValues;
  readonly taint: boolean;
  readonly smokeTest: boolean;
  readonly version: string;
  readonly repository: string;
  readonly insecureHttp?: boolean;
  readonly timeout: number;
  readonly earlierInstalls: readonly EarlierClaim<string>[];
}>[] = [
  { ...partsInStack, checks: ({ node, user }) => ifSet(node, (node) => checkSameStack("node", node, user)) },
  {
    id: "nvidia-method",
    requirement: `the method is one of ${methodNames.join(", ")}`,
    reason: "Terraform has to know which resources there are before it knows any variable",
    source,
    checks: ({ method, smokeTest }) => [
      {
        condition: methodNames.includes(method),
        message: `method is ${formatValue(method)}; write ${methodNames.map(formatValue).join(" or ")}`,
      },
      checkStaticBoolean("smokeTest", smokeTest),
    ],
  },
  {
    id: "nvidia-method-supported",
    requirement: "the node's Talos and Kubernetes versions support the method",
    reason: "older versions lack what the chart requires on the node, so its pods never become ready",
    source,
    checks: ({ node, method }) =>
      ifSet(node, ({ talosVersion, kubernetesVersion }) => {
        const { talos, kubernetes } = methodOf(method);
        return [
          ...ifSet(talos, (min) => ({
            condition: hasMinor(talosVersion, ({ minor }) => minorNumber(minor) >= minorNumber(min)),
            message: `method ${formatValue(method)} needs Talos ${min} or later, and the node runs ${formatValue(talosVersion)}; write "device-plugin"`,
          })),
          ...ifSet(kubernetes, (min) => ({
            condition: matches(kubernetesVersion, laterThan(minorNumber(min))),
            message: `method ${formatValue(method)} needs Kubernetes ${min} or later, and the node runs ${formatValue(kubernetesVersion)}; write "device-plugin"`,
          })),
        ];
      }),
  },
  {
    id: "nvidia-needs-driver",
    requirement: "the node's Talos has an NVIDIA driver",
    reason: "without it there is no GPU to advertise, whatever the chart's values are",
    source,
    checks: ({ node }) =>
      ifSet(node, ({ nodes }) => ({
        condition: nodes.some(({ nvidia }) => nvidia !== undefined),
        message:
          'the node\'s Talos has no NVIDIA driver; give its image nvidia: { kernelModules: "open", branch: "production" }',
      })),
  },
  {
    id: "nvidia-schedulable",
    requirement: "a node with GPUs runs pods",
    reason:
      "the plugin does not run on a control plane that takes no pods, so its GPUs are never advertised, and no pod that asks for one would run there either",
    source: talosDocs("deploy-and-manage-workloads/workers-on-controlplane"),
    checks: ({ node, values, method }) =>
      ifSet(node, (node) => {
        const unused = unusedNodes(node).map(({ name }) => name);
        return {
          condition: or(unused.length === 0, not(isMissing(valueAt(values, methodOf(method).tolerations)))),
          message: `${unused.join(", ")} ${unused.length === 1 ? "has GPUs and is a control plane that runs" : "have GPUs and are control planes that run"} no pods; write schedulingOnControlPlanes: true for the cluster, or give the GPUs to workers`,
        };
      }),
  },
  {
    id: "nvidia-once",
    requirement: "one construct advertises a node's GPUs",
    reason: "two plugins would give the same GPU to two pods",
    source,
    checks: ({ earlierInstalls }) =>
      earlierInstalls.map(({ by }) => ({
        condition: false,
        message: `the node's GPUs are handed out by ${by} already; leave one of the two out`,
      })),
  },
  {
    id: "nvidia-taint",
    requirement: "a cluster with tainted GPU nodes has another node for other pods",
    reason: "DNS and all other pods without a GPU would not be scheduled",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#example-use-cases",
    checks: ({ node, taint }) => [
      checkStaticBoolean("taint", taint),
      ...ifSet(node, ({ nodes, schedulingOnControlPlanes }) => ({
        condition:
          taint !== true ||
          nodes.some((each) => !hasGpus(each) && (each.role === "worker" || schedulingOnControlPlanes)),
        message:
          "taint is true, and all nodes that run pods have GPUs; leave it out, or add a worker whose Talos has no driver",
      })),
    ],
  },
  {
    id: "nvidia-values",
    requirement:
      "values without which the method does not work on Talos, or a change reaches no running pod, keep their values",
    reason: "the plugin would find no driver, or bring one that Talos refuses, or keep the configuration before",
    source,
    checks: ({ method, values, needed }) => [
      ...checkUnchanged(values, needed),
      checkReplacesPods(values, methodOf(method).updateStrategy),
    ],
  },
  {
    id: "nvidia-version",
    requirement: "the chart's version is a complete one",
    reason: "of a range Helm takes the newest chart, which no test has covered, and another one with every apply",
    source: "https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs/resources/release",
    checks: ({ method, version }) => [checkChartVersion(version, methodOf(method).version)],
  },
  ...chartRepository.rules,
  {
    id: "nvidia-timeout",
    requirement: "the release has at least 600 seconds until all of its pods run",
    reason: "the node pulls large images first",
    source: "https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs/resources/release",
    checks: ({ timeout }) => [
      {
        condition: wholeNumber(timeout, 600),
        message: `timeout is ${formatValue(timeout)}; write whole seconds, 600 or more`,
      },
    ],
  },
];

/** Whether the node has GPUs to advertise: its Talos has a driver, and its machine, as far as it is known, a device. */
const hasGpus = ({ nvidia, machine }: TalosNode): boolean => nvidia !== undefined && machine.pciDevices?.length !== 0;

/** Nodes whose GPUs no pod would use. A driver alone may be in the image of all nodes, as long as some of them run pods. */
function unusedNodes({ nodes, schedulingOnControlPlanes }: TalosClusterBase): TalosNode[] {
  const withGpus = nodes.filter(hasGpus);
  const withoutPods = withGpus.filter(({ role }) => role === "controlplane" && schedulingOnControlPlanes === false);
  const isOnly = withoutPods.length === withGpus.length;
  return withoutPods.filter(({ machine }) => isOnly || machine.pciDevices !== undefined);
}

const methodOf = (name: MethodName): Method => methods[name] ?? methods["device-plugin"];
const minorNumber = (version: string): number => Number(version.split(".")[1]);

/** Versions of Kubernetes of this minor or a later one. */
const laterThan = (min: number): RegExp =>
  new RegExp(`^v?1[.](${Array.from({ length: 100 - min }, (_, index) => min + index).join("|")})[.]`);

const defaultMethod = "device-plugin";

/** Seconds for the release, and for its pods to run. */
const defaultTimeout = 900;

/**
 * Makes the GPUs of Talos nodes available to pods, and proves it.
 *
 * @example
 * new NvidiaInstall(stack, "nvidia", { node, sharing: { strategy: "time-slicing", replicas: 4 } });
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu
 */
export class NvidiaInstall extends Construct {
  /** The release; undefined if the props are invalid. */
  readonly resource?: Release;
  /** The namespace and what else must be there before the chart. */
  readonly prerequisites?: Release;
  /** The wait until all of its pods run. */
  readonly rollout?: Resource;
  /** The pod that proves that the GPU can be used; undefined where it is left out. */
  readonly smokeTest?: Resource;

  /** The chart that advertises the GPU, and what it needs on Talos. */
  readonly method: Method;
  /** Version of the chart. */
  readonly version: string;
  /** All values that the chart is given. */
  readonly values: ChartValues;
  /** How many pods may have each GPU. */
  readonly replicas: number;
  /** Whether pods that tolerate no `nvidia.com/gpu` are kept off the nodes with GPUs. */
  readonly isTainted: boolean;

  constructor(scope: Construct, id: string, props: NvidiaInstallProps) {
    super(scope, id);
    const parsed = parseProps(this, props, schema);
    const options = parsed.props;
    const { node } = options;
    this.method = methodOf(options.method ?? defaultMethod);
    this.version = options.version ?? this.method.version;
    const shared = options.sharing ? this.method.sharingValues(options.sharing) : {};
    const needed = mergeValues(this.method.values, shared);
    const given = mergeValues(needed, options.values ?? {});
    const checksum = checksumOf([this.version, given]);
    this.values = mergeValues(given, this.method.checksumValues?.(checksum) ?? {});
    this.isTainted = options.taint ?? false;
    this.replicas = options.sharing?.replicas ?? 1;
    const preconditions = [...parsed.preconditions, ...this.enforceRules(options, needed)];
    // Of another stack, it is refused; until then it must not be in the way of the other problems.
    if (!node || !isInStackOf(this, node)) return;

    const [first = node.nodes[0], ...others] = node.nodes.filter(hasGpus);
    const withGpus = [first, ...others];
    for (const each of withGpus) {
      each.addRequiredPatch(labels(options.sharing), ownSettings);
      if (this.isTainted) each.addTaint(taint);
    }
    helmIn(node);
    const release = "nvidia-prerequisites";
    const ready = [node.networkReady, node.untainted];
    this.prerequisites = kubernetesObjects(this, "Prerequisites", {
      address: "nvidia_prerequisites",
      name: release,
      objects: prerequisites(this.method),
      dependsOn: needsRuntimeClass(this.method)
        ? [...ready, runtimeClassStep(this, node.kubeconfigFile.filenameInput ?? "", release)]
        : ready,
    });
    const { path: by } = this.node;
    ownNamespace(node, this.method.namespace, { by, podSecurity: "privileged", resource: this.prerequisites });
    this.resource = this.createRelease(node, options, preconditions, this.prerequisites);
    // The plugin does not tolerate the taint of control plane nodes.
    const withPlugin = withGpus.filter(({ role }) => role === "worker" || node.schedulingOnControlPlanes === true);
    this.rollout = rolloutOf(this, node, this.resource, {
      release: this.method.chart,
      namespace: this.method.namespace,
      selector: `app.kubernetes.io/instance=${this.method.chart}`,
      timeout: options.timeout ?? defaultTimeout,
      nodes: withPlugin.map(({ name }) => name),
      plugin: pluginOf(this.method, this.values, withPlugin.length, checksum),
    });
    if (options.smokeTest ?? true) {
      this.smokeTest = this.createSmokeTest(node, [first, ...others], this.resource, this.rollout);
      node.saveAfter(this.smokeTest);
    }
    node.workloadsNeed.push(this.smokeTest ?? this.rollout);
  }

  /** Applies all rules. @returns what only Terraform can decide */
  private enforceRules(options: Parsed<NvidiaInstallProps>, needed: ChartValues): Precondition[] {
    const { node } = options;
    const earlierInstalls = node ? claim("GPUs of nodes", node.node.path, this.node.id, this) : [];
    return enforce(this, [...rules, ...sharing.rules], {
      node,
      user: this,
      method: options.method ?? defaultMethod,
      values: this.values,
      needed,
      sharing: options.sharing,
      taint: this.isTainted,
      smokeTest: options.smokeTest ?? true,
      version: this.version,
      repository: options.repository ?? this.method.repository,
      insecureHttp: options.insecureHttp,
      timeout: options.timeout ?? defaultTimeout,
      earlierInstalls,
    });
  }

  private createRelease(
    node: TalosClusterBase,
    { repository = this.method.repository, timeout = defaultTimeout }: Parsed<NvidiaInstallProps>,
    preconditions: Precondition[],
    prerequisites: Release,
  ): Release {
    const { address, chart, namespace } = this.method;
    const release = { name: chart, chart, namespace, repository, version: this.version, values: this.values };
    return releaseOf(this, node, { ...release, timeout, preconditions }, { address, dependsOn: [prerequisites] });
  }

  private createSmokeTest(
    node: TalosClusterBase,
    withGpus: readonly [TalosNode, ...TalosNode[]],
    release: Release,
    rollout: Resource,
  ): Resource {
    return withLogicalId(
      "gpu_smoke_test",
      nullResource(this, "SmokeTest", {
        triggers: {
          release: `${release.id} ${release.metadata.revision}`,
          talos: withGpus.map(({ talosUpgrade }) => talosUpgrade?.id ?? node.talosVersion).join(" "),
        },
        scripts: [
          smokeTest(this.method, {
            kubeconfig: node.kubeconfigFile.filename,
            talosconfig: node.talosconfigFile.filename,
            node: withGpus[0].address,
            isTainted: this.isTainted,
          }),
        ],
        dependsOn: [rollout],
      }),
    );
  }

  /** A pod that uses a GPU, as YAML. */
  get examplePod(): string {
    return examplePod(this.method, this.isTainted);
  }

  /** Arguments of kubectl that show the allocatable GPUs. */
  get allocatableCommand(): string {
    return this.method.claims
      ? "get resourceslices"
      : "get nodes --output=custom-columns='NODE:.metadata.name,GPUS:.status.allocatable.nvidia\\.com/gpu'";
  }
}

/** The plugin that is waited for on so many nodes; undefined if the values leave it out. */
function pluginOf(method: Method, values: ChartValues, nodes: number, checksum: string): Rollout["plugin"] {
  if (valueAt(values, ["devicePlugin", "enabled"]) === false) return undefined;
  // Values that choose among the nodes leave some out.
  const isPlaced = leavesOf(values).some(([path]) => path.some((key) => /^(affinity|nodeSelector)$/.test(key)));
  const { daemonSet, settleSeconds, checksumValues } = method;
  return { daemonSet, nodes: isPlaced ? 1 : nodes, checksum: checksumValues && checksum, settleSeconds };
}

/** The plugin's DaemonSet goes to nodes with the label, which nothing else sets: https://github.com/siderolabs/talos/issues/12103 */
const labels = (shared: sharing.GpuSharing | undefined) => ({
  machine: {
    nodeLabels: {
      "nvidia.com/gpu.present": "true",
      ...(shared?.strategy === "mps" && { "nvidia.com/mps.capable": "true" }),
    },
  },
});

/** Whether pods name a RuntimeClass that nothing else creates. */
const needsRuntimeClass = ({ ownRuntimeClass, claims }: Method): boolean => !ownRuntimeClass && !claims;

/** Plugins mount paths of the host, which Talos lets pods do in such a namespace alone. */
const prerequisites = (method: Method): object[] => [
  namespaceObject(method.namespace, "privileged"),
  ...(needsRuntimeClass(method)
    ? [{ apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: runtimeClass }, handler: runtimeClass }]
    : []),
];
