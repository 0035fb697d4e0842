import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "@swc/core";
import { stacksIn } from "./synthesized";

const root = join(__dirname, "..");

/** Runs a program as if it stood in the directory, the root otherwise, and returns the stacks that it writes. */
export function run(program: string, directory = root) {
  const outdir = mkdtempSync(join(tmpdir(), "program-"));
  process.env.CDKTF_OUTDIR = outdir;
  jest.spyOn(console, "log").mockImplementation();
  try {
    const { code } = transformSync(program, {
      jsc: { parser: { syntax: "typescript" } },
      module: { type: "commonjs" },
    });
    const requireFromThere = (name: string) => require(name.startsWith(".") ? join(directory, name) : name);
    new Function("require", "exports", code)(requireFromThere, {});
    return stacksIn(outdir) as Record<string, never>;
  } finally {
    delete process.env.CDKTF_OUTDIR;
    rmSync(outdir, { recursive: true });
    jest.restoreAllMocks();
  }
}
