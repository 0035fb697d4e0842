import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { shippedStacks, stacksIn, synthesize } from "./synthesized";

const root = join(__dirname, "..");

/** The stacks as a Terraform user reviews them. After a change that is meant, `npm test -- -u` writes them anew. */
describe.each(shippedStacks)("%s", (file, name) => {
  test("synthesizes to its golden stack", () => {
    expect(synthesize(file)).toEqual({ [name]: expect.anything() });
    expect(synthesize(file)[name]).toMatchSnapshot();
  });

  test("names no directory of this machine", () => {
    const text = JSON.stringify(synthesize(file));
    for (const directory of [root, homedir(), tmpdir()]) expect(text).not.toContain(directory);
  });
});

test("a run of its own, at another place and time, synthesizes the same", () => {
  const outdir = mkdtempSync(join(tmpdir(), "golden-"));
  try {
    const { status } = spawnSync("npm", ["run", "synth", "--", "examples/default.ts"], {
      cwd: root,
      env: { ...process.env, CDKTF_OUTDIR: outdir, TZ: "Pacific/Auckland", LC_ALL: "tr_TR.UTF-8" },
    });
    expect(status).toBe(0);
    expect(stacksIn(outdir)).toEqual(synthesize("examples/default.ts"));
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
