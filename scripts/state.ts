import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/** The path as one word of a shell, for commands that people paste. */
export const inQuotes = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/** How many copies of a state are kept, the newest. */
const kept = 5;

/**
 * The local state files of the stacks: those with the project's own names beside the configuration, and those that
 * backends of the synthesized stacks name.
 */
export function stateFiles(output: string): string[] {
  const own = readdirSync(".").filter((name) => /^terraform\..+\.tfstate$/.test(name));
  const named = stacksIn(output).flatMap((stack) => localStateOf(join(output, "stacks", stack)) ?? []);
  return [...new Set([...own, ...named])].filter(existsSync).sort();
}

/** Names of the synthesized stacks. */
export const stacksIn = (output: string): string[] => {
  const stacks = join(output, "stacks");
  return existsSync(stacks) ? readdirSync(stacks).filter((name) => existsSync(join(stacks, name, "cdk.tf.json"))) : [];
};

/**
 * The stacks of the configuration that was synthesized last.
 *
 * @param names as cdktf takes them, in which `*` stands for anything; without any, all are meant
 */
export function stacksNamed(output: string, names: readonly string[]): string[] {
  const manifest = join(output, "manifest.json");
  const all = existsSync(manifest) ? Object.keys(JSON.parse(readFileSync(manifest, "utf8")).stacks) : [];
  const patterns = names.map((name) => new RegExp(`^${name.replace(/[^\w*-]/g, ".").replaceAll("*", ".*")}$`));
  return names.length === 0 ? all : all.filter((stack) => patterns.some((pattern) => pattern.test(stack)));
}

/** Where the stack keeps its state; undefined if that is not a local file. */
export function localStateOf(directory: string): string | undefined {
  const path = pathIn(readFileSync(join(directory, "cdk.tf.json"), "utf8"));
  return typeof path === "string" ? relative(".", resolve(directory, path)) : undefined;
}

/** What the stack has as the path of its local state. One that was cut off has none, and is synthesized again or refused. */
function pathIn(stack: string): unknown {
  try {
    return JSON.parse(stack)?.terraform?.backend?.local?.path;
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with the states, a sentence for each. Terraform writes its local state over the old one, and takes an empty
 * file for no state: the next apply would create everything a second time.
 */
export function brokenStates(output: string): string[] {
  return [...stateFiles(output).flatMap((file) => brokenState(file)), ...unsavedStates(output)];
}

function brokenState(file: string): string[] {
  const problem = damageOf(file);
  if (problem === undefined) return [];
  // Terraform keeps the state before its last change.
  const [copy] = [...copiesOf(file), ...[`${file}.backup`].filter(existsSync)]
    .filter((each) => damageOf(each) === undefined)
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  const remedy =
    copy === undefined
      ? "there is no complete copy of it; restore it from your own backup, or remove it if nothing was ever deployed"
      : `restore the newest complete copy, and look at \`npm run diff\` before you deploy: cp ${inQuotes(copy)} ${inQuotes(file)}`;
  return [`${file} ${problem}, which Terraform takes for a new stack or refuses; ${remedy}`];
}

function damageOf(file: string): string | undefined {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    return `cannot be read (${error instanceof Error ? error.message : error})`;
  }
  if (content.trim() === "") return "is empty";
  try {
    const state: unknown = JSON.parse(content);
    return typeof state === "object" && state !== null && "lineage" in state ? undefined : "is not a Terraform state";
  } catch {
    return "is truncated: it is not JSON";
  }
}

/** States that Terraform could not save, on a full disk for example. It writes them beside the stack instead. */
export function unsavedStates(output: string): string[] {
  return stacksIn(output)
    .map((stack) => join(output, "stacks", stack))
    .filter((directory) => existsSync(join(directory, "errored.tfstate")))
    .map((directory) => {
      const state = localStateOf(directory);
      const damaged = state !== undefined && existsSync(state) && damageOf(state) !== undefined;
      const steps = [
        ...(damaged ? [`rm ${inQuotes(state)}`] : []),
        `(cd ${inQuotes(directory)} && terraform init && terraform state push errored.tfstate && rm errored.tfstate)`,
      ];
      return `${join(directory, "errored.tfstate")} is the newest state, which Terraform could not save; free disk space, then save it before anything else: ${steps.join(" && ")}`;
    });
}

/**
 * Keeps a copy of each state, for its owner alone. What is copied is whole: broken states are refused before.
 *
 * @returns where a copy cannot be kept, a sentence for each
 */
export function keepCopies(output: string): string[] {
  return stateFiles(output).flatMap((file) => {
    try {
      keepCopy(file);
      return [];
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      return [`no copy of ${file} can be kept (${reason}); make room in its folder, which nothing was changed without`];
    }
  });
}

function keepCopy(file: string): void {
  const content = readFileSync(file);
  const [newest] = copiesOf(file);
  if (newest !== undefined && readFileSync(newest).equals(content)) return;
  const time = new Date().toISOString().replace(/[-:]|[.]\d+/g, "");
  writeWhole(`${file}.${time}`, content);
  for (const old of copiesOf(file).slice(kept)) rmSync(old);
}

/** The copies of a state, the newest first. */
function copiesOf(file: string): string[] {
  const name = basename(file);
  const isCopy = (each: string) => each.startsWith(`${name}.`) && /^\d{8}T\d{6}Z$/.test(each.slice(name.length + 1));
  return readdirSync(dirname(file))
    .filter(isCopy)
    .sort()
    .reverse()
    .map((each) => join(dirname(file), each));
}

/** A file of this name is there with all of its content, or not at all. */
function writeWhole(file: string, content: Buffer): void {
  const part = `${file}.part`;
  try {
    const descriptor = openSync(part, "w", 0o600);
    try {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, file);
  } catch (error) {
    if (statSync(part, { throwIfNoEntry: false })?.isFile()) rmSync(part);
    throw error;
  }
}

/** Takes states and their copies from everyone but their owner: Terraform lets everyone read them. */
export function ownerAlone(): void {
  process.umask(0o077);
  for (const file of readdirSync(".").filter((name) => /^terraform\..*\.tfstate/.test(name))) chmodSync(file, 0o600);
}
