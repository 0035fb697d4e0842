import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compared, knownChecksums } from "../scripts/checksums";
import { pins } from "../scripts/pins";

const root = join(__dirname, "..");
const address = "registry.terraform.io/hashicorp/null";
const { version = "", zh = [] } = knownChecksums[address] ?? {};

const lockOf = (provider: string, hashes: readonly string[], release = version): string =>
  `provider "${provider}" {
  version     = "${release}"
  constraints = "${release}"
  hashes = [
${hashes.map((hash) => `    "${hash}",\n`).join("")}  ]
}
`;
const packages = zh.map((hash) => `zh:${hash}`);
const other = `zh:${"0".repeat(64)}`;

test.each(Object.entries(knownChecksums))("the checksums of %s have two owners as sources", (provider, known) => {
  const pin = pins().find(
    (each) => each.address.split("/").slice(1).join("/") === provider.split("/").slice(1).join("/"),
  );
  expect(known.version).toBe(pin?.version);
  const owners = known.sources.map(
    (source) => /^https:\/\/github[.]com\/([^/]+)\/.+\/blob\/[0-9a-f]{40}\//.exec(source)?.[1],
  );
  expect(owners).not.toContain(undefined);
  expect(new Set(owners).size).toBeGreaterThanOrEqual(2);
  // Linux and macOS on two processors each, at least.
  expect(new Set(known.zh).size).toBeGreaterThanOrEqual(4);
  for (const hash of known.zh) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test.each<[string, string, keyof ReturnType<typeof compared>]>([
  ["the known packages", lockOf(address, ["h1:abc=", ...packages]), "same"],
  ["some of the known packages", lockOf(address, packages.slice(0, 4)), "same"],
  ["one other package", lockOf(address, [...packages, other]), "other"],
  ["no package, as from a folder", lockOf(address, ["h1:abc="]), "unknown"],
  ["another version", lockOf(address, [other], "9.9.9"), "unknown"],
  ["another registry", lockOf("evil.example/hashicorp/null", [other]), "unknown"],
])("a lock with %s is told apart", (_, lock, verdict) => {
  const { same, other, unknown } = compared(lock);
  expect({ same, other, unknown }).toEqual({
    same: [],
    other: [],
    unknown: [],
    [verdict]: [expect.stringContaining("/null ")],
  });
});

describe("npm run lock", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lock-"));
    mkdirSync(join(directory, "stacks/one"), { recursive: true });
    writeFileSync(join(directory, "stacks/one/cdk.tf.json"), "{}");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** With a program in place of Terraform that writes what a registry said. */
  function locked(lock: string) {
    const program = join(directory, "terraform");
    writeFileSync(program, `#!/bin/sh\ncat >.terraform.lock.hcl <<'EOF'\n${lock}EOF\n`);
    chmodSync(program, 0o755);
    return spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", "scripts/lock.ts"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: directory, TERRAFORM_BINARY_NAME: program },
    });
  }
  const file = () => join(directory, "stacks/one/.terraform.lock.hcl");

  test("keeps a lock with the known packages", () => {
    const { status, stdout, stderr } = locked(lockOf(address, packages));
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`As two public sources have them: ${address} ${version}`);
    expect(readFileSync(file(), "utf8")).toContain(packages[0]);
  });

  test("keeps no lock with a package of somebody else", () => {
    const { status, stderr } = locked(lockOf(address, [...packages, other]));
    expect(status).toBe(1);
    expect(stderr).toMatch(/hashicorp\/null .*other checksums/);
    expect(existsSync(file())).toBe(false);
  });
});
