import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const constructs = join(__dirname, "../constructs");

/** Paths of the scripts of the constructs and their libraries; what runs in a pod has none. */
export const scriptFiles: readonly string[] = readdirSync(constructs, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".sh") && !path.includes("/pods/"))
  .sort()
  .map((path) => join(constructs, path));

/** Their content by name, as stacks have them. */
export const ownScripts = (): Map<string, string> =>
  new Map(scriptFiles.map((path) => [basename(path), readFileSync(path, "utf8")]));
