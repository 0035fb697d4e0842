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
import { commandOf, type Script, scriptFolder } from "../constructs/terraform/script";
import { scriptFiles } from "./script-files";

// For each test a folder with the programs that a provisioner finds first, and what they leave.
export let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "provisioner-"));
  // As a stack has them.
  mkdirSync(file(scriptFolder), { recursive: true });
  for (const script of scriptFiles) copyFileSync(script, file(join(scriptFolder, basename(script))));
  // A clock that `sleep` alone moves, and far, so that a wait takes no time and comes to its bound in a few rounds. The
  // seconds for which a call is watched are real.
  writeFileSync(file("clock"), "0\n");
  whileItSleeps("");
  program(
    "date",
    `if [ "$1" = +%s ]; then read now <'${file("clock")}'; echo "$now"; else exec ${systemProgram("date")} "$@"; fi`,
  );
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
  writeFileSync(file(name), `#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\n${script}\n`);
  chmodSync(file(name), 0o755);
}

/** What happens while a script waits for something. */
export function whileItSleeps(script: string): void {
  program(
    "sleep",
    `if [ "$1" = 1 ]; then exec ${systemProgram("sleep")} 1; fi
read now <${file("clock")}; echo $((now + 20 * $1)) >${file("clock")}
${script}`,
  );
}

/** Programs that every system has, with one of the two for SHA-256. */
const tools =
  "awk base64 cat comm date dirname env grep gunzip gzip head ls mkdir mktemp mv od rm sed sh sha256sum shasum sleep sort tail tr wc".split(
    " ",
  );

function systemProgram(name: string): string {
  const found = ["/usr/bin", "/bin"].map((index) => join(index, name)).find(existsSync);
  return found ?? name;
}

/** A PATH with what every system has, and neither kubectl nor talosctl, which stand beside it on many machines. */
export function pathOfTools(): string {
  const path = file("tools");
  if (!existsSync(path)) {
    mkdirSync(path);
    for (const name of tools) {
      const found = systemProgram(name);
      if (existsSync(found)) symlinkSync(found, join(path, name));
    }
  }
  return path;
}

/** Runs a script as Terraform does in the folder of a stack, with the programs of the test before those of the system. */
export function run(step: LocalExecProvisioner | Script, path = pathOfTools()) {
  const command = "file" in step ? commandOf(step) : step.command;
  return spawnSync("/bin/sh", ["-c", command], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: `${directory}:${path}`, TMPDIR: directory, ...step.environment },
  });
}

/** Runs a script as a person does, with all of that person's environment. */
export function runByHand({ file, environment }: Script, ...args: string[]) {
  return spawnSync("/bin/sh", [join(scriptFolder, basename(file)), ...args], {
    cwd: directory,
    encoding: "utf8",
    env: {
      ...{ PATH: `${directory}:${pathOfTools()}`, TMPDIR: directory, HOME: "/home/operator" },
      ...{ KUBE_TOKEN: "of-another-cluster", HELM_KUBETOKEN: "of-another-cluster", KUBECONFIG: "/of/another/cluster" },
      ...environment,
    },
  });
}
