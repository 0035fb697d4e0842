import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = join(__dirname, "../..");
const hook = join(root, "scripts/typescript.cjs");
const state = "terraform.site.tfstate";
const secret = "correct horse battery staple";

// What Terraform itself has needs no provider.
const site = `
import { LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from "${root}/node_modules/cdktf";
import { StrictApp } from "${root}/constructs";

const app = new StrictApp();
const stack = new TerraformStack(app, "site");
new LocalBackend(stack, { path: "../../../${state}" });
const secret = new TerraformVariable(stack, "secret", { sensitive: true });
new TerraformOutput(stack, "greeting", { value: "good morning" });
stack.addOverride("resource.terraform_data.secret", {
  input: secret.value,
  provisioner: [{ "local-exec": { command: "env | grep -E '^(KUBE|HELM|CHECKPOINT)' >../../../environment" } }],
});
app.synth();
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "deploy-"));
  const app = `${process.execPath} --require ${hook} site.ts`;
  writeFileSync(join(directory, "site.ts"), site);
  writeFileSync(join(directory, "cdktf.json"), JSON.stringify({ language: "typescript", app, projectId: "test" }));
  mkdirSync(join(directory, "programs"));
  writeFileSync(join(directory, "programs/kubectl"), "#!/bin/sh\n");
  chmodSync(join(directory, "programs/kubectl"), 0o755);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A command of package.json on the site. */
const command = (...args: string[]) => [
  ...["--require", hook, join(root, "scripts/cdktf.ts")],
  ...[...args, "--skip-provider-lock"],
];
const environment = () => ({
  ...process.env,
  PATH: [process.env.PATH, join(directory, "programs")].join(delimiter),
  TF_CLI_CONFIG_FILE: "/dev/null",
  TF_VAR_secret: secret,
  KUBE_TOKEN: "of another cluster",
  KUBECONFIG: "/of/another/cluster",
  HELM_KUBETOKEN: "of another cluster",
  CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
});

/** Runs it as in a pipe. */
function run(...args: string[]) {
  const options = { cwd: directory, encoding: "utf8", env: environment() } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, command(...args), options);
  const said = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${said}`);
  return said;
}

const mode = (file: string) => (statSync(join(directory, file)).mode & 0o777).toString(8);

/** Files that hold the secret, with who may read them. */
const secrets = () =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, "latin1").includes(secret))
    .map((file) => file.slice(directory.length + 1));

describe("a stack is deployed by Terraform itself", () => {
  test("diff plans, and keeps no plan", () => {
    expect(run("diff")).toContain("1 to add, 0 to change, 0 to destroy.");
    expect(readdirSync(join(directory, "cdktf.out/stacks/site"))).not.toContain("plan");
  });

  test.each(["SIGHUP", "SIGINT", "SIGTERM"] as const)("diff keeps no plan when it is ended by %s", async (signal) => {
    const plan = join(directory, "cdktf.out/stacks/site/plan");
    rmSync(plan, { force: true });
    const slow = join(directory, "programs/slow-terraform");
    writeFileSync(slow, '#!/bin/sh\nterraform "$@" || exit\nif [ "$1" = plan ]; then exec sleep 60; fi\n', {
      mode: 0o755,
    });
    // A terminal sends it to all that it runs.
    const diff = spawn(process.execPath, command("diff"), {
      ...{ cwd: directory, detached: true, stdio: "ignore" },
      env: { ...environment(), TERRAFORM_BINARY_NAME: slow },
    });
    const ended = once(diff, "exit");
    while (!existsSync(plan) && diff.exitCode === null) await sleep(50);
    expect(existsSync(plan)).toBe(true);
    process.kill(-Number(diff.pid), signal);
    await ended;
    expect(existsSync(plan)).toBe(false);
  });

  test("deploy applies, and writes the state for its owner alone", () => {
    const said = run("deploy", "--auto-approve");
    expect(said).toContain("Apply complete! Resources: 1 added");
    // cdktf does not list the outputs once more.
    const [, end = ""] = said.split("Apply complete!");
    expect(end.match(/greeting.*/g)).toEqual(['greeting = "good morning"']);
    expect(secrets()).toEqual([state]);
    expect(mode(state)).toBe("600");
  });

  test("Terraform and its providers see no credentials of another cluster", () => {
    const environment = readFileSync(join(directory, "environment"), "utf8");
    rmSync(join(directory, "environment"));
    expect(environment).toContain("CHECKPOINT_DISABLE=1");
    expect(environment).not.toContain("another");
  });

  test("diff takes a state that everyone may read from everyone else", () => {
    chmodSync(join(directory, state), 0o644);
    expect(run("diff")).toContain("No changes.");
    expect(mode(state)).toBe("600");
  });

  test("diff says how to forget a cluster that has left the stack", () => {
    const before = readFileSync(join(directory, state));
    const { resources, ...rest } = JSON.parse(String(before));
    const step = {
      ...{ mode: "managed", type: "null_resource", name: "wait_for_kubernetes", instances: [] },
      provider: 'provider["registry.terraform.io/hashicorp/null"].kubernetes',
    };
    writeFileSync(join(directory, state), JSON.stringify({ ...rest, resources: [...resources, step] }));
    expect(() => run("diff")).toThrow(
      "site no longer has its cluster, and Terraform cannot remove what it has of it. To delete the cluster, put it back into the configuration and run npm run destroy. To keep its machines and forget the rest, run this, then the same command again: (cd 'cdktf.out/stacks/site' && terraform init && terraform state rm 'null_resource.wait_for_kubernetes')",
    );
    writeFileSync(join(directory, state), before);
  });

  test("destroy leaves the state's backup and its kept copy to their owner alone", () => {
    expect(run("destroy", "--auto-approve")).toContain("Destroy complete! Resources: 1 destroyed.");
    const copy = expect.stringMatching(/^terraform\.site\.tfstate\.\d{8}T\d{6}Z$/);
    expect(secrets().sort()).toEqual([copy, `${state}.backup`]);
    expect(secrets().map(mode)).toEqual(["600", "600"]);
  });

  test("without a terminal, no frames of a spinner are in what is written", () => {
    expect(run("diff")).not.toMatch(/[\u2800-\u28ff]/);
  });
});
