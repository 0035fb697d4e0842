import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Precondition } from "cdktf";
import { Construct } from "constructs";
import { DataHelmTemplate } from "../../.gen/providers/helm/data-helm-template";
import type { Release } from "../../.gen/providers/helm/release";
import { helmForRendering, helmIn, kubernetesObjects, takeOver } from "../helm/provider";
import { type Chart, chartAttributes, releaseOf } from "../helm/release";
import { defaultTimeout } from "../helm/release-props";
import { namesOf, type Rollout, rolloutOf, waitForRollout } from "../helm/rollout";
import { valueAt } from "../helm/values";
import { parseProps } from "../props/schema";
import { placeInStack } from "../rules/argument";
import { claim } from "../rules/claims";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { enforce, enforceWhenComplete, refusedNow } from "../rules/rule";
import type { TalosClusterBase } from "../talos/cluster-base";
import { applyManifests, handOverManifests } from "../talos/inline-manifests";
import { waitForKubernetes } from "../talos/kubectl";
import { ownSettings } from "../talos/node-settings";
import { documentsOf } from "../talos/patch/document";
import { hasPath } from "../talos/patch/effect";
import { kubePrismPort, type TalosPatch } from "../talos/patch/patch";
import { asYaml, mergeValues } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { isInStackOf } from "../terraform/own-stack";
import type { Script } from "../terraform/script";
import * as versions from "../versions/rules";
import * as gatewayApi from "./gateway-api";
import * as inlineManifests from "./inline-manifests";
import {
  type CiliumInstallProps,
  defaultMethod,
  defaultRepository,
  isInline,
  type Options,
  schema,
} from "./install-props";
import { noOtherNetwork, rules } from "./install-rules";
import * as loadBalancer from "./load-balancer";
import * as loadBalancerRules from "./load-balancer-rules";
import { valuesFor } from "./option-values";
import { upgradeCheck } from "./upgrade";
import * as valuePairs from "./value-pairs";
import * as valueSchema from "./value-schema";
import * as ciliumValues from "./values";
import { type CiliumValues, familyValues } from "./values";
import * as ciliumVersion from "./version";
import { defaultCiliumVersion } from "./version";

const forwardsDns = ["machine", "features", "hostDNS", "forwardKubeDNSToHost"];
const podSubnets = ["cluster", "network", "podSubnets"];

/** Whether a patch of the props has the value; of a patch that only Terraform knows, whether it has the path. */
const setsInPatches = (node: TalosClusterBase | undefined, path: readonly string[], value: unknown): Condition =>
  or(
    ...(node?.configPatches ?? []).map((patch) =>
      isUnknown(patch)
        ? hasPath(patch, path)
        : documentsOf(patch).some((document) => equal(valueAt({ document }, ["document", ...path]), value) === true),
    ),
  );

const machinePatches: readonly TalosPatch[] = [
  { cluster: { network: { cni: { name: "none" } } } },
  { cluster: { proxy: { disabled: true } } },
  { machine: { features: { kubePrism: { enabled: true, port: kubePrismPort } } } },
];

/**
 * Cilium as the network of Talos nodes, in place of kube-proxy.
 *
 * @example
 * new CiliumInstall(stack, "cilium", { node, hubble: { relay: true, ui: true }, gatewayApi: true });
 *
 * @see https://docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium
 */
export class CiliumInstall extends Construct {
  /** The step that fails if a minor version of Cilium would be skipped; undefined if the props are invalid. */
  readonly upgradeCheck?: Resource;
  /** The CRDs of the Gateway API; undefined if `gatewayApi` is left out. */
  readonly gatewayApi?: Resource;
  /** The release; undefined with the method `inline-manifests`. */
  readonly resource?: Release;
  /** The rendered chart; undefined with the method `helm-release`. */
  readonly template?: DataHelmTemplate;
  /** The step that applies the rendered chart; undefined with the method `helm-release`. */
  readonly manifests?: Resource;
  /** Address pools and announcements; undefined without them, or with the method `inline-manifests`. */
  readonly loadBalancer?: Release;
  /** The wait until all of its pods run; undefined with the method `inline-manifests`. */
  readonly rollout?: Resource;

  /** Version of Cilium. */
  readonly version: string;
  /** All values of the chart. */
  readonly values: CiliumValues;

  constructor(scope: Construct, id: string, props: CiliumInstallProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const options = parsed.props;
    const { node, l2Announcements } = options;
    this.version = options.version ?? defaultCiliumVersion;
    const values = valuesFor(options, this.version);
    this.values = values.all;
    const preconditions = [
      ...parsed.preconditions,
      ...this.enforceValues(options, values.required),
      ...this.enforceOptions(options),
    ];
    // Of another stack, it is refused; until then it must not be in the way of the other problems.
    if (!node || !isInStackOf(this, node)) return;

    const subnets = () => ({ l2Announcements, subnets: node.nodes[0].subnets });
    enforceWhenComplete(this, loadBalancerRules.subnetRules, subnets, node.machineSecrets);
    const advice = (value: unknown) => `write ${formatValue(value)} or leave it out`;
    for (const patch of machinePatches) node.addRequiredPatch(patch, { rule: noOtherNetwork, advice });
    if (l2Announcements) {
      loadBalancer.openFirewalls(l2Announcements, announcers(node));
      for (const each of announcers(node)) {
        // Workers do not have the label, and Talos refuses a patch that deletes what is not there.
        if (each.role === "controlplane") each.addRequiredPatch(loadBalancer.withoutExclusion, ownSettings);
      }
    }
    this.upgradeCheck = upgradeCheck(this, node, this.version);
    if (options.gatewayApi !== undefined) {
      this.gatewayApi = gatewayApi.applyGatewayApi(
        this,
        node,
        { version: this.version, enabled: options.gatewayApi, definitions: options.gatewayApiDefinitions },
        // CRDs cannot go back if a removed release then ends the apply. Manifests come while Helm still uninstalls the release before.
        isInline(options) ? [this.upgradeCheck] : [this.upgradeCheck, node.removedReleases],
      );
    }
    // Without its provider, a release of the other method would not be found, and stay.
    helmIn(node);
    if (isInline(options)) {
      this.template = this.createTemplate(node, options, preconditions);
      this.manifests = this.applyInline(node, this.template.manifest, options, [
        waitForRollout(node.kubeconfigFile.filename, namesOf(node), rolloutFor(node, options)),
        ...waitsAfterRollout(node, options),
      ]);
      node.network = this.manifests;
      node.saveAfter(this.manifests);
      return;
    }
    this.resource = this.createRelease(node, options, preconditions);
    takeOver(this.resource);
    const { filename } = node.kubeconfigFile;
    this.rollout = rolloutOf(this, node, this.resource, { ...rolloutFor(node, options), stage: "network" }, [
      ...waitsAfterRollout(node, options),
      handOverManifests(filename, chartName),
      handOverManifests(filename, poolsName, poolsOf(node, options)),
    ]);
    node.network = this.rollout;
    if (l2Announcements) this.loadBalancer = this.createLoadBalancer(node, options, this.rollout);
  }

  /** Applies the rules of the chart's values. @returns what only Terraform can decide */
  private enforceValues({ node, values = {}, method }: Options, required: CiliumValues): Precondition[] {
    const { version } = this;
    const judged = {
      values: this.values,
      further: values,
      required,
      nodeForwardsDns: not(setsInPatches(node, forwardsDns, false)),
    };
    const judgedTogether = {
      values: this.values,
      required: mergeValues(required, node ? familyValues(node.address) : {}),
      address: node?.address,
      hasOwnPodSubnets: or(...(node?.configPatches ?? []).map((patch) => hasPath(patch, podSubnets))),
    };
    const refused = [...refusedNow(ciliumValues.rules, judged), ...refusedNow(valuePairs.rules, judgedTogether)];
    return [
      ...enforce(this, ciliumVersion.rules, { version, talosVersion: node?.talosVersion }),
      ...enforce(this, versions.rules, {
        program: "cilium",
        name: "version",
        version,
        kubernetesVersion: node?.kubernetesVersion,
      }),
      ...enforce(this, ciliumValues.rules, judged),
      ...enforce(this, valuePairs.rules, judgedTogether),
      ...enforce(this, valueSchema.rules, { further: values, version, refused }),
      ...enforce(this, inlineManifests.rules, { inline: isInline({ method }), values: this.values }),
    ];
  }

  /** Applies the other rules. @returns what only Terraform can decide */
  private enforceOptions(options: Options): Precondition[] {
    const { node, l2Announcements, encryption, values = {} } = options;
    const earlierInstalls = node ? claim("Cilium", node.node.path, this.node.id, this) : [];
    return [
      ...enforce(this, gatewayApi.rules, {
        version: this.version,
        enabled: options.gatewayApi,
        definitions: options.gatewayApiDefinitions,
        enabledByValues: equal(valueAt(values, ["gatewayAPI", "enabled"]), true),
      }),
      ...enforce(this, loadBalancerRules.rules, {
        l2Announcements,
        taken: node?.addresses ?? [],
        hasFirewall: node?.nodes.some(({ machine }) => machine.firewall !== undefined) ?? false,
        version: this.version,
        values: this.values,
      }),
      ...enforce(this, rules, {
        node,
        user: this,
        method: options.method ?? defaultMethod,
        encryption,
        repository: options.repository ?? defaultRepository,
        insecureHttp: options.insecureHttp,
        timeout: options.timeout ?? defaultTimeout,
        earlierInstalls,
      }),
    ];
  }

  private chart(
    { repository = defaultRepository, timeout = defaultTimeout }: Options,
    preconditions: Precondition[],
  ): Chart {
    const { version, values } = this;
    const namespace = "kube-system";
    return { name: chartName, namespace, repository, chart: "cilium", version, values, timeout, preconditions };
  }

  private createTemplate(node: TalosClusterBase, options: Options, preconditions: Precondition[]): DataHelmTemplate {
    const chart = chartAttributes(this.chart(options, preconditions));
    return withLogicalId(
      "cilium",
      new DataHelmTemplate(this, "Template", {
        ...chart,
        provider: helmForRendering(this),
        includeCrds: true,
        kubeVersion: node.kubernetesVersion,
        lifecycle: { ...chart.lifecycle, postcondition: [inlineManifests.withoutKeys] },
      }),
    );
  }

  private createRelease(node: TalosClusterBase, options: Options, preconditions: Precondition[]): Release {
    return releaseOf(this, node, this.chart(options, preconditions), {
      address: "cilium",
      // Its operator looks for the CRDs of the Gateway API once, when it starts.
      dependsOn: this.beforeCilium,
    });
  }

  private createLoadBalancer(node: TalosClusterBase, options: Options, after: Resource): Release {
    const release = kubernetesObjects(this, "LoadBalancer", {
      address: "cilium_load_balancer",
      name: poolsName,
      objects: poolsOf(node, options),
      dependsOn: [after],
    });
    takeOver(release);
    return release;
  }

  /** @deprecated Write `rollout`. */
  get kindsDefined(): Resource | undefined {
    return this.loadBalancer && this.rollout;
  }

  /** Applies the rendered chart and the pools, at every change of them. */
  private applyInline(node: TalosClusterBase, contents: string, options: Options, waits: readonly Script[]): Resource {
    const { filename } = node.kubeconfigFile;
    const [chart, pools] = [
      { name: chartName, contents },
      { name: poolsName, contents: poolsOf(node, options).map(asYaml).join("---\n") },
    ] as const;
    return inlineManifests.install(
      this,
      node,
      [chart, pools],
      [applyManifests(filename, chart, pools), ...waits, applyManifests(filename, pools)],
      [node.untainted, ...this.beforeCilium],
    );
  }

  /** What comes before Cilium is installed or changed. */
  private get beforeCilium(): Resource[] {
    return [this.upgradeCheck, this.gatewayApi].filter((step) => step !== undefined);
  }
}

/** Names of the Helm releases, and of the manifests in the machine configuration. */
const [chartName, poolsName] = ["cilium", "cilium-load-balancer"] as const;

/** Address pools and their announcement; none if they are left out. */
const poolsOf = (node: TalosClusterBase, { l2Announcements }: Options) =>
  l2Announcements ? loadBalancer.objects(l2Announcements, hasWorkers(node)) : [];

/** Whether workers alone announce addresses. The first machine of a single node that has grown goes on doing so. */
const hasWorkers = ({ nodes, isGrown }: TalosClusterBase): boolean =>
  !isGrown && nodes.some(({ role }) => role === "worker");

/** The nodes that announce addresses. */
const announcers = (node: TalosClusterBase) =>
  hasWorkers(node) ? node.nodes.filter(({ role }) => role === "worker") : node.nodes;

const rolloutFor = (node: TalosClusterBase, { timeout = defaultTimeout }: Options): Rollout => ({
  release: "cilium",
  namespace: "kube-system",
  selector: "app.kubernetes.io/part-of=cilium",
  timeout,
  nodes: namesOf(node),
});

/** Cilium's operator creates the CRDs of the pools and serves the GatewayClass. */
function waitsAfterRollout(node: TalosClusterBase, options: Options): Script[] {
  const { l2Announcements, gatewayApi: isEnabled, timeout = defaultTimeout, values = {} } = options;
  const { filename } = node.kubeconfigFile;
  const hasClass = !["false", false].includes(valueAt(values, ["gatewayAPI", "gatewayClass", "create"]) as string);
  return [
    ...(l2Announcements ? [waitForKubernetes(filename, node.endpoint, timeout, loadBalancer.definitions)] : []),
    ...(isEnabled && hasClass ? [gatewayApi.waitForGatewayClass(filename, isEnabled)] : []),
  ];
}
