import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalExecProvisioner } from "cdktf";

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

/** Runs a provisioner as Terraform does, with the programs of the test before those of the path. */
export function run({ interpreter = [], command, environment }: LocalExecProvisioner, path = "/usr/bin:/bin") {
  const [shell = "", ...args] = interpreter;
  return spawnSync(shell, [...args, command], {
    encoding: "utf8",
    env: { ...environment, PATH: `${directory}:${path}` },
  });
}
