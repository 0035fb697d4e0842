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

/**
 * Pairs of steps of one provider configuration that depend on each other, and that a release depends on. If both are replaced with a
 * step that Helm's cluster depends on, and the release is destroyed, Terraform finds a cycle, or not, as its random order has it.
 */
export function cycles(stack: TerraformJson): string[] {
  const { bodies, ofCluster, before } = dependencyGraph(stack);
  const ofReleases = new Set([...bodies.keys()].filter((name) => name.startsWith("helm_release.")).flatMap(before));
  // Helm's provider comes before the end of each release: with it in the pair, Terraform sees the cycle without the pair.
  const isStep = (name: string) => !name.startsWith("data.") && !name.startsWith("helm_release.");
  const comesWithCluster = (name: string) => ofCluster.has(name) || before(name).some((each) => ofCluster.has(each));
  return [...ofReleases]
    .filter((name) => isStep(name) && !ofCluster.has(name))
    .flatMap((name) =>
      before(name)
        .filter((earlier) => earlier !== name && isStep(earlier) && comesWithCluster(earlier))
        .filter((earlier) => providerOf(earlier, bodies.get(earlier)) === providerOf(name, bodies.get(name)))
        .map((earlier) => `${earlier}, ${name}`),
    );
}
