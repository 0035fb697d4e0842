/** Runs a stack's smoke tests, one for each kind of GPU, as the end of an apply does. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandArguments, endingOnMistakes } from "./command-line";
import { configurationsIn, synthesized } from "./configuration";
import { stacksIn } from "./state";

interface Stack {
  readonly resource?: {
    readonly null_resource?: Readonly<Record<string, { readonly provisioner?: readonly Provisioner[] }>>;
    readonly local_file?: Readonly<Record<string, { readonly filename: string }>>;
  };
}

interface Provisioner {
  readonly "local-exec": { readonly command: string; readonly environment: Readonly<Record<string, string>> };
}

const usage = `Usage: npm run gpu:test [-- <file> or <stack>]

Runs the smoke test of a cluster's GPU, as the end of an apply does, and prints its output. It uses the synthesized stack; a
file is synthesized first. If there are several stacks, name one.

  npm run gpu:test -- talos-gpu
  npm run gpu:test -- examples/mapping.ts`;

const output = process.env.CDKTF_OUTDIR ?? "cdktf.out";
const folder = join(output, "stacks");

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** The stack that is meant, with its smoke tests. */
function smokeTestsOf(wanted: readonly string[]) {
  const tests = stacksIn(output).flatMap((name) => {
    const stack: Stack = JSON.parse(readFileSync(join(folder, name, "cdk.tf.json"), "utf8"));
    const own = Object.entries(stack.resource?.null_resource ?? {}).flatMap(([address, { provisioner }]) => {
      const [first] = provisioner ?? [];
      return address.endsWith("smoke_test") && first ? [first["local-exec"]] : [];
    });
    return own.length > 0 ? [{ name, stack, tests: own }] : [];
  });
  const chosen = tests.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const [only, ...others] = chosen;
  if (!only) {
    const named = ["no stack", ...wanted].join(" ");
    fail(`${folder} has ${named} that advertises GPUs to pods; run npm run synth first`);
  }
  if (others.length > 0) fail(`name one of the stacks: ${chosen.map(({ name }) => name).join(", ")}`);
  return only;
}

async function main(): Promise<void> {
  const { positionals } = commandArguments({ usage, takesArguments: true });
  const { files, stacks } = endingOnMistakes(() => configurationsIn(positionals, usage));
  const ofFiles = files.length > 0 ? await synthesized(files, output) : [];
  if (ofFiles === undefined) process.exit(1);
  const { name, stack, tests } = smokeTestsOf([...stacks, ...ofFiles]);
  /** Files by their names, which Terraform would fill in. */
  const filled = (value: string): string =>
    value.replace(
      /\$\{local_file\.(\w+)\.filename\}/g,
      (_, file) => stack.resource?.local_file?.[file]?.filename ?? "",
    );
  process.exitCode = 0;
  for (const { command, environment: given } of tests) {
    const environment = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, filled(value)]));
    const { status } = spawnSync("/bin/sh", ["-c", command], {
      cwd: join(folder, name),
      env: { ...process.env, ...environment },
      stdio: "inherit",
    });
    // One that fails does not keep the others from being run.
    process.exitCode ||= status ?? 1;
  }
}

void main();
