import type { Terraform } from "../../terraform";

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
  }[];
}

/** What the state of `talos-gpu` remembers of the one resource of a type. */
export function attribute(terraform: Terraform, type: string, name: string): unknown {
  const { resources }: State = JSON.parse(terraform.state("../../../terraform.talos-gpu.tfstate"));
  return resources.find((resource) => resource.type === type)?.instances[0]?.attributes[name];
}
