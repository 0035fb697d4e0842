import type { ITerraformDependable, Precondition } from "cdktf";
import type { Construct } from "constructs";
import { Release, type ReleaseConfig } from "../../.gen/providers/helm/release";
import { claim } from "../rules/claims";
import { equal, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { addPreconditions, enforce, lifecycleWith, type Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import { escapeTemplate } from "../rules/template";
import type { TalosClusterBase } from "../talos/cluster-base";
import { renderDocument } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { helmIn } from "./provider";
import type { ChartValues } from "./values";

/** A chart, and what to install of it. */
export interface Chart {
  /** Name of the release. */
  readonly name: string;
  readonly namespace: string;
  /** URL of a repository or a registry. */
  readonly repository: string;
  readonly chart: string;
  readonly version: string;
  readonly values: ChartValues;
  /** Seconds. */
  readonly timeout: number;
  readonly preconditions: Precondition[];
}

/** What a release and a rendering of a chart have in common. */
export const chartAttributes = ({ preconditions, repository, values, ...chart }: Chart) => ({
  ...chart,
  repository: escapeTemplate(repository),
  values: [renderDocument(values)],
  lifecycle: lifecycleWith(preconditions),
});

interface ReleaseOfChart {
  /** Address of the release in Terraform. */
  readonly address: string;
  readonly dependsOn: ITerraformDependable[];
  /** Values that only the provider sees. */
  readonly writeOnly?: Pick<ReleaseConfig, "setWo" | "setWoRevision">;
}

export const rules: readonly Rule<{
  readonly name: string;
  readonly namespace: string;
  readonly earlier: readonly { readonly by: string; readonly value: Pick<Chart, "name" | "namespace"> }[];
}>[] = [
  {
    id: "helm-release-once",
    requirement: "a release name is used once in a namespace",
    reason: "the second would upgrade the first to another chart, and each apply would do so again",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ name, namespace, earlier }) =>
      earlier.map(({ by, value }) => ({
        condition: or(not(equal(name, value.name)), not(equal(namespace, value.namespace))),
        message: `name ${formatValue(name)} is that of a release of ${by} in the same namespace; write another name or namespace`,
      })),
  },
];

/** The release of a chart, as every construct installs one: Helm waits for its workloads as far as it can. */
export function releaseOf(
  scope: Construct,
  cluster: TalosClusterBase,
  chart: Chart,
  { address, dependsOn, writeOnly }: ReleaseOfChart,
): Release {
  helmIn(cluster);
  const { name, namespace } = chart;
  const earlier = claim(`Helm releases of ${cluster.node.path}`, `${namespace}/${name}`, { name, namespace }, scope);
  const release = withLogicalId(
    address,
    new Release(scope, "Resource", {
      ...chartAttributes(chart),
      ...writeOnly,
      wait: true,
      // A release that failed is in no state, and its name would be in use for ever.
      upgradeInstall: true,
      dependsOn,
    }),
  );
  addPreconditions(release, enforce(scope, rules, { name, namespace, earlier }));
  return release;
}
