import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { shellArgument } from "../constructs/terraform/shell-argument";
import { run } from "./child";
import { UsageError } from "./command-line";

/** The configuration unless another one is named. */
export const defaultConfiguration = "main.ts";

const hook = join(__dirname, "typescript.cjs");

/** The command that synthesizes a configuration. */
export const programOf = (file: string) => [process.execPath, "--require", hook, file] as const;

/** The same, as cdktf takes it: for a shell. */
export const appOf = (file: string): string => programOf(file).map(shellArgument).join(" ");

const isFile = (argument: string): boolean => /[/\\]|\.\w+$/.test(argument);

/**
 * The arguments of a command: files of configurations, and names of stacks.
 *
 * @throws {UsageError} if a file is none
 */
export function configurationsIn(
  positionals: readonly string[],
  usage: string,
): { readonly files: readonly string[]; readonly stacks: readonly string[] } {
  const files = positionals.filter(isFile);
  for (const file of files) {
    const problem = problemOf(file);
    if (problem !== undefined) throw new UsageError(problem, usage);
  }
  const unique = new Map(files.map((file) => [resolve(file), file]));
  return { files: [...unique.values()], stacks: positionals.filter((each) => !isFile(each)) };
}

function problemOf(file: string): string | undefined {
  if (!existsSync(file))
    return `There is no ${file}; write the file of a configuration, such as ${defaultConfiguration}`;
  if (!statSync(file).isFile()) return `${file} is a folder; write the files of configurations in it`;
  if (!/\.[cm]?[jt]s$/.test(file)) return `${file} is not TypeScript; write the file of a configuration`;
  return undefined;
}

/**
 * Synthesizes configurations, one after another.
 *
 * @param files the default one if there are none
 * @returns names of their stacks; undefined if one could not be synthesized, which it has told
 */
export async function synthesized(files: readonly string[], output: string): Promise<string[] | undefined> {
  const stacks: string[] = [];
  for (const file of files.length > 0 ? files : [defaultConfiguration]) {
    const env = { ...process.env, CDKTF_OUTDIR: output };
    if ((await run(programOf(file), { stdio: "inherit", env })).status !== 0) return undefined;
    stacks.push(...Object.keys(Object(JSON.parse(readFileSync(join(output, "manifest.json"), "utf8")).stacks)));
  }
  return stacks;
}
