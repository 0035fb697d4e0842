import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Plan, upgradesCluster } from "../../scripts/upgrade";

const root = join(__dirname, "../..");
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "command-line-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs a command of package.json where these programs are all that is on the PATH. */
function run(programs: readonly string[], args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  for (const program of programs) {
    writeFileSync(join(directory, program), `#!/bin/sh\necho "$0 was started" >&2\nexit 1\n`);
    chmodSync(join(directory, program), 0o755);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", "./scripts/typescript.cjs", "scripts/cdktf.ts", ...args],
    { cwd: root, encoding: "utf8", env: { PATH: directory, ...env } },
  );
  return { status, said: `${stdout}${stderr}`.trim().split("\n") };
}

test("a synth needs no program, not even Terraform", () => {
  writeFileSync(join(directory, "terraform"), "#!/bin/sh\necho started >&2\nexit 1\n", { mode: 0o755 });
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--require", "./scripts/typescript.cjs", "examples/default.ts"],
    {
      cwd: root,
      encoding: "utf8",
      env: { PATH: directory, CDKTF_OUTDIR: join(directory, "out") },
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

describe("what is missing is said before anything starts", () => {
  test("deploy: Terraform, kubectl and a terminal", () => {
    expect(run([], ["deploy"])).toEqual({
      status: 1,
      said: [
        expect.stringMatching(/^deploy needs terraform, .*https:\/\/.*hashicorp\.com.*TERRAFORM_BINARY_NAME=tofu$/),
        expect.stringMatching(/^deploy needs kubectl, .*https:\/\/kubernetes\.io/),
        expect.stringContaining("no terminal"),
      ],
    });
  });

  test("diff: Terraform alone", () => {
    expect(run([], ["diff"])).toEqual({ status: 1, said: [expect.stringMatching(/^diff needs terraform, /)] });
  });

  test("the program that TERRAFORM_BINARY_NAME names", () => {
    expect(run(["terraform"], ["diff"], { TERRAFORM_BINARY_NAME: "tofu" }).said).toEqual([
      expect.stringMatching(/^diff needs tofu, .*https:\/\/opentofu\.org/),
    ]);
    expect(run(["terraform"], ["diff"], { TERRAFORM_BINARY_NAME: "/opt/terraform-1.5" }).said).toEqual([
      expect.stringMatching(/^diff needs \/opt\/terraform-1\.5, .*TERRAFORM_BINARY_NAME/),
    ]);
  });

  test.each(["deploy", "destroy"])("%s without a terminal: how it goes without one", (command) => {
    expect(run(["terraform", "kubectl"], [command])).toEqual({
      status: 1,
      said: [expect.stringContaining(`\`npm run ${command} -- --auto-approve\``)],
    });
  });
});

describe("talosctl is needed", () => {
  const plan = (
    name: string,
    actions: string[],
    there = ["talos_machine_secrets", "talos_machine_bootstrap"],
  ): Plan => ({
    resource_changes: [{ type: "null_resource", name, change: { actions } }],
    prior_state: { values: { root_module: { resources: there.map((type) => ({ type })) } } },
  });

  test.each([
    ["to upgrade Talos", plan("upgrade_talos", ["delete", "create"])],
    ["to upgrade Kubernetes", plan("upgrade_kubernetes", ["create", "delete"])],
    ["to upgrade a node of several", plan("upgrade_talos_control-1", ["create", "delete"])],
    ["to upgrade for the first time what is there already", plan("upgrade_talos", ["create"])],
  ])("%s", (_, plan) => expect(upgradesCluster(plan)).toBe(true));

  test.each([
    ["for a first deployment", plan("upgrade_talos", ["create"], [])],
    ["before there is a cluster", plan("upgrade_talos", ["create"], ["talos_machine_secrets"])],
    ["where both stay as they are", plan("upgrade_talos", ["no-op"])],
    ["to forget a cluster", plan("upgrade_talos", ["delete"])],
    ["for another step", plan("wait_for_kubernetes", ["delete", "create"])],
    ["for a plan without changes", {}],
  ])("not %s", (_, plan) => expect(upgradesCluster(plan)).toBe(false));
});

test("no package runs a script when it is installed, which npm would ask about", () => {
  const { stdout } = spawnSync("npm", ["config", "get", "ignore-scripts"], { cwd: root, encoding: "utf8" });
  expect(stdout.trim()).toBe("true");
});

describe("git", () => {
  // In a repository of its own: a downloaded archive is none.
  const ignored = (file: string) => {
    copyFileSync(join(root, ".gitignore"), join(directory, ".gitignore"));
    spawnSync("git", ["init", "--quiet"], { cwd: directory });
    return spawnSync("git", ["check-ignore", "--quiet", file], { cwd: directory }).status === 0;
  };

  test.each([
    "terraform.talos-gpu.tfstate",
    "terraform.talos-gpu.tfstate.backup",
    ".terraform.talos-gpu.tfstate.lock.info",
    "secrets.tfvars",
    "clusters/talos-gpu/kubeconfig",
    "cdktf.out/stacks/talos-gpu/plan",
    "cdktf.out/stacks/talos-gpu/errored.tfstate",
    "cdktf.out/stacks/talos-gpu/.terraform/terraform.tfstate",
    "cdktf.out/manifest.json",
  ])("ignores %s", (file) => expect(ignored(file)).toBe(true));

  test("sees the lock of each stack's providers", () => {
    expect(ignored("cdktf.out/stacks/talos-gpu/.terraform.lock.hcl")).toBe(false);
  });
});

test.each([
  ["writes", {}, 0],
  ["refuses", { PROXMOX_VE_API_TOKEN: "root@pam!ci=secret" }, 1],
])("a synth that %s a stack leaves the lock of its providers alone", (_, environment, status) => {
  const lock = join(directory, "stacks/talos-gpu/.terraform.lock.hcl");
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, "# of last time\n");
  const synth = spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", "examples/default.ts"], {
    cwd: root,
    env: { ...process.env, CDKTF_OUTDIR: directory, ...environment },
  });
  expect(synth.status).toBe(status);
  expect(readFileSync(lock, "utf8")).toBe("# of last time\n");
});

describe("TypeScript as Node.js runs it", () => {
  const site = (text: string) => {
    writeFileSync(join(directory, "site.ts"), text);
    return spawnSync(
      process.execPath,
      ["--require", join(root, "scripts/typescript.cjs"), join(directory, "site.ts")],
      {
        encoding: "utf8",
      },
    );
  };

  test("knows where in the file an error was thrown", () => {
    const { stderr } = site(`interface Unused {\n  readonly a: number;\n}\n\nthrow new Error("here" as string);\n`);
    expect(stderr).toContain(`Error: here\n    at Object.<anonymous> (${join(directory, "site.ts")}:5:7)`);
  });

  test("takes a changed file for a new one", () => {
    expect(site(`console.log("one" as string)`).stdout).toBe("one\n");
    expect(site(`console.log("two" as string)`).stdout).toBe("two\n");
  });
});

test("the type check sees a site of any name", () => {
  const name = `site${process.pid}.ts`;
  writeFileSync(join(root, name), "export {};\n");
  try {
    const { stdout } = spawnSync("node_modules/.bin/tsc", ["--listFilesOnly"], { cwd: root, encoding: "utf8" });
    expect(stdout.split("\n")).toContain(join(root, name));
  } finally {
    rmSync(join(root, name));
  }
});
