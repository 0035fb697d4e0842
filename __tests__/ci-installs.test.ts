import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ci = join(__dirname, "../.ci");
const files = ["run", ...readdirSync(join(ci, "steps")).map((name) => join("steps", name))];
/** What installs packages of npm, with the values of its loop. */
const installs = files.flatMap((file) => {
  const text = readFileSync(join(ci, file), "utf8");
  const [, versions = ""] = /^for version in (.*); do$/m.exec(text) ?? [];
  return [...text.matchAll(/\bnpm (?:ci|install)\b.*/g)].map(([command]) => ({ file, command, versions }));
});

test("CI installs packages without their scripts", () => {
  expect(installs.length).toBeGreaterThanOrEqual(4);
  for (const { file, command } of installs)
    expect([file, command]).toEqual([file, expect.stringContaining(" --ignore-scripts ")]);
});

test("CI installs packages that no lock file names in exact versions", () => {
  const exact = /^\d+\.\d+\.\d+$/;
  for (const { file, command, versions } of installs.filter(({ command }) => command.includes("npm install"))) {
    const named = [...command.matchAll(/ "?(?:[\w-]+@npm:)?[\w-]+@([^\s"]+)"?/g)].flatMap(([, version = ""]) =>
      version === "$version" ? versions.split(" ") : [version],
    );
    expect([file, named.length]).not.toEqual([file, 0]);
    for (const version of named) expect([file, version]).toEqual([file, expect.stringMatching(exact)]);
  }
});
