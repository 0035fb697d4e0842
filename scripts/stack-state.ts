import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { terraformEnvironment } from "./environment";
import { terraform } from "./prerequisites";
import { localStateOf, stacksIn, stacksNamed } from "./state";

/** A resource as a state has it. */
interface StoredResource {
  readonly mode?: string;
  readonly type: string;
  readonly name: string;
  readonly provider?: string;
  readonly instances?: readonly {
    readonly status?: string;
    readonly attributes?: Readonly<Record<string, unknown>>;
  }[];
}

/** What is asked of a state. */
export interface State {
  readonly resources?: readonly StoredResource[];
}

/** A stack with its state. */
export interface StackState {
  readonly stack: string;
  /** Its folder. */
  readonly directory: string;
  readonly state: State;
}

/** The synthesized stacks that have a local state. */
export const statesIn = (output: string): StackState[] =>
  stacksIn(output).flatMap((stack) => {
    const directory = join(output, "stacks", stack);
    const file = localStateOf(directory);
    return file === undefined || !existsSync(file) ? [] : [{ stack, directory, state: stateIn(file, directory) }];
  });

/** The state in a file, which OpenTofu decrypts if need be. Of one that it cannot read nothing is known: its apply says why. */
function stateIn(file: string, directory: string): State {
  const state = JSON.parse(readFileSync(file, "utf8"));
  return "encrypted_data" in state ? JSON.parse(said(directory, "state", "pull") || "{}") : state;
}

/**
 * The states that the synthesized stacks keep in another backend than a local file. Of one that Terraform cannot fetch nothing
 * is known: its apply says why.
 *
 * @param names as cdktf takes them
 * @param isMeant of a stack's folder
 */
export const fetchedStates = (
  output: string,
  names: readonly string[],
  isMeant: (directory: string) => boolean,
): StackState[] =>
  stacksNamed(output, names).flatMap((stack) => {
    const directory = join(output, "stacks", stack);
    if (localStateOf(directory) !== undefined || !isMeant(directory)) return [];
    console.log(`The state of ${stack} is fetched first, to check its nodes.`);
    if (said(directory, "init", "-input=false") === undefined) return [];
    // Of a stack that was never applied there is none.
    const state = said(directory, "state", "pull");
    return state ? [{ stack, directory, state: JSON.parse(state) }] : [];
  });

/** What Terraform writes in the folder of a stack; undefined if it fails. */
function said(directory: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(terraform, args, {
    cwd: directory,
    encoding: "utf8",
    env: terraformEnvironment(),
    maxBuffer: 1024 ** 3,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Attributes of the resources of a type, by their names. */
export const storedAttributes = ({ resources = [] }: State, type: string) =>
  resources
    .filter((each) => each.type === type)
    .flatMap(({ name, instances = [] }) =>
      instances.map(({ status, attributes = {} }) => ({ name, isTainted: status === "tainted", attributes })),
    );

/** Folder of the kubeconfig and talosconfig that the state knows, from the stack's folder; of the cluster with this CA. */
export const folderOf = (state: State, ca?: string): string | undefined =>
  storedAttributes(state, "local_file")
    .filter(({ attributes: { content } }) => ca === undefined || String(content).includes(ca))
    .map(({ attributes: { filename } }) => String(filename))
    .filter((name) => name.endsWith("/talosconfig"))
    .map((name) => dirname(name))[0];
