import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");
const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
/** npm runs the last of them by itself. */
const own = Object.keys(scripts).filter(
  (name) => name !== "prepack" && /scripts\/typescript\.cjs/.test(scripts[name] ?? ""),
);

test.each(own)("npm run %s -- --help prints its usage, and does nothing else", (name) => {
  const [, ...command] = (scripts[name] ?? "").replace(/^exec /, "").split(" ");
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, "--help"], {
    cwd: root,
    encoding: "utf8",
    // Nothing that it would start is there.
    env: { PATH: "" },
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name.replace("synth:hcl", "synth:cli")}\\b`));
});

test("no other script does something before the program that knows --help", () => {
  for (const [name, command] of Object.entries(scripts))
    expect([name, command]).toEqual([name, expect.not.stringContaining("&&")]);
});
