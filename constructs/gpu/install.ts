import { types } from "node:util";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Precondition } from "cdktf";
import { Construct } from "constructs";
import type { Release } from "../../.gen/providers/helm/release";
import { namespaceObject, ownNamespace } from "../helm/namespace";
import { helmIn, kubernetesObjects } from "../helm/provider";
import { releaseOf } from "../helm/release";
import { defaultTimeout } from "../helm/release-props";
import { type Rollout, rolloutOf } from "../helm/rollout";
import { type ChartValues, leavesOf, valueAt } from "../helm/values";
import { type Parsed, parseProps } from "../props/schema";
import { placeInStack } from "../rules/argument";
import { claim } from "../rules/claims";
import { addPreconditions, enforce } from "../rules/rule";
import type { TalosClusterBase } from "../talos/cluster-base";
import { type GpuVendor, gpuVendors } from "../talos/driver";
import type { TalosNode } from "../talos/node";
import { ownSettings } from "../talos/node-settings";
import { checksumOf, mergeValues } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import { isInStackOf } from "../terraform/own-stack";
import * as versions from "../versions/rules";
import { defaultMethod, type GpuInstallProps, gpuSchema, type NvidiaInstallProps } from "./install-props";
import type { Method } from "./method";
import { gpuRules, methodOf, nodesWith, rules, vendorRules } from "./rules";
import { runtimeClassStep } from "./runtime-class";
import * as sharing from "./sharing";
import { examplePod, smokeTest } from "./smoke-test";
import type { GpuResource, Vendor } from "./vendor";
import { vendors } from "./vendors";

/**
 * Makes the GPUs of a vendor on Talos nodes available to pods, and runs a smoke test.
 *
 * @example
 * new GpuInstall(stack, "gpu", { node, vendor: "nvidia" });
 */
export class GpuInstall extends Construct {
  /** The release; undefined if the props are invalid. */
  readonly resource?: Release;
  /** The namespace and what else must be there before the chart. */
  readonly prerequisites?: Release;
  /** The wait until all of its pods run. */
  readonly rollout?: Resource;
  /** The smoke test, a pod that uses the GPU; undefined if it is left out. */
  readonly smokeTest?: Resource;
  /** The smoke tests, one for each resource that pods can request: Intel GPUs have one for each driver. */
  readonly smokeTests: readonly Resource[] = [];

  /** Vendor of the GPUs. */
  readonly vendor: GpuVendor;

  /** The chart that advertises the GPU, and what it needs on Talos. */
  readonly method: Method;
  /** Version of the chart. */
  readonly version: string;
  /** All values that the chart is given. */
  readonly values: ChartValues;
  /** How many pods may have each GPU. */
  readonly replicas: number;
  /** Whether pods that do not tolerate the vendor's taint are kept off the nodes with GPUs. */
  readonly isTainted: boolean;

  /** The resources that its nodes have, such as `amd.com/gpu`. */
  private readonly resources: readonly GpuResource[] = [];

  constructor(scope: Construct, id: string, props: GpuInstallProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, gpuSchema);
    const options = parsed.props;
    const { node } = options;
    const isKnown = gpuVendors.includes(options.vendor as GpuVendor);
    this.vendor = isKnown ? (options.vendor as GpuVendor) : "nvidia";
    this.method = methodOf(this.vendor, options.method ?? defaultMethod, node?.talosVersion);
    this.version = options.version ?? this.method.version;
    this.isTainted = options.taint ?? false;
    const shared = options.sharing ? this.method.sharingValues(options.sharing) : {};
    const needed = mergeValues(this.method.values, shared);
    const own = mergeValues(needed, (this.isTainted && this.method.taintedValues) || {});
    const given = mergeValues(own, options.values ?? {});
    const checksum = checksumOf([this.version, given]);
    this.values = mergeValues(given, this.method.checksumValues?.(checksum) ?? {});
    this.replicas = options.sharing?.replicas ?? 1;
    const preconditions = [...parsed.preconditions, ...this.enforceRules(options, needed)];
    // Of another stack, it is refused; until then it must not be in the way of the other problems.
    if (!node || !isInStackOf(this, node)) return;

    const withGpus = nodesWith(node, this.vendor);
    for (const each of withGpus) {
      each.addRequiredPatch(labels(this.record, options.sharing), ownSettings);
      if (this.isTainted) each.addTaint(this.record.taint);
    }
    this.resources = this.record.resources.filter(({ isOf }) => withGpus.some(({ drivers }) => drivers.some(isOf)));
    helmIn(node);
    this.prerequisites = this.createPrerequisites(node);
    const { path: by } = this.node;
    ownNamespace(this, node, this.method.namespace, { by, podSecurity: "privileged", resource: this.prerequisites });
    this.resource = this.createRelease(node, options, preconditions, this.prerequisites);
    // The plugin does not tolerate the taint of control plane nodes.
    const withPlugin = withGpus.filter((each) => node.runsPods(each));
    this.rollout = rolloutOf(this, node, this.resource, {
      stage: "plugins",
      release: this.method.chart,
      namespace: this.method.namespace,
      selector: this.method.selector,
      timeout: options.timeout ?? defaultTimeout,
      nodes: withPlugin.map(({ name }) => name),
      plugin: pluginOf(this.method, this.values, withPlugin.length, checksum),
    });
    if (options.smokeTest ?? true) {
      this.smokeTests = this.createSmokeTests(node, withGpus, this.resource, this.rollout);
      [this.smokeTest] = this.smokeTests;
      for (const each of this.smokeTests) node.saveAfter(each);
    }
    node.workloadsNeed.push(...(this.smokeTests.length > 0 ? this.smokeTests : [this.rollout]));
  }

  private get record(): Vendor {
    return vendors[this.vendor];
  }

  /** Applies all rules. @returns what only Terraform can decide */
  private enforceRules(options: Parsed<GpuInstallProps>, needed: ChartValues): Precondition[] {
    const { node } = options;
    const { vendor } = this;
    const earlierInstalls = node ? claim(`GPUs of ${vendor} of nodes`, node.node.path, this.node.id, this) : [];
    const ownRules = vendor === "nvidia" ? rules : gpuRules;
    const ofVersions = enforce(this, versions.rules, {
      program: "chart",
      chart: this.method.chart,
      name: "version",
      version: this.version,
      kubernetesVersion: node?.kubernetesVersion,
    });
    const others = enforce(this, [...vendorRules, ...ownRules, ...sharing.rules], {
      node,
      user: this,
      vendor,
      given: options.vendor,
      strategies: this.record.strategies,
      title: this.record.title,
      method: options.method ?? defaultMethod,
      values: this.values,
      needed,
      sharing: options.sharing,
      taint: this.isTainted,
      smokeTest: options.smokeTest ?? true,
      version: this.version,
      repository: options.repository ?? this.method.repository,
      repositoryIsGiven: options.repository !== undefined,
      insecureHttp: options.insecureHttp,
      timeout: options.timeout ?? defaultTimeout,
      earlierInstalls,
    });
    return [...ofVersions, ...others];
  }

  private createPrerequisites(node: TalosClusterBase): Release {
    const { address, release } = this.record.prerequisites;
    const ready = [node.networkReady, node.untainted];
    const runtimeClass = runtimeClassOf(this.record, this.method);
    return kubernetesObjects(this, "Prerequisites", {
      address,
      name: release,
      objects: prerequisites(this.method, runtimeClass),
      dependsOn:
        runtimeClass === undefined
          ? ready
          : [...ready, runtimeClassStep(this, node.kubeconfigFile.filenameInput ?? "", release)],
    });
  }

  private createRelease(
    node: TalosClusterBase,
    { repository = this.method.repository ?? "", timeout = defaultTimeout }: Parsed<GpuInstallProps>,
    preconditions: Precondition[],
    prerequisites: Release,
  ): Release {
    const { address, chart, namespace, objects } = this.method;
    if (objects) {
      const release = kubernetesObjects(new Construct(this, "Plugin"), "Resource", {
        address,
        name: chart,
        objects: objects({ version: this.version, replicas: this.replicas }),
        dependsOn: [prerequisites],
      });
      addPreconditions(release, preconditions);
      return release;
    }
    const release = { name: chart, chart, namespace, repository, version: this.version, values: this.values };
    return releaseOf(this, node, { ...release, timeout, preconditions }, { address, dependsOn: [prerequisites] });
  }

  private createSmokeTests(
    node: TalosClusterBase,
    withGpus: readonly TalosNode[],
    release: Release,
    rollout: Resource,
  ): Resource[] {
    return this.resources.map((resource, index) => {
      const nodes = withGpus.filter(({ drivers }) => drivers.some(resource.isOf));
      // GPUs of machines that are added to a single node do not make its own another one.
      const proven = node.isGrown ? nodes.slice(0, 1) : nodes;
      return withLogicalId(
        resource.address,
        kubernetesStep(this, index === 0 ? "SmokeTest" : `SmokeTest${index + 1}`, "tests", {
          triggers: {
            release: `${release.id} ${release.metadata.revision}`,
            talos: proven.map(({ talosUpgrade }) => talosUpgrade?.id ?? node.talosVersion).join(" "),
          },
          scripts: [
            smokeTest(this.method, {
              kubeconfig: node.kubeconfigFile.filename,
              talosconfig: node.talosconfigFile.filename,
              node: nodes[0]?.address ?? "",
              isTainted: this.isTainted,
              vendor: this.record,
              resource,
            }),
          ],
          dependsOn: [rollout],
        }),
      );
    });
  }

  /** A pod that uses a GPU, as YAML. */
  get examplePod(): string {
    const [resource = this.record.resources[0] as GpuResource] = this.resources;
    return examplePod(this.method, this.isTainted, this.record, resource);
  }

  /** Arguments of kubectl that show the allocatable GPUs. */
  get allocatableCommand(): string {
    if (this.method.claims) return "get resourceslices";
    const columns = this.resources.map(
      ({ name }, index) =>
        `${index === 0 ? "GPUS" : `GPUS${index + 1}`}:.status.allocatable.${name.replaceAll(".", "\\.")}`,
    );
    return `get nodes --output=custom-columns='${["NODE:.metadata.name", ...columns].join(",")}'`;
  }
}

/**
 * Makes the GPUs of NVIDIA on Talos nodes available to pods, and runs a smoke test.
 *
 * @example
 * new NvidiaInstall(stack, "nvidia", { node, sharing: { strategy: "time-slicing", replicas: 4 } });
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu
 */
export class NvidiaInstall extends GpuInstall {
  constructor(scope: Construct, id: string, props: NvidiaInstallProps) {
    super(scope, id, withVendor(props));
  }
}

/** The props with their vendor. A value that is not an object is reported as it is, and what a getter throws where it is read. */
const withVendor = (props: NvidiaInstallProps): GpuInstallProps => {
  if (typeof props !== "object" || props === null || types.isProxy(props)) return props as GpuInstallProps;
  const vendor = { value: "nvidia", enumerable: true };
  return Object.create(Object.getPrototypeOf(props), { ...Object.getOwnPropertyDescriptors(props), vendor });
};

/** The plugin that is waited for on so many nodes; undefined if the values leave it out. */
function pluginOf(method: Method, values: ChartValues, nodes: number, checksum: string): Rollout["plugin"] {
  if (valueAt(values, ["devicePlugin", "enabled"]) === false) return undefined;
  // Values that choose among the nodes leave some out.
  const isPlaced = leavesOf(values).some(([path]) => path.some((key) => /^(affinity|nodeSelector)$/.test(key)));
  const { daemonSet, settleSeconds, checksumValues } = method;
  return { daemonSet, nodes: isPlaced ? 1 : nodes, checksum: checksumValues && checksum, settleSeconds };
}

/** The plugin's DaemonSet goes to nodes with the label, which nothing else sets: https://github.com/siderolabs/talos/issues/12103 */
const labels = ({ label }: Vendor, shared: sharing.GpuSharing | undefined) => ({
  machine: {
    nodeLabels: {
      [label]: "true",
      ...(shared?.strategy === "mps" && { "nvidia.com/mps.capable": "true" }),
    },
  },
});

/** The RuntimeClass that pods name and nothing else creates; undefined without one. */
const runtimeClassOf = ({ runtimeClass }: Vendor, { ownRuntimeClass, claims, injects }: Method): string | undefined =>
  ownRuntimeClass || claims || injects ? undefined : runtimeClass;

/** Plugins mount paths of the host, which Talos lets pods do in such a namespace alone. */
const prerequisites = (method: Method, runtimeClass: string | undefined): object[] => [
  namespaceObject(method.namespace, "privileged"),
  ...(runtimeClass === undefined
    ? []
    : [
        { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: runtimeClass }, handler: runtimeClass },
      ]),
];
