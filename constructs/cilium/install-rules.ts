import type { IResolvable } from "cdktf";
import type { Construct } from "constructs";
import * as chartRepository from "../helm/repository";
import { checkTimeout } from "../helm/timeout";
import type { EarlierClaim } from "../rules/claims";
import { equal } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { ifSet, type Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import type { TalosClusterBase } from "../talos/cluster-base";
import type { RuleDescription } from "../talos/patch/protected-setting";
import { checkSameStack, partsInStack } from "../terraform/own-stack";
import { methods } from "./install-props";

export const noOtherNetwork: RuleDescription = {
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
        message: `the node already has Cilium from ${by}; leave one of the two out`,
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
    reason: "the node pulls all images first, and pods that do not run in time fail the apply, even if they run later",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ timeout }) => [checkTimeout("timeout", timeout, 600)],
  },
];
