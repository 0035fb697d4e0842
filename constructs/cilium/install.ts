import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn, type IResolvable, type Precondition } from "cdktf";
import { Construct } from "constructs";
import { DataHelmTemplate } from "../../.gen/providers/helm/data-helm-template";
import type { Release } from "../../.gen/providers/helm/release";
import { helmForRendering, helmIn, kubernetesObjects, takeOver } from "../helm/provider";
import { type Chart, chartAttributes, releaseOf } from "../helm/release";
import { defaultTimeout, type ReleaseProps, releaseSchema } from "../helm/release-props";
import * as chartRepository from "../helm/repository";
import { namesOf, type Rollout, rolloutOf, waitForRollout } from "../helm/rollout";
import { checkTimeout } from "../helm/timeout";
import { valueAt } from "../helm/values";
import { record } from "../props/plain-data";
import {
  boolean,
  checkedByRule,
  instanceOf,
  objectOf,
  type Parsed,
  parseProps,
  required,
  type Schema,
  string,
  unchecked,
  urlString,
} from "../props/schema";
import { placeInStack } from "../rules/argument";
import { claim, type EarlierClaim } from "../rules/claims";
import { type Condition, equal, isUnknown, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { enforce, enforceWhenComplete, ifSet, type Rule, refusedNow } from "../rules/rule";
import { TalosCluster } from "../talos/cluster";
import type { TalosClusterBase } from "../talos/cluster-base";
import { applyManifests, handOverManifests } from "../talos/inline-manifests";
import { waitForKubernetes } from "../talos/kubectl";
import { ownSettings } from "../talos/node-settings";
import { kubePrismPort, type TalosPatch } from "../talos/patch";
import { documentsOf } from "../talos/patch-document";
import { hasPath } from "../talos/patch-effect";
import type { RuleDescription } from "../talos/protected-setting";
import { TalosSingleNode } from "../talos/single-node";
import { asYaml, mergeValues } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { checkSameStack, isInStackOf, partsInStack } from "../terraform/own-stack";
import type { Script } from "../terraform/script";
import * as versions from "../versions/rules";
import * as gatewayApi from "./gateway-api";
import * as inlineManifests from "./inline-manifests";
import * as loadBalancer from "./load-balancer";
import { upgradeCheck } from "./upgrade";
import * as valuePairs from "./value-pairs";
import * as valueSchema from "./value-schema";
import * as ciliumValues from "./values";
import {
  type CiliumValues,
  defaultValues,
  familyValues,
  inlineManifestValues,
  operatorValues,
  rollOutValues,
  talosValues,
} from "./values";
import * as ciliumVersion from "./version";
import { defaultCiliumVersion } from "./version";

const methods = ["helm-release", "inline-manifests"] as const;

/** Observation of the network's traffic. */
export interface Hubble {
  /**
   * Collect the flows of all nodes.
   *
   * @default false
   */
  readonly relay?: boolean | IResolvable;

  /**
   * Show them in a browser; needs the relay.
   *
   * @default false
   */
  readonly ui?: boolean | IResolvable;
}

/** What to install of Cilium, and where. */
export interface CiliumInstallProps extends ReleaseProps {
  /** The node or the cluster to install to. It gets the machine configuration that Cilium needs. */
  readonly node: TalosSingleNode | TalosCluster;

  /**
   * Version of Cilium and its chart.
   *
   * @default "1.19.8"
   */
  readonly version?: string;

  /**
   * How to install: `helm-release` once Kubernetes answers; or `inline-manifests`, rendered at plan into the machine
   * configuration of the control plane nodes, from which Talos creates them at bootstrap; the stack applies changes. Which resources exist depends on it, so it cannot be a Terraform variable.
   *
   * @default "helm-release"
   */
  readonly method?: (typeof methods)[number];

  /**
   * Hubble.
   *
   * @default - flows are kept by the agent only
   */
  readonly hubble?: Hubble;

  /**
   * Implement the Gateway API. Its CRDs are applied before Cilium, in the version that Cilium's version needs, and updated with
   * it. They are never deleted: with `false` they stay, and all gateways and routes with them.
   *
   * @default false
   */
  readonly gatewayApi?: boolean | IResolvable;

  /**
   * Where the CRDs of the Gateway API come from: an https URL, which the machine that deploys downloads, or the path of a file,
   * relative to where you run the synth. The file becomes part of the stack.
   *
   * @default - the standard-install.yaml of their release on GitHub
   */
  readonly gatewayApiDefinitions?: string;

  /**
   * Give services of type LoadBalancer addresses of the local network.
   *
   * @default - none
   */
  readonly l2Announcements?: loadBalancer.L2Announcements;

  /**
   * Encrypt the traffic between nodes.
   *
   * @default - not encrypted
   */
  readonly encryption?: "wireguard" | IResolvable;

  /**
   * Further values of the chart, merged deeply over those of this construct.
   *
   * @default - none
   */
  readonly values?: CiliumValues;

  /**
   * URL of the chart's repository: https or oci.
   *
   * @default "https://helm.cilium.io/"
   */
  readonly repository?: string;
}

export const schema: Schema<CiliumInstallProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  version: string,
  method: unchecked(),
  hubble: objectOf<Hubble>({ relay: boolean, ui: boolean }),
  gatewayApi: boolean,
  gatewayApiDefinitions: string,
  l2Announcements: loadBalancer.schema,
  encryption: checkedByRule("string"),
  values: record,
  repository: urlString,
  ...releaseSchema,
};

const noOtherNetwork: RuleDescription = {
  id: "cilium-needs-no-cni",
  requirement: "the node has no other network plugin, no kube-proxy, and KubePrism on its port",
  reason: "two network plugins, or none that reaches the API, leave the node without network",
  source: "https://docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium",
};

export const rules: readonly Rule<{
  readonly node?: TalosClusterBase;
  readonly user: Construct;
  readonly method: string;
  readonly encryption?: string | IResolvable;
  readonly repository: string;
  readonly insecureHttp?: boolean;
  readonly timeout: number;
  readonly earlierInstalls: readonly EarlierClaim<string>[];
}>[] = [
  { ...partsInStack, checks: ({ node, user }) => ifSet(node, (node) => checkSameStack("node", node, user)) },
  {
    ...noOtherNetwork,
    checks: ({ earlierInstalls }) => [
      ...earlierInstalls.map(({ by }) => ({
        condition: false,
        message: `the node has Cilium from ${by} already; leave one of the two out`,
      })),
    ],
  },
  {
    id: "cilium-method",
    requirement: `the method is one of ${methods.join(", ")}`,
    reason: "Terraform has to know which resources there are before it knows any variable",
    source: "https://docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium",
    checks: ({ method }) => [
      {
        condition: methods.some((each) => each === method),
        message: `method is ${formatValue(method)}; write ${methods.map(formatValue).join(" or ")}`,
      },
    ],
  },
  {
    id: "cilium-encryption",
    requirement: "encryption is wireguard",
    reason: "IPsec needs a key that would have to be in the cluster before Cilium",
    source: "https://docs.cilium.io/en/stable/security/network/encryption/",
    checks: ({ encryption }) =>
      ifSet(encryption, (encryption) => ({
        condition: equal(encryption, "wireguard"),
        message: `encryption is ${formatValue(encryption)}; write "wireguard" or leave it out`,
      })),
  },
  ...chartRepository.rules,
  {
    id: "cilium-timeout",
    requirement: "the release has at least 600 seconds until all of its pods run",
    reason: "the node pulls all images first, and pods that do not run in time fail the apply, however well they end",
    source: "https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs/resources/release",
    checks: ({ timeout }) => [checkTimeout("timeout", timeout, 600)],
  },
];

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

type Options = Parsed<CiliumInstallProps>;

const defaultMethod = "helm-release";
const defaultRepository = "https://helm.cilium.io/";

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
    enforceWhenComplete(this, loadBalancer.subnetRules, subnets, node.machineSecrets);
    const advice = (value: unknown) => `write ${formatValue(value)} or leave it out`;
    for (const patch of machinePatches) node.addRequiredPatch(patch, { rule: noOtherNetwork, advice });
    if (l2Announcements && !hasWorkers(node)) node.addRequiredPatch(loadBalancer.withoutExclusion, ownSettings);
    if (l2Announcements) loadBalancer.openFirewalls(l2Announcements, node.nodes);
    this.upgradeCheck = upgradeCheck(this, node, this.version);
    if (options.gatewayApi !== undefined) {
      this.gatewayApi = gatewayApi.applyGatewayApi(
        this,
        node,
        { version: this.version, enabled: options.gatewayApi, definitions: options.gatewayApiDefinitions },
        [this.upgradeCheck],
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
      ...enforce(this, loadBalancer.rules, {
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
      [applyManifests(filename, chart), ...waits, applyManifests(filename, pools)],
      [node.untainted, ...this.beforeCilium],
    );
  }

  /** What comes before Cilium is installed or changed. */
  private get beforeCilium(): Resource[] {
    return [this.upgradeCheck, this.gatewayApi].filter((step) => step !== undefined);
  }
}

/** The values behind the typed options, which `values` may not take back. */
const promisedValues = ({ gatewayApi, l2Announcements, encryption }: Parsed<CiliumInstallProps>): CiliumValues => ({
  ...(gatewayApi !== undefined && {
    gatewayAPI: { enabled: gatewayApi, enableAlpn: gatewayApi, enableAppProtocol: gatewayApi },
  }),
  ...(l2Announcements && { l2announcements: { enabled: true } }),
  // Another one is refused.
  ...((isUnknown(encryption) || encryption === "wireguard") && { encryption: { enabled: true, type: encryption } }),
});

/** Those that it may. */
const tunedValues = ({ hubble, gatewayApi, l2Announcements }: Parsed<CiliumInstallProps>): CiliumValues => ({
  // Cilium's own choice, "auto", depends on the CRDs that Helm finds, and is made again only when the release changes.
  ...(gatewayApi !== undefined &&
    gatewayApi !== false && { gatewayAPI: { gatewayClass: { create: classOf(gatewayApi) } } }),
  ...(hubble && { hubble: { relay: { enabled: hubble.relay ?? false }, ui: { enabled: hubble.ui ?? false } } }),
  // Every service takes a lease of its own, more than the default client rate allows.
  ...(l2Announcements && { k8sClientRateLimit: { qps: 50, burst: 100 } }),
});

const classOf = (enabled: true | IResolvable): unknown =>
  isUnknown(enabled) ? Fn.conditional(enabled, "true", "auto") : "true";

const isInline = ({ method }: Pick<Options, "method">): boolean => method === "inline-manifests";

/** Names of the Helm releases, and of the manifests in the machine configuration. */
const [chartName, poolsName] = ["cilium", "cilium-load-balancer"] as const;

/** Address pools and their announcement; none if they are left out. */
const poolsOf = (node: TalosClusterBase, { l2Announcements }: Options) =>
  l2Announcements ? loadBalancer.objects(l2Announcements, hasWorkers(node)) : [];

/** Whether workers alone announce addresses. The first machine of a single node that has grown goes on doing so. */
const hasWorkers = ({ nodes, isGrown }: TalosClusterBase): boolean =>
  !isGrown && nodes.some(({ role }) => role === "worker");

/** Nodes that an operator may need. A worker that is added to a single node changes nothing of its Cilium. */
const nodesForOperators = ({ nodes, isGrown }: TalosClusterBase): number =>
  nodes.filter(({ role }) => !isGrown || role === "controlplane").length;

/** All values of the chart, and those of them that the user's may not change. */
function valuesFor(options: Options, version: string) {
  const { node, values = {} } = options;
  const nodes = node ? nodesForOperators(node) : 1;
  const promised = promisedValues(options);
  const ofMethod = isInline(options) ? inlineManifestValues : {};
  const ofCluster = mergeValues(node ? familyValues(node.address) : {}, operatorValues(nodes));
  return {
    all: mergeValues(defaultValues(version), ofCluster, ofMethod, promised, tunedValues(options), values),
    required: mergeValues(talosValues, rollOutValues, nodes > 1 ? {} : operatorValues(nodes), ofMethod, promised),
  };
}

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
