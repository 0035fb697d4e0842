import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource, type ResourceConfig } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { localExec, type Script } from "./script";
import { stackSingleton } from "./stack-singleton";

interface NullResourceConfig extends Omit<ResourceConfig, "provisioners"> {
  /** What it runs, in this order. */
  readonly scripts?: readonly Script[];
}

/** A resource of Terraform's alone, with its provider. */
export function nullResource(scope: Construct, id: string, { scripts = [], ...config }: NullResourceConfig): Resource {
  stackSingleton(scope, "null_provider", (scope, id) => new NullProvider(scope, id));
  const provisioners = scripts.map((script) => localExec(scope, script));
  return new Resource(scope, id, { ...config, ...(provisioners.length > 0 && { provisioners }) });
}
