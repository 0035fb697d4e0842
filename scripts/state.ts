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

/** Where the stack keeps its state; undefined where that is not a local file. */
export function localStateOf(directory: string): string | undefined {
  const { backend } = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")).terraform ?? {};
  return backend?.local?.path && relative(".", resolve(directory, backend.local.path));
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
      ? "no whole copy of it is here; bring it back from your own backup, or remove it if nothing was ever deployed"
      : `bring back the newest whole copy, and look at \`npm run diff\` before you deploy: cp '${copy}' '${file}'`;
  return [`${file} ${problem}, which Terraform takes for a new stack or refuses; ${remedy}`];
}

function damageOf(file: string): string | undefined {
  const content = readFileSync(file, "utf8");
  if (content.trim() === "") return "is empty";
  try {
    const state: unknown = JSON.parse(content);
    return typeof state === "object" && state !== null && "lineage" in state ? undefined : "is not a Terraform state";
  } catch {
    return "is cut off: it is not JSON";
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
        ...(damaged ? [`rm '${state}'`] : []),
        `(cd '${directory}' && terraform init && terraform state push errored.tfstate && rm errored.tfstate)`,
      ];
      return `${join(directory, "errored.tfstate")} is the newest state, which Terraform could not save; make room, then save it before anything else: ${steps.join(" && ")}`;
    });
}

/** Keeps a copy of each state, for its owner alone. What is copied is whole: broken states are refused before. */
export function keepCopies(output: string): void {
  for (const file of stateFiles(output)) {
    const content = readFileSync(file);
    const [newest] = copiesOf(file);
    if (newest !== undefined && readFileSync(newest).equals(content)) continue;
    const time = new Date().toISOString().replace(/[-:]|[.]\d+/g, "");
    writeWhole(`${file}.${time}`, content);
    for (const old of copiesOf(file).slice(kept)) rmSync(old);
  }
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
  const descriptor = openSync(part, "w", 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(part, file);
}

/** Takes states and their copies from everyone but their owner: Terraform lets everyone read them. */
export function ownerAlone(): void {
  process.umask(0o077);
  for (const file of readdirSync(".").filter((name) => /^terraform\..*\.tfstate/.test(name))) chmodSync(file, 0o600);
}
