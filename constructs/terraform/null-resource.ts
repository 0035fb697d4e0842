import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource, type ResourceConfig } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { localExec, type Script } from "./script";
import { stackSingleton } from "./stack-singleton";

interface NullResourceConfig extends Omit<ResourceConfig, "provisioners"> {
  /** What it runs, in this order. */
  readonly scripts?: readonly Script[];
}

/**
 * A step that runs in Kubernetes, so that a Helm release may depend on it.
 *
 * It has a provider configuration of its own. Terraform destroys a release, then the replaced steps that it depends on, then the
 * replaced steps before those. But it connects Helm to the cluster only after it has replaced the steps that create the cluster. The
 * two orders are a cycle, and Terraform omits an edge from it only if that edge joins two provider configurations. Two steps of one
 * configuration that depend on each other can still close one, if both are replaced: docs/troubleshooting.md. So what comes
 * before a change of Cilium has another one than the wait for it.
 *
 * @see https://github.com/hashicorp/terraform/blob/v1.11.4/internal/terraform/transform_destroy_edge.go
 */
export function kubernetesStep(
  scope: Construct,
  id: string,
  config: NullResourceConfig,
  alias: "kubernetes" | "cilium" = "kubernetes",
): Resource {
  // Without its provider in the stack, Terraform could not remove a step.
  const [kubernetes, cilium] = ["kubernetes", "cilium"].map((alias) =>
    stackSingleton(scope, `null_${alias}`, (scope, id) => new NullProvider(scope, id, { alias })),
  );
  return nullResource(scope, id, { ...config, provider: alias === "cilium" ? cilium : kubernetes });
}

/** A resource of Terraform's alone, with its provider. */
export function nullResource(scope: Construct, id: string, { scripts = [], ...config }: NullResourceConfig): Resource {
  stackSingleton(scope, "null_provider", (scope, id) => new NullProvider(scope, id));
  const provisioners = scripts.map((script) => localExec(scope, script));
  return new Resource(scope, id, { ...config, ...(provisioners.length > 0 && { provisioners }) });
}
