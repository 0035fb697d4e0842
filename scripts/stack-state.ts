import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { terraformEnvironment } from "./environment";
import { terraform } from "./prerequisites";
import { localStateOf, stacksIn } from "./state";

/** A resource as a state has it. */
interface StoredResource {
  readonly type: string;
  readonly name: string;
  readonly instances?: readonly {
    readonly status?: string;
    readonly attributes?: Readonly<Record<string, unknown>>;
  }[];
}

/** What is asked of a state. */
export interface State {
  readonly resources?: readonly StoredResource[];
}

/** A stack with a local state. */
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
  if (!("encrypted_data" in state)) return state;
  const { status, stdout } = spawnSync(terraform, ["state", "pull"], {
    cwd: directory,
    encoding: "utf8",
    env: terraformEnvironment(),
  });
  return status === 0 ? JSON.parse(stdout) : {};
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
