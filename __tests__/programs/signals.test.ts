import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { commandOf } from "../../constructs/terraform/script";
import { directory, program } from "../provisioner";
import { steps, withVariables } from "../script-files";

// Processes start slowly where many tests run.
jest.setTimeout(60_000);

/** Begins what it is called for, and hangs; what a script calls at its end is answered. */
const hangs = `[ ! -e "$TMPDIR/process" ] || exit 0
for argument; do case "$argument" in *.part) : >"$argument"; : >"$argument.part" ;; esac; done
echo $$ >"$TMPDIR/process"
exec tail -f /dev/null`;

const signals = ["SIGHUP", "SIGINT", "SIGTERM", "SIGKILL"] as const;

const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");

/** The files of a cluster that runs, of whose last bootstrap nothing was noted. */
function writeCluster(own: string): void {
  const files: Readonly<Record<string, string>> = {
    kubeconfig: `certificate-authority-data: ${base64("-----BEGIN\nfirst\nsecond\n")}\n`,
    talosconfig: `crt: ${base64("crt")}\nkey: ${base64("key")}\n`,
    bootstrapping: "",
  };
  mkdirSync(own, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(own, name), content);
  // As etcd does, it ends with its hash.
  const etcd = Buffer.from(`all that etcd has, second among it, ${"and more ".repeat(9)}`);
  const snapshot = Buffer.concat([etcd, createHash("sha256").update(etcd).digest()]);
  writeFileSync(join(own, "etcd-20260101T000000Z.snapshot"), snapshot);
}

/** Values with which a script comes to its first call. */
const valuesFor = (own: string): Readonly<Record<string, string>> => ({
  DIRECTORY: own,
  KUBECONFIG: join(own, "kubeconfig"),
  TALOSCONFIG: join(own, "talosconfig"),
  TIMEOUT: "100",
  ENABLED: "true",
  CA: base64("ca"),
  MANIFESTS: base64(gzipSync("kind: Namespace\n")),
  BEFORE: "",
});

/** Waits, twenty seconds at most, until something is so. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds() && tries < 400; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** What is left of a script that a signal ends while a program hangs; undefined if it calls none. */
async function leftOf(path: string, signal: (typeof signals)[number]): Promise<unknown> {
  const folder = join(directory, signal);
  const own = join(folder, "cluster");
  writeCluster(own);
  const { environment, ...script } = withVariables(path, valuesFor(own));
  const child = spawn("/bin/sh", ["-c", `${commandOf({ ...script, environment })} same-vm`], {
    cwd: directory,
    env: { PATH: `${directory}:/usr/bin:/bin`, TMPDIR: folder, ...environment },
    // A terminal sends its signals to the programs too, and Terraform kills the script alone.
    detached: true,
    stdio: "ignore",
  });
  const exit = once(child, "exit");
  const process = join(folder, "process");
  const isHanging = () => existsSync(process) && readFileSync(process, "utf8") !== "";
  await eventually(() => isHanging() || child.exitCode !== null);
  if (child.exitCode !== null) return undefined;
  globalThis.process.kill(signal === "SIGKILL" ? Number(child.pid) : -Number(child.pid), signal);
  const [code, by] = await exit;
  const hanging = Number(readFileSync(process, "utf8"));
  const left = () => ({
    code: code ?? by,
    files: readdirSync(folder).filter((name) => name.startsWith("tmp.")),
    unfinished: readdirSync(own).filter((name) => name.endsWith(".part")),
    isRunning: existsSync(`/proc/${hanging}`),
  });
  await eventually(() => JSON.stringify(left()) === JSON.stringify(nothingOf(signal)));
  return left();
}

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGKILL: "SIGKILL" } as const;
const nothingOf = (signal: (typeof signals)[number]) => ({
  code: codes[signal],
  files: [],
  unfinished: [],
  isRunning: false,
});

/** Scripts that call neither kubectl nor talosctl. */
const withoutCalls = [
  "begin-destruction.sh",
  "check-cluster-files.sh",
  "end-bootstrap.sh",
  "end-destruction.sh",
  "note-machine-end.sh",
];

test.each(steps.map((path) => [basename(path), path] as const))(
  "%s, ended by a signal, leaves no temporary file, no half of a snapshot and no program that runs",
  async (name, path) => {
    for (const tool of ["kubectl", "talosctl"]) program(tool, hangs);
    const left = await Promise.all(signals.map((signal) => leftOf(path, signal)));
    expect(left).toEqual(signals.map((signal) => (withoutCalls.includes(name) ? undefined : nothingOf(signal))));
  },
);
