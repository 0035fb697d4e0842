import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { Refusal } from "./refusal";

/** What a stack keeps for itself. */
interface Claims {
  /** Where its state is, as a name that hides what a backend may hold of secrets. */
  readonly state?: string;
  /** Files that it writes, such as a kubeconfig. */
  readonly files: readonly string[];
}

/** Stacks by name, of the configurations by their files. */
type Configurations = Readonly<Record<string, Readonly<Record<string, Claims>>>>;

interface Synthesized {
  readonly terraform?: { readonly backend?: Readonly<Record<string, { readonly path?: string }>> };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, { readonly filename?: unknown }>>>>;
}

let hasClaimed = false;

const fileName = "configurations.json";

/**
 * Notes in an output folder which configuration has which stacks: two of them with one stack, or one state, would destroy
 * each other's machines.
 *
 * @param written where the stacks have been written: the output folder, or the folder that replaces it
 * @throws {Refusal} if another configuration has one of the stacks, or what one of them keeps for itself
 */
export function claimStacks(output: string, stacks: readonly string[], written = output): void {
  hasClaimed = true;
  const [, program] = process.argv;
  if (program === undefined) return;
  const configuration = relative(".", program);
  const own = Object.fromEntries(stacks.map((stack) => [stack, claimsOf(join(written, "stacks", stack))]));
  // A configuration that is gone has no stacks any more.
  const others = Object.entries(read(output)).filter(([file]) => file !== configuration && existsSync(file));
  const problems = Object.entries(own).flatMap(([stack, claims]) => [
    ...others.flatMap(([file, theirs]) => conflicts(stack, claims, theirs, ` of ${file}`)),
    ...conflicts(stack, claims, laterThan(stack, own), ""),
  ]);
  if (problems.length > 0)
    throw new Refusal(
      [`${configuration} cannot be used beside what is synthesized:`, ...problems.map((each) => `  ${each}`)].join(
        "\n",
      ),
    );
  const all: Configurations = { ...Object.fromEntries(others), [configuration]: own };
  writeFileSync(join(written, fileName), `${JSON.stringify(all, null, 2)}\n`);
}

/** Whether this process has claimed what its program has written. */
export const isClaimed = (): boolean => hasClaimed;

function read(output: string): Configurations {
  const file = join(output, fileName);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

/** Those that follow, so that each pair is compared once. */
const laterThan = (stack: string, all: Readonly<Record<string, Claims>>) =>
  Object.fromEntries(Object.entries(all).slice(Object.keys(all).indexOf(stack) + 1));

function conflicts(stack: string, claims: Claims, theirs: Readonly<Record<string, Claims>>, whose: string): string[] {
  return Object.entries(theirs).flatMap(([name, { state, files }]) => {
    const other = `the stack "${name}"${whose}`;
    if (name === stack)
      return `"${stack}" is ${other}, too: both would have one folder and one state; give one of them another id, or synthesize the other file again if the stack is no longer in it [stack-once]`;
    const shared = claims.files.find((file) => files.includes(file));
    return [
      ...(state !== undefined && state === claims.state
        ? [
            `"${stack}" keeps its state where ${other} does, in ${state}; give one of them another path or key [state-once]`,
          ]
        : []),
      ...(shared === undefined
        ? []
        : [
            `"${stack}" writes ${shared}, as ${other} does; give one of the clusters another clusterName or outputDirectory [output-directory]`,
          ]),
    ];
  });
}

function claimsOf(directory: string): Claims {
  const file = join(directory, "cdk.tf.json");
  if (!existsSync(file)) return { files: [] };
  const { terraform, resource = {} }: Synthesized = JSON.parse(readFileSync(file, "utf8"));
  const files = ["local_file", "local_sensitive_file"].flatMap((type) =>
    Object.values(resource[type] ?? {}).flatMap(({ filename }) =>
      typeof filename === "string" && !filename.includes("${") ? [placeOf(directory, filename)] : [],
    ),
  );
  return { state: stateOf(directory, terraform?.backend), files: files.sort() };
}

function stateOf(directory: string, backend: Readonly<Record<string, { readonly path?: string }>> = {}) {
  const [kind, settings] = Object.entries(backend)[0] ?? [];
  if (kind === undefined) return undefined;
  if (kind === "local") return placeOf(directory, settings?.path ?? "terraform.tfstate");
  return `${kind} ${createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 12)}`;
}

/** A path of the stack's directory as one of the folder that the output is in, wherever that is. */
function placeOf(directory: string, path: string): string {
  if (isAbsolute(path)) return path;
  return relative(resolve(directory, "../.."), resolve(directory, path)).replace(/^\.\.[/\\]/, "");
}
