/** Runs a stack's proof that a pod can use the GPU, as the end of an apply does: `npm run gpu:test -- <stack>`. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Stack {
  readonly resource?: {
    readonly null_resource?: Readonly<Record<string, { readonly provisioner?: readonly Provisioner[] }>>;
    readonly local_file?: Readonly<Record<string, { readonly filename: string }>>;
  };
}

interface Provisioner {
  readonly "local-exec": { readonly command: string; readonly environment: Readonly<Record<string, string>> };
}

const stacks = join(process.env.CDKTF_OUTDIR ?? "cdktf.out", "stacks");

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

const proofs = (existsSync(stacks) ? readdirSync(stacks) : []).flatMap((name) => {
  const stack: Stack = JSON.parse(readFileSync(join(stacks, name, "cdk.tf.json"), "utf8"));
  const proof = stack.resource?.null_resource?.gpu_smoke_test?.provisioner?.[0]?.["local-exec"];
  return proof ? [{ name, stack, proof }] : [];
});
const [, , wanted] = process.argv;
const chosen = proofs.filter(({ name }) => wanted === undefined || name === wanted);
const [only, ...others] = chosen;
if (!only)
  fail(`${stacks} has no stack ${wanted ?? ""} that hands GPUs to pods; run npm run synth first`.replace("  ", " "));
if (others.length > 0) fail(`name one of the stacks: ${chosen.map(({ name }) => name).join(", ")}`);

const { name, stack, proof } = only;
/** Files by their names, which Terraform would fill in. */
const filled = (value: string): string =>
  value.replace(/\$\{local_file\.(\w+)\.filename\}/g, (_, file) => stack.resource?.local_file?.[file]?.filename ?? "");
const environment = Object.fromEntries(Object.entries(proof.environment).map(([key, value]) => [key, filled(value)]));
const { status } = spawnSync("/bin/sh", ["-c", proof.command], {
  cwd: join(stacks, name),
  env: { ...process.env, ...environment },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
