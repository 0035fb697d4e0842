import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { nullResource } from "../../constructs/terraform/null-resource";

// Processes start slowly where many tests run.
jest.setTimeout(60_000);

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "a stäck of "));
});
afterEach(() => {
  rmSync(outdir, { recursive: true });
});

const stackFolder = () => join(outdir, "stacks/stack");
const library = `. "$(dirname "$0")/lib.sh"\n`;

/** Synthesizes a stack whose only step runs the script, and answers its provisioner. */
function synthesized(content: string, environment: Record<string, string> = {}, inherits?: readonly string[]) {
  const source = join(outdir, "step.sh");
  writeFileSync(source, `${library}${content}`);
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "stack");
  for (const id of ["one", "two"]) nullResource(stack, id, { scripts: [{ file: source, environment, inherits }] });
  app.synth();
  const { resource } = JSON.parse(readFileSync(join(stackFolder(), "cdk.tf.json"), "utf8"));
  return resource.null_resource.one.provisioner[0]["local-exec"];
}

/** As Terraform runs it: in the folder of the stack, with its own environment beside that of the provisioner. */
function optionsOf(environment: Record<string, string>) {
  const { PATH } = process.env;
  return { cwd: stackFolder(), env: { PATH: `${outdir}:${PATH}`, TMPDIR: outdir, ...environment } };
}
function run(content: string, environment: Record<string, string> = {}) {
  const provisioner = synthesized(content, environment);
  const options = optionsOf({ KUBECONFIG: "mine", HTTPS_PROXY: "http://mine", TF_VAR_password: "mine", HOME: "/mine" });
  return spawnSync("/bin/sh", ["-c", provisioner.command], {
    ...options,
    env: { ...options.env, ...environment },
    encoding: "utf8",
    timeout: 30_000,
  });
}

function program(name: string, script: string): void {
  writeFileSync(join(outdir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(outdir, name), 0o755);
}

const temporary = () => readdirSync(outdir).filter((name) => name.startsWith("tmp."));

/** Waits, twenty seconds at most, until something is so. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds() && tries < 400; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

test("a script is a file of the stack once, beside the libraries that it sources, under a name that stays", () => {
  const { command } = synthesized("say one\n", { NAME: "value" });
  expect(command).toMatch(/ sh assets\/scripts\/step\.sh$/);
  expect(readdirSync(join(stackFolder(), "assets/scripts")).sort()).toEqual(["lib.sh", "step.sh"]);
  expect(readFileSync(join(stackFolder(), "assets/scripts/step.sh"), "utf8")).toBe(`${library}say one\n`);
});

test("a script sees its own variables, PATH and TMPDIR, and nothing else of whoever deploys", () => {
  const value = `a "quoted" $value`;
  const { stdout } = run(`env | cut -d= -f1 | sort\nprintf '%s\\n' "$NAME"\n`, { NAME: value });
  const lines = stdout.split("\n").filter((line) => !/^(_|OLDPWD|PWD|SHLVL)$/.test(line));
  expect(lines).toEqual(["HOME", "NAME", "PATH", "TMPDIR", value, ""]);
});

test("a script sees a variable of whoever deploys that it inherits", () => {
  const { command } = synthesized('printf %s "$HTTPS_PROXY"\n', {}, ["HTTPS_PROXY"]);
  const shown = (HTTPS_PROXY?: string) => {
    const { cwd, env } = optionsOf({});
    return spawnSync("/bin/sh", ["-c", command], { cwd, env: { ...env, HTTPS_PROXY }, encoding: "utf8" }).stdout;
  };
  expect(shown("http://proxy.example:3128")).toBe("http://proxy.example:3128");
  expect(shown()).toBe("");
});

describe("no script leaves temporary files, or a program that runs,", () => {
  test.each(["HUP", "INT", "TERM"])("when it is ended by SIG%s", (signal) => {
    const { stdout, status } = run(`kill -${signal} $$\nsay on\n`);
    expect(stdout).toBe("");
    expect(status).toBeGreaterThan(128);
    expect(temporary()).toEqual([]);
  });

  test.each(["SIGTERM", "SIGKILL"] as const)("when it is ended by %s while it waits for one", async (signal) => {
    const content = `discard "$WORK/half written"\n: >"$WORK/half written"\ntry bounded 60 sh -c 'echo $$ >"$0/process"; exec sleep 60' "$WORK"\n`;
    const environment = { WORK: outdir };
    const { command } = synthesized(content, environment);
    const child = spawn("/bin/sh", ["-c", command], { ...optionsOf(environment), stdio: "ignore" });
    const written = () => existsSync(join(outdir, "process")) && readFileSync(join(outdir, "process"), "utf8").trim();
    await eventually(() => Boolean(written()));
    const program = Number(written());
    child.kill(signal);
    await once(child, "exit");
    await eventually(() => temporary().length === 0 && !existsSync(join(outdir, "half written")));
    await eventually(() => !existsSync(`/proc/${program}`) || process.platform !== "linux");
  });
});

describe("a program that is called", () => {
  test("has its input, its output and its status", () => {
    const { stdout } = run(`printf 'in' | bounded 10 cat\nbounded 10 sh -c 'exit 7' || say " $?"\n`);
    expect(stdout).toBe("in 7\n");
  });

  test("is ended where it hangs, with a sentence", () => {
    program("kubectl", "exec sleep 60");
    const began = Date.now();
    const { stdout } = run(`KUBECONFIG=x\ntry kube -4 get nodes || say "$? $answer"\n`);
    expect(stdout).toBe("143 kubectl did not end within 1 seconds\n");
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  test("is ended where it does not obey", () => {
    const { stdout } = run(`bounded 1 sh -c 'trap "" TERM; while :; do sleep 1; done' 2>&1 || say "$?"\n`);
    expect(stdout).toBe("sh did not end within 1 seconds\n137\n");
  });

  test("writes no control sequences to the terminal, in whatever it says", () => {
    const escapes = "\\033]0;owned\\007a\\033[31mb\\302\\233c\\rd\\303\\244";
    program("talosctl", `printf '${escapes}\\n'; printf '${escapes}\\n' >&2`);
    const { stdout, stderr } = run(
      `NODE=x TALOSCONFIG=y\ntry talos 5 version\nsay "$answer"\ntalos 5 version >/dev/null\n(fail "$(talos 5 version 2>/dev/null)") || :\n`,
    );
    expect([stdout, stderr]).toEqual([
      "]0;owneda[31mbcdä\n]0;owneda[31mbcdä\n",
      "]0;owneda[31mbcdä\n]0;owneda[31mbcdä\n",
    ]);
  });
});

test.each([
  ["back", -100_000],
  ["forward", 100_000],
])("a wait is as long as it is where the clock is set %s meanwhile", (_, jump) => {
  // Each look at the clock is a minute later, and the third has been set.
  program(
    "date",
    `at=$(cat "${outdir}/looks" 2>/dev/null || echo 0); at=$((at + 1)); echo $at >"${outdir}/looks"
if [ $at -ge 3 ]; then echo $((1000000 + at * 60 + ${jump})); else echo $((1000000 + at * 60)); fi`,
  );
  const { stdout } = run(
    `deadline=$(deadline_in 600)\nrounds=0\nuntil past "$deadline"; do rounds=$((rounds + 1)); done\nsay "$rounds"\n`,
  );
  expect(Number(stdout)).toBeGreaterThanOrEqual(9);
  expect(Number(stdout)).toBeLessThanOrEqual(12);
});
