import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../..");
let outdir: string;
let files: string[];
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "configurations-"));
  files = [];
});
afterEach(() => {
  for (const file of files) rmSync(file, { force: true });
  rmSync(outdir, { recursive: true });
});

/** Runs a script of package.json. */
function run(script: string, ...args: readonly string[]) {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [, , , ...command] = String(scripts[script])
    .replace(/^exec /, "")
    .split(" ");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", "./scripts/typescript.cjs", ...command, ...args],
    { cwd: root, encoding: "utf8", env: { ...process.env, CDKTF_OUTDIR: outdir } },
  );
  return { status, said: stderr, stdout };
}

/** A configuration of a stack, in the root. */
function configuration(name: string, text: string): string {
  const file = `.configuration-${name}-${process.pid}.ts`;
  files.push(join(root, file));
  writeFileSync(join(root, file), text);
  return file;
}

const stack = (id: string, more = "") => `
import { LocalBackend, TerraformStack } from "cdktf";
import { S3Backend } from "cdktf/lib/backends/s3-backend";
import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { StrictApp } from "./constructs";
const app = new StrictApp();
const stack = new TerraformStack(app, "${id}");
${more}
app.synth();
`;
const isThere = (id: string) => existsSync(join(outdir, "stacks", id, "cdk.tf.json"));

describe("npm run synth", () => {
  test("takes the file of a configuration, and several", () => {
    const [one, two] = [configuration("one", stack("one")), configuration("two", stack("two"))];
    expect(run("synth", one)).toMatchObject({
      status: 0,
      said: "",
      stdout: `${join(outdir, "stacks/one/cdk.tf.json")}\n`,
    });
    expect(isThere("two")).toBe(false);
    expect(run("synth", one, two, one)).toMatchObject({ status: 0, said: "" });
    expect([isThere("one"), isThere("two")]).toEqual([true, true]);
  });

  test("tells the files of a stack under cdktf's own App, too", () => {
    expect(run("synth", "examples/own-stack.ts")).toMatchObject({
      ...{ status: 0, said: "" },
      stdout: `${join(outdir, "stacks/own-stack/cdk.tf.json")}\n`,
    });
  });

  test("synthesizes the next ones after one with a problem, and fails", () => {
    const [wrong, right] = [
      configuration("wrong", 'throw new Error("of one");'),
      configuration("right", stack("right")),
    ];
    expect(run("synth", wrong, right)).toMatchObject({ status: 1, said: expect.stringContaining("Error: of one") });
    expect(isThere("right")).toBe(true);
  });

  test.each([
    [["no-such.ts"], "There is no no-such.ts; "],
    [["talos-gpu"], '"talos-gpu" is not the file of a configuration'],
    [["README.md"], "README.md is not TypeScript; "],
    [["examples/"], "examples/ is a folder; "],
    [["--fast"], "Unknown option '--fast'."],
    [["constructs/rules/printable.ts"], "Nothing was written: constructs/rules/printable.ts creates no app"],
  ])("answers %j in a sentence", (args, answer) => {
    const { status, said } = run("synth", ...args);
    expect([status, said.slice(0, answer.length)]).toEqual([1, answer]);
    expect(existsSync(join(outdir, "manifest.json"))).toBe(false);
  });
});

describe("two configurations", () => {
  /** What the second of them says, and whether its stack was written. */
  function second(one: string, two: string) {
    const [first, other] = [configuration("first", one), configuration("second", two)];
    expect(run("synth", first)).toMatchObject({ status: 0, said: "" });
    const before = readFileSync(join(outdir, "configurations.json"), "utf8");
    const { status, said } = run("synth", other);
    if (status !== 0) expect(readFileSync(join(outdir, "configurations.json"), "utf8")).toBe(before);
    return { status, said: said.replaceAll(first, "first.ts") };
  }

  test("never share a stack", () => {
    expect(second(stack("one"), stack("one", "new LocalBackend(stack, { path: 'other' });"))).toEqual({
      status: 1,
      said: expect.stringMatching(/\n {2}"one" is the stack "one" of first\.ts, too: .* \[stack-once\]\n$/),
    });
  });

  test.each([
    ["in a local file", "new LocalBackend(stack, { path: '../../../shared.tfstate' });", "shared.tfstate"],
    ["in a bucket", "new S3Backend(stack, { bucket: 'b', key: 'k', secretKey: 'hidden' });", "s3 [0-9a-f]{12}"],
  ])("never share a state %s", (_, backend, place) => {
    const { status, said } = second(stack("one", backend), stack("two", backend));
    expect(status).toBe(1);
    expect(said).toMatch(
      new RegExp(`"two" keeps its state where the stack "one" of first\\.ts does, in ${place}; .* \\[state-once\\]`),
    );
    expect(said).not.toContain("hidden");
    expect(isThere("two")).toBe(false);
  });

  test("never write the same file", () => {
    const file =
      "new LocalProvider(stack, 'local'); new File(stack, 'file', { filename: '../../../clusters/a/kubeconfig', content: '' });";
    expect(second(stack("one", file), stack("two", file))).toEqual({
      status: 1,
      said: expect.stringMatching(
        /"two" writes clusters\/a\/kubeconfig, as the stack "one" of first\.ts does; .*outputDirectory/,
      ),
    });
  });

  test("may hand a stack over: the first is synthesized again without it, or is gone", () => {
    const [first, other] = [configuration("first", stack("one")), configuration("second", stack("one"))];
    run("synth", first);
    configuration("first", stack("another"));
    expect(run("synth", other).status).toBe(1);
    run("synth", first);
    expect(run("synth", other).status).toBe(0);
    rmSync(join(root, other));
    expect(run("synth", configuration("third", stack("one"))).status).toBe(0);
  });

  test("are compared under cdktf's own App, too", () => {
    expect(run("synth", "examples/own-stack.ts").status).toBe(0);
    const copy = configuration(
      "copy",
      readFileSync(join(root, "examples/own-stack.ts"), "utf8").replace("../constructs", "./constructs"),
    );
    expect(run("synth", copy)).toMatchObject({ status: 1, said: expect.stringContaining("[stack-once]") });
  });
});

test("two stacks of one configuration never share a state", () => {
  const file = configuration(
    "both",
    stack(
      "one",
      'new LocalBackend(stack, { path: "same" }); new LocalBackend(new TerraformStack(app, "two"), { path: "../one/same" });',
    ),
  );
  expect(run("synth", file)).toMatchObject({
    status: 1,
    said: expect.stringMatching(/"one" keeps its state where the stack "two" does/),
  });
});

describe("a backend", () => {
  test("under the app is refused: no stack would use it", () => {
    const file = configuration("app", stack("one", "new S3Backend(app, { bucket: 'b', key: 'k' });"));
    expect(run("synth", file)).toMatchObject({
      status: 1,
      said: expect.stringMatching(/S3Backend is created in the app, .*new S3Backend\(stack, .*\[backend-in-stack\]/),
    });
  });

  test("that a stack lacks is a local file by a relative path, whatever is called backend", () => {
    const other = 'import { Construct } from "constructs";\n';
    for (const text of [stack("one"), other + stack("one", 'new Construct(stack, "backend");')]) {
      expect(run("synth", configuration("own", text)).status).toBe(0);
      expect(JSON.parse(readFileSync(join(outdir, "stacks/one/cdk.tf.json"), "utf8")).terraform.backend).toEqual({
        local: { path: "../../../terraform.one.tfstate" },
      });
    }
  });
});

describe("other commands take files, and refuse what they do not know", () => {
  test("review", () => {
    const { status, stdout } = run("review", "examples/sharing.ts", "examples/mapping.ts");
    expect([status, stdout]).toEqual([0, expect.stringContaining(join(outdir, "stacks/talos-gpu-sharing/review.md"))]);
    expect(existsSync(join(outdir, "stacks/talos-gpu-mapping/review.md"))).toBe(true);
  });

  test("gpu:test", () => {
    mkdirSync(join(outdir, "stacks"));
    const { said } = run("gpu:test", "examples/golden-image.ts");
    expect(said).toContain("that advertises GPUs to pods");
    expect(isThere("workstation")).toBe(true);
    expect(run("gpu:test", "examples/no-such.ts").said).toContain("There is no examples/no-such.ts; ");
  });

  test.each([
    ["deploy", ["--aproove"], "Unknown option '--aproove'."],
    ["deploy", ["a.ts", "--auto-approve"], "There is no a.ts; "],
    ["deploy", ["main.ts", "--app", "x"], "--app names a program, and files are named, too; "],
    ["destroy", ["examples/mapping.ts", "examples/sharing.ts", "talos"], "name one file for talos, or no stack"],
    ["diff", ["--auto-approve"], "Unknown option '--auto-approve'."],
    ["lock", ["-x"], "Unknown option '-x'."],
    ["docs", ["now"], "Unexpected argument 'now'."],
    ["bench", ["fast"], "Unexpected argument 'fast'."],
    ["lab", ["--fast"], "Unknown option '--fast'"],
  ])("%s %j", (script, args, answer) => {
    const { status, said } = run(script, ...args);
    expect([status, said.slice(0, answer.length)]).toEqual([1, answer]);
    expect(said).toContain("Usage: npm run ");
  });
});

test("no test and no step of CI reads main.ts, which is its owner's", () => {
  expect(readFileSync(join(root, ".ci/run"), "utf8")).not.toContain("main.ts");
  const patterns = [
    "__tests__",
    "lab/__tests__",
    ".ci/steps",
    ":!*discover*",
    ":!*configurations.test.ts",
    ":!*newcomers",
  ];
  const { stdout } = spawnSync("git", ["grep", "--untracked", "-lE", "[\"'/ ]main\\.ts", "--", ...patterns], {
    cwd: root,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
});
