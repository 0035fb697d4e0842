import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pins } from "../../scripts/pins";
import { build, built } from "../build";

const root = join(__dirname, "../..");
const platforms = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];
const binary = process.env.TERRAFORM_BINARY_NAME ?? "terraform";
const registry = binary === "tofu" ? "registry.opentofu.org" : "registry.terraform.io";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A mirror with the packages of this platform under the names of all, a different one for each. */
function mirror(): string {
  build("providers");
  const folder = join(directory, "mirror");
  for (const { address, version } of pins()) {
    const name = address.split("/").slice(1).join("/");
    const packages = join(built.mirror, registry, name, version);
    const [own] = readdirSync(packages);
    for (const platform of platforms) {
      const to = join(folder, registry, name, version, platform);
      mkdirSync(to, { recursive: true });
      cpSync(join(packages, String(own)), to, { recursive: true, dereference: true });
      if (platform !== own) appendFileSync(join(to, String(readdirSync(to)[0])), platform);
    }
  }
  return folder;
}

const environment = () => ({
  ...process.env,
  CDKTF_OUTDIR: join(directory, "out"),
  TF_CLI_CONFIG_FILE: "/dev/null",
  CHECKPOINT_DISABLE: "1",
});
const npm = (script: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", script, ...args], {
    cwd: root,
    encoding: "utf8",
    env: environment(),
  });

test("the lock of a stack has the providers of all machines, and no other provider is installed", () => {
  const source = mirror();
  expect(npm("examples/default.ts").status).toBe(0);
  const locked = npm("scripts/lock.ts", `-fs-mirror=${source}`);
  expect([locked.status, locked.stderr]).toEqual([0, ""]);

  const stack = join(directory, "out/stacks/talos-gpu");
  const lock = readFileSync(join(stack, ".terraform.lock.hcl"), "utf8");
  for (const { address, version } of pins()) {
    const name = address.split("/").slice(1).join("/");
    const [, hashes = ""] =
      new RegExp(`provider "${registry}/${name}" \\{\\s+version += "${version}"[^[]*hashes = \\[([^\\]]*)\\]`).exec(
        lock,
      ) ?? [];
    expect(new Set(hashes.match(/h1:[^"]+/g)).size).toBe(platforms.length);
  }

  const init = () =>
    spawnSync(binary, ["init", "-input=false", "-backend=false", "-lockfile=readonly", `-plugin-dir=${source}`], {
      cwd: stack,
      encoding: "utf8",
      env: environment(),
    });
  const first = init();
  expect([first.status, first.stderr]).toEqual([0, ""]);

  const other = join(
    source,
    registry,
    "hashicorp/null",
    String(pins().find(({ name }) => name === "null")?.version),
    "linux_amd64",
  );
  appendFileSync(join(other, String(readdirSync(other)[0])), "something else");
  rmSync(join(stack, ".terraform"), { recursive: true });
  const { status, stderr } = init();
  expect([status, stderr]).toEqual([1, expect.stringMatching(/hashicorp\/null.*\n?.*(checksums|doesn't match any)/)]);
}, 300_000);
