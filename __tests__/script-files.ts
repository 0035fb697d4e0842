import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { filesOf, type Script } from "../constructs/terraform/script";

const constructs = join(__dirname, "../constructs");

/** Paths of the scripts of the constructs and their libraries; what runs in a pod has none. */
export const scriptFiles: readonly string[] = readdirSync(constructs, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".sh") && !path.includes("/pods/"))
  .sort()
  .map((path) => join(constructs, path));

const contents = scriptFiles
  .filter((path) => !path.endsWith("-turn.sh"))
  .map((path) => [basename(path), readFileSync(path, "utf8")] as const);

/** The content by name of those that stacks have; some are for `npm run deploy` alone. */
export const ownScripts = (): Map<string, string> => new Map(contents);

export const isLibrary = (path: string): boolean => basename(path).startsWith("lib");

/** Those that run, which source the libraries. */
export const steps: readonly string[] = scriptFiles.filter((path) => !isLibrary(path));

/** Values of variables that are no text. */
const numbers: Readonly<Record<string, string>> = { TIMEOUT: "1", PATIENCE: "0" };

/** The script with something in each of its variables: the given value, if there is one. */
export function withVariables(path: string, values: Readonly<Record<string, string>> = {}): Script {
  const names = filesOf(path).flatMap((each) => [...readFileSync(each, "utf8").matchAll(/\$\{?([A-Z][A-Z_]+)\b/g)]);
  const used = names.map(([, name = ""]) => name).filter((name) => !/^(HOME|PATH|PPID|TMPDIR)$/.test(name));
  const all = { ...numbers, ...values };
  return { file: path, environment: Object.fromEntries(used.map((name) => [name, all[name] ?? "value"])) };
}
