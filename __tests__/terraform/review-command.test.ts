import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pageOf } from "../../review/page";
import { losing, measure, secret, withoutFingerprint } from "../review.fixtures";
import { ownScripts } from "../script-files";
import { stacksIn } from "../synthesized";

const root = join(__dirname, "../..");
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "review-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const output = () => join(directory, "out");
const stackFolder = () => join(output(), "stacks/talos-gpu");
const review = () => readFileSync(join(stackFolder(), "review.md"), "utf8");
const calls = () => readFileSync(join(directory, "calls"), "utf8").trim().split("\n");

/** The command as `npm run review` starts it, where this Terraform is all that is on the PATH. */
function run(args: readonly string[], terraform?: string, env: NodeJS.ProcessEnv = {}) {
  const programs = join(directory, "bin");
  mkdirSync(programs, { recursive: true });
  if (terraform !== undefined) {
    const program = join(programs, env.TERRAFORM_BINARY_NAME ?? "terraform");
    writeFileSync(program, `#!${process.execPath}\n${terraform}`);
    chmodSync(program, 0o755);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", "./scripts/typescript.cjs", "scripts/review.ts", "examples/default.ts", ...args],
    { cwd: root, encoding: "utf8", env: { PATH: programs, CDKTF_OUTDIR: output(), ...env } },
  );
  return { status, stdout, said: stderr.trim() };
}

/** A Terraform that notes how it is called and what mode its plan has, and fails at a command if told. */
const fake = (failing = "none") => `
const { appendFileSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const { basename } = require("node:path");
const [command, ...options] = process.argv.slice(2);
const plan = options.find((option) => option.startsWith("-out="))?.slice(5) ?? options.at(-1);
const note = (line) => appendFileSync(${JSON.stringify(join(directory, "calls"))}, line + "\\n");
if (command === "plan") writeFileSync(plan, ${JSON.stringify(secret)});
const mode = command === "init" ? "" : " " + (statSync(plan).mode & 0o777).toString(8);
note(basename(process.cwd()) + ": " + [command, ...options].join(" ") + mode);
if (command === ${JSON.stringify(failing)}) process.exit(1);
if (command === "show") console.log(readFileSync(${JSON.stringify(join(directory, "plan.json"))}, "utf8"));
`;

const writePlan = (text = JSON.stringify(losing)) => {
  writeFileSync(join(directory, "plan.json"), text);
  return join(directory, "plan.json");
};

const today = new Date().toISOString().slice(0, 10);

/** Without the scripts and charts in the stack's folder, which its fingerprint is of, too. */
const golden = (plan?: typeof losing) =>
  withoutFingerprint(
    pageOf("talos-gpu", stacksIn(output())["talos-gpu"] ?? {}, ownScripts(), { ...measure, day: today }, plan),
  );

test("review synthesizes and writes the page beside the JSON, the same on every run", () => {
  const { status, stdout } = run([]);
  expect([status, stdout]).toEqual([0, expect.stringContaining(join(stackFolder(), "review.md"))]);
  expect(withoutFingerprint(review())).toBe(golden());
  const first = review();
  run([]);
  expect(review()).toBe(first);
});

describe("review --plan", () => {
  test("plans in the stack's directory, tells what changes, and leaves no plan", () => {
    writePlan();
    const { status, stdout } = run(["--plan"], fake());
    expect([status, stdout]).toEqual([0, expect.stringMatching(/review\.md: 3 lost, 1 unknown, /)]);
    expect(calls()).toEqual([
      "talos-gpu: init -input=false",
      "talos-gpu: plan -input=false -out=review.tfplan 600",
      "talos-gpu: show -json review.tfplan 600",
    ]);
    expect(withoutFingerprint(review())).toBe(golden(losing));
    expect(`${review()}${stdout}`).not.toContain(secret);
    expect(readdirSync(stackFolder()).filter((file) => file.includes("plan"))).toEqual([]);
  });

  test("gives the plan no credentials of other clusters", () => {
    writePlan();
    const seen = join(directory, "seen");
    const noting = `require("node:fs").appendFileSync(${JSON.stringify(seen)}, Object.keys(process.env).join("\\n"));`;
    expect(run(["--plan"], noting + fake(), { KUBE_TOKEN: "x", KUBECONFIG: "x", TF_VAR_own: "x" }).status).toBe(0);
    expect(readFileSync(seen, "utf8")).not.toMatch(/KUBE/);
    expect(readFileSync(seen, "utf8")).toContain("TF_VAR_own");
  });

  test("runs the program that TERRAFORM_BINARY_NAME names", () => {
    writePlan();
    expect(run(["--plan"], fake(), { TERRAFORM_BINARY_NAME: "tofu" }).status).toBe(0);
    expect(calls()).toHaveLength(3);
  });

  test.each(["init", "plan", "show"])("that fails at %s says so, and leaves no plan and no page", (failing) => {
    writePlan();
    expect(run(["--plan"], fake(failing))).toMatchObject({
      status: 1,
      said: `terraform ${failing} failed in ${stackFolder()}; see its message above.`,
    });
    expect(readdirSync(stackFolder()).filter((file) => /plan|review/.test(file))).toEqual([]);
  });

  test("shows nothing of an answer that is no plan", () => {
    writePlan(secret);
    const { status, stdout, said } = run(["--plan"], fake());
    expect([status, said]).toEqual([1, expect.stringMatching(/^terraform show -json is not a plan; /)]);
    expect(`${stdout}${said}`).not.toContain(secret);
  });

  test("without Terraform says where it is had, before it synthesizes", () => {
    expect(run(["--plan"])).toMatchObject({
      status: 1,
      said: expect.stringMatching(/^review --plan needs terraform, /),
    });
    expect(existsSync(output())).toBe(false);
  });
});

describe("review --plan-json", () => {
  test("reads a plan", () => {
    expect(run(["--plan-json", writePlan()]).status).toBe(0);
    expect(withoutFingerprint(review())).toBe(golden(losing));
  });

  test.each([
    [["--plan-json", "/no/such.json"], /^There is no \/no\/such\.json; .*show -json/],
    [["--plan-json", "package.json"], /^package\.json is not a plan; /],
    [["--plan", "--plan-json", "x"], /^--plan makes a plan, --plan-json reads one/],
    [["--post"], /'--post'/],
    [["talos-cpu"], /^There is no stack talos-cpu; there is talos-gpu$/],
  ])("%j is answered in a sentence", (args, answer) => {
    expect(run(args)).toMatchObject({ status: 1, said: expect.stringMatching(answer) });
  });
});
