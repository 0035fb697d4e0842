import type { TerraformJson } from "./stacks";

/** The elements of a stack, and what Terraform creates before each. */
export interface DependencyGraph {
  /** Elements by address. */
  readonly bodies: ReadonlyMap<string, TerraformJson>;
  /** What Helm's provider depends on, directly and through others. */
  readonly ofCluster: ReadonlySet<string>;
  /** What an element depends on, directly and through others. */
  readonly before: (name: string) => string[];
  /** Addresses that a text has. */
  readonly references: (body: TerraformJson) => string[];
}

export function dependencyGraph({ resource, data, provider }: TerraformJson): DependencyGraph {
  const bodies = new Map<string, TerraformJson>();
  for (const [prefix, kinds] of [["", resource] as const, ["data.", data] as const])
    for (const [type, named] of Object.entries<object>(kinds ?? {}))
      for (const [name, body] of Object.entries(named)) bodies.set(`${prefix}${type}.${name}`, body);
  const references = ({ "//": _, ...body }: TerraformJson): string[] =>
    [...JSON.stringify(body).matchAll(/(?:data\.)?[a-z]\w*\.[\w-]+/g)].map(String).filter((name) => bodies.has(name));
  const ofHelm = references({ configurations: provider.helm });
  const steps = new Map(
    [...bodies].map(([name, body]) => [name, [...references(body), ...(name.startsWith("helm_") ? ofHelm : [])]]),
  );
  const all = (names: readonly string[], found = new Set<string>()): Set<string> => {
    for (const name of names) if (!found.has(name)) all(steps.get(name) ?? [], found.add(name));
    return found;
  };
  return { bodies, ofCluster: all(ofHelm), before: (name) => [...all(steps.get(name) ?? [])], references };
}

/** The provider configuration of a resource, by which Terraform tells whether it may omit an edge. */
export const providerOf = (address: string, body: TerraformJson): string =>
  body.provider ?? (address.startsWith("terraform_data.") ? "terraform" : address.split("_")[0]);
