/** Takes the schemas of Talos's machine configuration from its library, with Go, and writes them to `schemas/talos-config/`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerMinor } from "../constructs/talos/patch/config-schema";
import { talosMinors } from "../constructs/talos/version";
import { commandArguments } from "./command-line";
import { trimJsonSchema } from "./trim-json-schema";

commandArguments({
  usage: `Usage: npm run schema:talos

Writes the schemas of the machine configuration from Talos's library to schemas/talos-config/. Needs Go.`,
});

const library = "github.com/siderolabs/talos/pkg/machinery";

for (const { minor } of talosMinors) {
  // Of its own minor version, the provider's library is the one that a patch has to pass first.
  const version = libraryIn(minor === providerMinor ? "go.mod" : `validate/talos-${minor}.mod`);
  const words = ["mod", "download", "-json", `${library}@${version}`];
  const { Dir } = JSON.parse(execFileSync("go", words, { cwd: tmpdir(), encoding: "utf8" }));
  const schema = readFileSync(join(Dir, "config/schemas/config.schema.json"), "utf8");
  writeFileSync(join(__dirname, `../schemas/talos-config/${minor}.json`), trimJsonSchema(JSON.parse(schema)));
}

/** The version of the library in a module file of the lab. */
function libraryIn(file: string): string {
  const module = readFileSync(join(__dirname, "../lab/go", file), "utf8");
  const version = new RegExp(`${library} (v\\S+)`).exec(module)?.[1];
  if (version === undefined) throw new Error(`${file} requires no ${library}`);
  return version;
}
