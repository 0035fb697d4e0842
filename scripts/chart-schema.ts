/** Takes the schemas of the chart's values from Cilium's Go module, and writes them to `schemas/charts/`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CiliumMinor } from "../constructs/cilium/version";
import { commandArguments } from "./command-line";
import { trimJsonSchema } from "./trim-json-schema";

commandArguments({
  usage: `Usage: npm run schema:charts

Writes the schemas of the chart's values from Cilium's Go module to schemas/charts/. Needs Go.`,
});

/** The schema is one of a minor version: patch releases take what the first one took. */
const versions: Readonly<Record<CiliumMinor, string>> = { "1.18": "v1.18.11", "1.19": "v1.19.6", "1.20": "v1.20.2" };

for (const [minor, version] of Object.entries(versions)) {
  const words = ["mod", "download", "-json", `github.com/cilium/cilium@${version}`];
  const { Dir } = JSON.parse(execFileSync("go", words, { cwd: tmpdir(), encoding: "utf8" }));
  const schema = readFileSync(join(Dir, "install/kubernetes/cilium/values.schema.json"), "utf8");
  writeFileSync(join(__dirname, `../schemas/charts/cilium-${minor}.json`), trimJsonSchema(JSON.parse(schema)));
}
