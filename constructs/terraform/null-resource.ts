import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource, type ResourceConfig } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { localExec, type Script } from "./script";
import { stackSingleton } from "./stack-singleton";

interface NullResourceConfig extends Omit<ResourceConfig, "provisioners"> {
  /** What it runs, in this order. */
  readonly scripts?: readonly Script[];
}

/** Stages of the charts of users, which may depend on each other in any order. */
export const chartStages = ["charts_1", "charts_2", "charts_3", "charts_4"] as const;

/** The stages of what runs in Kubernetes, in their order. A step depends on steps of earlier stages only, never on one of its own. */
export const stages = [
  "machines",
  "kubernetes",
  "cilium",
  "gateway_api",
  "network",
  "plugins",
  "tests",
  ...chartStages,
] as const;

export type Stage = (typeof stages)[number];

/**
 * A step that runs in Kubernetes, so that a Helm release may depend on it.
 *
 * Each stage has a provider configuration of its own. Terraform destroys a release, then the replaced steps that it depends on, then
 * the replaced steps before those. But it connects Helm to the cluster only after it has replaced the steps that create the cluster.
 * The two orders are a cycle, and Terraform omits an edge from it only if that edge joins two provider configurations.
 *
 * @see https://github.com/hashicorp/terraform/blob/v1.11.4/internal/terraform/transform_destroy_edge.go
 */
export function kubernetesStep(scope: Construct, id: string, stage: Stage, config: NullResourceConfig): Resource {
  const step = nullResource(scope, id, config);
  // Without its provider in the stack, Terraform could not remove a step.
  for (const alias of stages) {
    const provider = stackSingleton(scope, `null_${alias}`, (scope, id) => new NullProvider(scope, id, { alias }));
    if (alias === stage) step.provider = provider;
  }
  return step;
}

/** A resource of Terraform's alone, with its provider. */
export function nullResource(scope: Construct, id: string, { scripts = [], ...config }: NullResourceConfig): Resource {
  stackSingleton(scope, "null_provider", (scope, id) => new NullProvider(scope, id));
  const provisioners = scripts.map((script) => localExec(scope, script));
  return new Resource(scope, id, { ...config, ...(provisioners.length > 0 && { provisioners }) });
}
