import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..");

test(".gen is what cdktf generates from schemas/", () => {
  const output = mkdtempSync(join(tmpdir(), "gen-"));
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--require", "./scripts/typescript.cjs", "scripts/cdktf.ts", "get", "--output", output],
      { cwd: root, encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`\`npm run get\` fails:\n${stderr}`);
    const generated = files(output);
    const committed = files(join(root, ".gen"));
    expect([...committed.keys()]).toEqual([...generated.keys()]);
    expect([...generated].filter(([name, text]) => committed.get(name) !== text).map(([name]) => name)).toEqual([]);
  } finally {
    rmSync(output, { recursive: true });
  }
});

function files(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(names.map((name) => [name.slice(directory.length + 1), readFileSync(name, "utf8")]));
}
