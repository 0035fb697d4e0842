import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, type ITerraformDependable, type Precondition } from "cdktf";
import { Construct } from "constructs";
import type { Release } from "../../.gen/providers/helm/release";
import { record } from "../props/plain-data";
import {
  enumOf,
  type Field,
  instanceOf,
  number,
  type Parsed,
  parseProps,
  required,
  type Schema,
  string,
  urlString,
} from "../props/schema";
import { placeInStack } from "../rules/argument";
import { claim } from "../rules/claims";
import { matches } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { enforce, ifSet, type Rule, whenComplete } from "../rules/rule";
import { providerDocs } from "../rules/source";
import { TalosCluster } from "../talos/cluster";
import type { TalosClusterBase } from "../talos/cluster-base";
import { TalosSingleNode } from "../talos/single-node";
import { chartStages, type Stage } from "../terraform/null-resource";
import { checkSameStack, isInStackOf, partsInStack } from "../terraform/own-stack";
import {
  checkPodSecurity,
  defaultPodSecurity,
  isOfKubernetes,
  type NamespaceOwner,
  namespaceObject,
  ownerOf,
  ownNamespace,
  type PodSecurity,
  podSecurityLevels,
} from "./namespace";
import { kubernetesObjects } from "./provider";
import { type Chart, releaseOf } from "./release";
import { defaultTimeout, type ReleaseProps, releaseSchema } from "./release-props";
import * as chartRepository from "./repository";
import { rolloutOf } from "./rollout";
import * as secretValues from "./secret-values";
import { checkTimeout } from "./timeout";
import { type ChartValues, isPlainText } from "./values";
import { checkChartVersion } from "./version";

/** A chart, and where to install it. */
export interface HelmInstallProps extends ReleaseProps {
  /** The node or the cluster. */
  readonly node: TalosSingleNode | TalosCluster;

  /** Name of the chart, such as `ollama`. */
  readonly chart: string;

  /** URL of the chart's repository or registry, such as `https://charts.example/` or `oci://registry.example/charts`. */
  readonly repository: string;

  /** Version of the chart, in full. */
  readonly version: string;

  /**
   * Name of the release.
   *
   * @default - the name of the chart
   */
  readonly name?: string;

  /**
   * Namespace. It is created, unless Kubernetes or another construct creates it.
   *
   * @default - the name of the release
   */
  readonly namespace?: string;

  /**
   * What the pods of the namespace may do. A chart that mounts paths of the host needs `privileged`.
   *
   * @default "baseline", as Talos enforces
   * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
   */
  readonly podSecurity?: PodSecurity;

  /**
   * Values of the chart.
   *
   * @default - the chart's own
   */
  readonly values?: ChartValues;

  /**
   * Values that are secrets, by their paths, such as `{ "auth.password": password.stringValue }`. Neither a plan nor
   * the state contains them. They need Terraform 1.11 or OpenTofu 1.11.
   *
   * @default - none
   */
  readonly secretValues?: secretValues.SecretValues;

  /**
   * Write another number when a secret value has changed, which Terraform cannot see.
   *
   * @default 1
   */
  readonly secretRevision?: number;
}

export const schema: Schema<HelmInstallProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  chart: required(string),
  repository: required(urlString),
  version: required(string),
  name: string,
  namespace: string,
  podSecurity: enumOf(podSecurityLevels),
  values: record,
  secretValues: record as Field<unknown> as Field<secretValues.SecretValues>,
  secretRevision: number,
  ...releaseSchema,
};

const source = providerDocs("hashicorp/helm", "/resources/release");

export const rules: readonly Rule<{
  readonly node?: TalosClusterBase;
  readonly user: Construct;
  readonly chart: Chart;
  readonly repository: string;
  readonly insecureHttp?: boolean;
  readonly podSecurity?: PodSecurity;
}>[] = [
  { ...partsInStack, checks: ({ node, user }) => ifSet(node, (node) => checkSameStack("node", node, user)) },
  ...chartRepository.rules,
  {
    id: "helm-release-name",
    requirement: "the names of a release, its namespace and its chart are valid in Kubernetes",
    reason: "Kubernetes refuses other names, but only when the chart is installed",
    source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
    checks: ({ chart }) =>
      (["name", "namespace"] as const).map((prop) => ({
        condition: matches(chart[prop], kubernetesName),
        message: `${prop} ${formatValue(chart[prop])} is not a name in Kubernetes; write lower-case letters, digits and hyphens, at most ${longestName}`,
      })),
  },
  {
    id: "helm-yaml-name",
    severity: "warning",
    requirement: "YAML reads the names of a release and its namespace as text",
    reason: "most charts write them without quotes, so that Kubernetes refuses what it reads as a number or true",
    source: "https://helm.sh/docs/howto/charts_tips_and_tricks/#quote-strings-dont-quote-integers",
    checks: ({ chart }) =>
      (["name", "namespace"] as const).map((prop) => ({
        condition: isPlainText(chart[prop]),
        message: `${prop} ${formatValue(chart[prop])} is not text in YAML unless the chart quotes it; write another name, such as ${formatValue(`app-${chart[prop]}`)}`,
      })),
  },
  {
    id: "helm-chart-name",
    requirement: "a chart has the name that its repository lists it by",
    reason: "a path or a URL would be read from the machine that deploys, or from elsewhere",
    source: "https://helm.sh/docs/chart_best_practices/conventions/#chart-names",
    checks: ({ chart: { chart } }) => [
      {
        condition: matches(chart, /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/),
        message: `chart ${formatValue(chart)} is not the name of a chart; write it as in "ollama", and its repository in repository`,
      },
    ],
  },
  {
    id: "helm-version",
    requirement: "the chart's version is complete",
    reason: "for a range Helm installs the newest chart at every apply",
    source,
    checks: ({ chart: { version } }) => [checkChartVersion(version, "1.2.3")],
  },
  {
    id: "helm-pod-security",
    requirement: "a namespace has one level of pod security, which its creator sets",
    reason: "the namespaces of Kubernetes are not the stack's, and of two levels one would hold for neither's pods",
    source: "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    checks: ({ node, chart: { namespace }, podSecurity }) =>
      checkPodSecurity(namespace, podSecurity, node && ownerOf(node, namespace)),
  },
  {
    id: "helm-timeout",
    requirement: "the release has at least 60 seconds until all of its pods run",
    reason: "the node pulls their images first, and pods that do not run in time fail the apply",
    source,
    checks: ({ chart: { timeout } }) => [checkTimeout("timeout", timeout, 60)],
  },
];

/** Helm takes 53 characters, and the releases of this construct have more in their names. */
const longestName = 43;
const kubernetesName = /^[a-z0-9]([a-z0-9-]{0,41}[a-z0-9])?$/;

/**
 * A chart as a Helm release, after the network, the GPUs and the storage of its cluster. The apply waits until all pods of the release run.
 *
 * @example
 * new HelmInstall(stack, "ollama", {
 *   node,
 *   chart: "ollama",
 *   repository: "https://otwld.github.io/ollama-helm",
 *   version: "1.68.0",
 *   values: { ollama: { gpu: { enabled: true, type: "nvidia" } } },
 * });
 *
 * @see https://helm.sh/docs/topics/charts/
 */
export class HelmInstall extends Construct {
  /** The release; undefined if the props are invalid. */
  readonly resource?: Release;
  /** The release that creates the namespace; undefined if Kubernetes or another construct does. */
  readonly namespaceRelease?: Release;
  /** The release whose revision makes the provider read the secret values again; undefined without any. */
  readonly inputs?: Release;
  /** The wait until all of its pods run. */
  readonly rollout?: Resource;

  /** Name of the release. */
  readonly name: string;
  /** Its namespace. */
  readonly namespace: string;

  constructor(scope: Construct, id: string, props: HelmInstallProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const options = parsed.props;
    const { node, podSecurity } = options;
    this.name = options.name ?? options.chart;
    this.namespace = options.namespace ?? this.name;
    const chart = this.chart(options, [...parsed.preconditions]);
    chart.preconditions.push(
      ...enforce(this, rules, { ...options, user: this, chart }),
      ...enforce(this, secretValues.rules, options),
      ...enforce(this, secretValues.valueRules, {
        sensitive: secretValues.sensitiveIn(this, chart.values),
        literals: secretValues.literalsIn(chart.values),
      }),
    );
    // Of another stack, it is refused; until then it must not be in the way of the other problems.
    if (!node || !isInStackOf(this, node)) return;

    const isPresent = isOfKubernetes(this.namespace) || ownerOf(node, this.namespace) !== undefined;
    if (!isPresent) this.namespaceRelease = this.createNamespace(node, podSecurity);
    const ready = [node.networkReady, ...ifOwned(ownerOf(node, this.namespace))];
    if (options.secretValues) {
      const revision = options.secretRevision ?? 1;
      this.inputs = secretValues.inputsOf(this, chart, {
        address: `${id}_inputs`,
        changesWith: revision,
        dependsOn: ready,
      });
    }
    this.resource = releaseOf(this, node, chart, {
      address: id,
      dependsOn: ready,
      writeOnly: this.inputs && secretValues.writeOnly(this, options.secretValues ?? {}, this.inputs.metadata.revision),
    });
    waitForWorkloads(this, node, this.resource);
    this.rollout = rolloutOf(this, node, this.resource, {
      stage: stageOf(this, node),
      release: this.name,
      namespace: this.namespace,
      timeout: chart.timeout,
      nodes: node.nodes.map(({ name }) => name),
    });
  }

  private chart(options: Parsed<HelmInstallProps>, preconditions: Precondition[]): Chart {
    const { chart, repository, version, values = {}, timeout = defaultTimeout } = options;
    return { name: this.name, namespace: this.namespace, chart, repository, version, values, timeout, preconditions };
  }

  private createNamespace(node: TalosClusterBase, podSecurity = defaultPodSecurity): Release {
    const { namespace } = this;
    const resource = kubernetesObjects(this, "Namespace", {
      address: `${this.node.id}_namespace`,
      name: `${namespace}-namespace`,
      objects: [namespaceObject(namespace, podSecurity)],
      dependsOn: [node.networkReady],
    });
    ownNamespace(this, node, namespace, { by: this.node.path, podSecurity, resource });
    return resource;
  }
}

const ifOwned = (owner: NamespaceOwner | undefined): ITerraformDependable[] => (owner ? [owner.resource] : []);

/** Charts may come after each other, so that neighbors have different stages. */
function stageOf(construct: Construct, node: TalosClusterBase): Stage {
  const earlier = claim("charts of a cluster", node.node.path, construct.node.path, construct);
  return chartStages[earlier.length % chartStages.length] ?? "charts_1";
}

/** Lets the release come after what workloads need, whichever construct is made first. */
function waitForWorkloads(construct: Construct, node: TalosClusterBase, release: Release): void {
  whenComplete(construct, () => {
    const needed = node.workloadsNeed.map((each) => dependable(each));
    release.dependsOn = [...(release.dependsOn ?? []), ...needed];
  });
}
