import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { nullResource } from "../constructs/terraform/null-resource";

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "script-"));
});
afterEach(() => {
  rmSync(outdir, { recursive: true });
});

const stackFolder = () => join(outdir, "stacks/stack");

/** Synthesizes a stack whose only step runs the script, and answers its provisioner. */
function synthesized(content: string, environment: Record<string, string>, inherits?: readonly string[]) {
  const source = join(outdir, "step.sh");
  writeFileSync(source, content);
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "stack");
  for (const id of ["one", "two"]) nullResource(stack, id, { scripts: [{ file: source, environment, inherits }] });
  app.synth();
  const { resource } = JSON.parse(readFileSync(join(stackFolder(), "cdk.tf.json"), "utf8"));
  return resource.null_resource.one.provisioner[0]["local-exec"];
}

test("a script is a file of the stack once, beside its library, under a name that stays", () => {
  const { command } = synthesized("echo one\n", { NAME: "value" });
  expect(command).toMatch(/ sh assets\/scripts\/step\.sh$/);
  expect(readdirSync(join(stackFolder(), "assets/scripts")).sort()).toEqual(["lib.sh", "step.sh"]);
  expect(readFileSync(join(stackFolder(), "assets/scripts/step.sh"), "utf8")).toBe("echo one\n");
});

test("a script sees its own variables, PATH and TMPDIR, and nothing else of whoever deploys", () => {
  const { command, environment } = synthesized('. "$(dirname "$0")/lib.sh"\nenv | cut -d= -f1 | sort\necho "$NAME"\n', {
    NAME: `a "quoted" $value`,
  });
  const { stdout } = spawnSync("/bin/sh", ["-c", command], {
    cwd: stackFolder(),
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...environment, KUBECONFIG: "mine", HTTPS_PROXY: "http://mine", HOME: "/mine" },
  });
  expect(stdout.split("\n").filter((line) => !/^(_|OLDPWD|PWD|SHLVL)$/.test(line))).toEqual([
    "HOME",
    "NAME",
    "PATH",
    "TMPDIR",
    `a "quoted" $value`,
    "",
  ]);
});

test("a script sees a variable of whoever deploys that it inherits", () => {
  const { command, environment } = synthesized('printf %s "$HTTPS_PROXY"\n', {}, ["HTTPS_PROXY"]);
  const shown = (HTTPS_PROXY?: string) =>
    spawnSync("/bin/sh", ["-c", command], {
      cwd: stackFolder(),
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...environment, HTTPS_PROXY },
    }).stdout;
  expect(shown("http://proxy.example:3128")).toBe("http://proxy.example:3128");
  expect(shown()).toBe("");
});

test.each(["HUP", "INT", "TERM"])("a script that ends by SIG%s leaves no temporary files", (signal) => {
  const { command, environment } = synthesized(`. "$(dirname "$0")/lib.sh"\nkill -${signal} $$\necho on\n`, {});
  const { stdout, status } = spawnSync("/bin/sh", ["-c", command], {
    cwd: stackFolder(),
    encoding: "utf8",
    env: { PATH: process.env.PATH, TMPDIR: outdir, ...environment },
  });
  expect(stdout).toBe("");
  expect(status).toBeGreaterThan(128);
  expect(readdirSync(outdir).filter((name) => name.startsWith("tmp."))).toEqual([]);
});
