import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A stack as Terraform reads it. */
export type Stack = Record<string, unknown>;

const root = join(__dirname, "..");
const synthesized = new Map<string, Record<string, Stack>>();

/** Runs an app as its user does, and returns its stacks by name. Every test file runs an app once. */
export function synthesize(file: string): Record<string, Stack> {
  const stacks = synthesized.get(file) ?? run(file);
  synthesized.set(file, stacks);
  return stacks;
}

function run(file: string): Record<string, Stack> {
  const outdir = mkdtempSync(join(tmpdir(), "stacks-"));
  try {
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", file], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir },
    });
    if (status !== 0) throw new Error(`${file} does not synthesize:\n${stderr}`);
    return Object.fromEntries(
      readdirSync(join(outdir, "stacks")).map((stack) => [
        stack,
        JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")),
      ]),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
