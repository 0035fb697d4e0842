import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource, type ResourceConfig } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { oncePerStack } from "./once";

/** A resource of Terraform's alone, with its provider. */
export function nullResource(scope: Construct, id: string, config: ResourceConfig): Resource {
  oncePerStack(scope, "null_provider", (stack, id) => new NullProvider(stack, id));
  return new Resource(scope, id, config);
}
