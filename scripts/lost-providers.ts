import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StackState, State } from "./stack-state";
import { inQuotes } from "./state";

interface Stack {
  readonly provider?: Readonly<Record<string, readonly { readonly alias?: string }[]>>;
  readonly resource?: Readonly<Record<string, object>>;
}

/** `provider["registry.terraform.io/hashicorp/null"].cilium` */
const providerInState = /\/(?<type>[\w-]+)"\](?:[.](?<alias>\w+))?$/;

/**
 * Resources that a stack no longer has, and that Terraform cannot remove, because their provider configurations have gone with them:
 * those of a cluster whose machines stay. A sentence for each stack.
 */
export function lostProviders(states: readonly StackState[]): string[] {
  return states.flatMap(({ stack, directory, state }) => {
    const addresses = lostIn(JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")), state);
    if (addresses.length === 0) return [];
    const steps = ["terraform init", `terraform state rm ${addresses.map(inQuotes).join(" ")}`];
    return [
      `${stack} no longer has its cluster, and Terraform cannot remove what it has of it. To delete the cluster, put it back into the configuration and run npm run destroy. To keep its machines and forget the rest, run this, then the same command again: (cd ${inQuotes(directory)} && ${steps.join(" && ")})`,
    ];
  });
}

const lostIn = ({ provider = {}, resource = {} }: Stack, { resources = [] }: State): string[] =>
  resources.flatMap(({ mode, type, name, provider: of = "" }) => {
    if (mode !== "managed" || name in (resource[type] ?? {})) return [];
    const { type: ofType = "", alias } = providerInState.exec(of)?.groups ?? {};
    const has = provider[ofType]?.some((each) => each.alias === alias) ?? false;
    // Terraform configures a provider without an alias by itself, and Helm's then has no cluster.
    return has || (alias === undefined && ofType !== "helm") ? [] : [`${type}.${name}`];
  });
