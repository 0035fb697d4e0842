import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A stack as Terraform reads it. */
export type Stack = Record<string, unknown>;

/** The apps of this repository, each with the name of its stack. */
export const shippedStacks = [
  ["examples/default.ts", "talos-gpu"],
  ["examples/mapping.ts", "talos-gpu-mapping"],
  ["examples/template.ts", "talos-gpu-template"],
  ["examples/golden-image.ts", "workstation"],
  ["examples/own-stack.ts", "own-stack"],
  ["examples/sharing.ts", "talos-gpu-sharing"],
  ["examples/cluster.ts", "talos-cluster"],
  ["examples/intel-media.ts", "talos-intel-media"],
  ["examples/amd-inference.ts", "talos-amd-inference"],
  ["examples/mixed-gpus.ts", "talos-mixed"],
  ["examples/inference.ts", "talos-inference"],
  ["examples/gitops.ts", "talos-gitops"],
  ["examples/argo-cd.ts", "talos-argo-cd"],
  ["examples/volumes.ts", "talos-volumes"],
] as const;

const root = join(__dirname, "..");
const synthesized = new Map<string, Record<string, Stack>>();

/** Runs an app, in this process, and returns its stacks by name. An app runs once for all test files, so they cannot be changed. */
export function synthesize(file: string): Record<string, Stack> {
  const stacks = synthesized.get(file) ?? run(file);
  synthesized.set(file, stacks);
  return stacks;
}

function run(file: string): Record<string, Stack> {
  const outdir = mkdtempSync(join(tmpdir(), "stacks-"));
  const log = jest.spyOn(console, "log").mockImplementation();
  process.env.CDKTF_OUTDIR = outdir;
  try {
    // Whatever else has loaded it.
    delete require.cache[join(root, file)];
    require(join(root, file));
    return stacksIn(outdir);
  } finally {
    delete process.env.CDKTF_OUTDIR;
    log.mockRestore();
    rmSync(outdir, { recursive: true });
  }
}

/** The stacks that an app has written to a directory, by name. */
export function stacksIn(outdir: string): Record<string, Stack> {
  return Object.fromEntries(
    readdirSync(join(outdir, "stacks")).map((stack) => [
      stack,
      JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"), (_, value) =>
        Object.freeze(value),
      ),
    ]),
  );
}
