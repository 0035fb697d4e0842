import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { LocalExecProvisioner } from "cdktf";
import { library, type Script } from "../constructs/terraform/script";

// For each test a folder with the programs that a provisioner finds first, and what they leave.
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "provisioner-"));
  // A clock that `sleep` alone moves, and far, so that a wait takes no time and comes to its bound in a few rounds.
  writeFileSync(file("clock"), "0\n");
  program("sleep", `read now <${file("clock")}; echo $((now + 20 * $1)) >${file("clock")}`);
  program("date", `if [ "$1" = +%s ]; then read now <${file("clock")}; echo "$now"; else exec /bin/date "$@"; fi`);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A file in the folder of the test. */
export const file = (name: string): string => join(directory, name);

/** What it holds; nothing where it is not there. */
export const contentOf = (name: string): string => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : "");

/** Puts a program on the PATH, in the language of the shell. */
export function program(name: string, script: string): void {
  writeFileSync(file(name), `#!/bin/sh\n${script}\n`);
  chmodSync(file(name), 0o755);
}

/** Programs that every system has. */
const tools = "awk cat chmod cut date dirname env grep head ls mkdir mktemp mv rm sed sh sleep sort tail tr".split(" ");

/** A PATH with what every system has, and neither kubectl nor talosctl, which stand beside it on many machines. */
export function pathOfTools(): string {
  mkdirSync(file("tools"));
  for (const name of tools) {
    const found = ["/usr/bin", "/bin"].map((directory) => join(directory, name)).find(existsSync);
    if (found) symlinkSync(found, join(file("tools"), name));
  }
  return file("tools");
}

/** Runs a script as its provisioner does, with the programs of the test before those of the path. */
export function run(step: LocalExecProvisioner | Script, path = "/usr/bin:/bin") {
  const [shell = "", ...args] =
    "file" in step ? ["/bin/sh", besideItsLibrary(step.file)] : [...(step.interpreter ?? []), step.command];
  return spawnSync(shell, args, {
    encoding: "utf8",
    env: { ...step.environment, PATH: `${directory}:${path}` },
  });
}

/** As a stack has it: beside what all scripts begin with. */
function besideItsLibrary(script: string): string {
  for (const each of [library, script]) copyFileSync(each, file(basename(each)));
  return file(basename(script));
}
