/**
 * Builds `dist/`, which `npm pack` puts into the package: the constructs as JavaScript with their types, and beside them the
 * files that they read.
 */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const output = join(root, "dist");

/** What the constructs look for from their own place: all of their files that are no code, and the schemas. */
const assets = /^(constructs\/.+\.(?!ts$)\w+|schemas\/((charts|talos-config)\/)?[^/]+\.json)$/;

rmSync(output, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [require.resolve("typescript/package.json").replace("package.json", "bin/tsc"), "--project", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
for (const folder of ["constructs", "schemas"]) {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) =>
    join(folder, file),
  );
  for (const file of files.filter((file) => assets.test(file))) cpSync(join(root, file), join(output, file));
}
