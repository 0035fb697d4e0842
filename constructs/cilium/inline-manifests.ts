import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { ITerraformDependable, Postcondition } from "cdktf";
import type { Construct } from "constructs";
import { valueAt } from "../helm/values";
import { equal, not, oneOf, or } from "../rules/condition";
import { expression, rawExpression } from "../rules/expression";
import type { Rule } from "../rules/rule";
import { escapeTemplate } from "../rules/template";
import type { TalosClusterBase } from "../talos/cluster-base";
import { addInlineManifests, hashOf, type InlineManifests } from "../talos/inline-manifests";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import type { CiliumValues } from "./values";

const advice = 'write method: "helm-release"';

export const rules: readonly Rule<{ readonly inline: boolean; readonly values: CiliumValues }>[] = [
  {
    id: "inline-manifests-keys",
    requirement: "the manifests in the machine configuration contain no private keys that Helm generates",
    reason:
      "Helm generates new ones at every rendering, so each plan would replace those of the cluster, and Talos keeps them in the machine configuration in plaintext",
    source: "https://helm.sh/docs/chart_template_guide/function_list/#cryptographic-and-security-functions",
    checks: ({ inline, values }) => [
      {
        condition: or(
          !inline,
          not(equal(valueAt(values, ["clustermesh", "useAPIServer"]), true)),
          oneOf(valueAt(values, ["clustermesh", "apiserver", "tls", "auto", "method"]), ["cronJob", "certmanager"]),
        ),
        message: `values.clustermesh.useAPIServer is true, for which Helm makes private keys; ${advice}, or clustermesh.apiserver.tls.auto.method: "cronJob"`,
      },
    ],
  },
];

/** The same of all that the chart renders, once it is known. */
export const withoutKeys: Postcondition = {
  condition: expression`!can(regex(${"[kK]ey[\"']?: *[\"']?[A-Za-z0-9+/=]{64,}"}, ${rawExpression("self.manifest")}))`,
  errorMessage: `the manifests of Cilium have private keys, which Helm creates again at every rendering; ${advice} [inline-manifests-keys]`,
};

/** Puts manifests into the machine configuration, and applies them in the cluster at every change. */
export function install(
  scope: Construct,
  cluster: TalosClusterBase,
  manifests: readonly InlineManifests[],
  scripts: readonly Script[],
  dependsOn: ITerraformDependable[],
): Resource {
  for (const each of manifests) if (each.contents !== "") addInlineManifests(cluster, each);
  return withLogicalId(
    "cilium_manifests",
    kubernetesStep(scope, "Manifests", "network", {
      triggers: {
        cluster: cluster.bootstrap.id,
        nodes: cluster.nodes.map(({ name }) => escapeTemplate(name)).join(" "),
        ...Object.fromEntries(manifests.map((each) => [each.name, hashOf(each)])),
      },
      scripts,
      dependsOn,
    }),
  );
}
