import { spawnSync } from "node:child_process";
import fs, { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import {
  Annotations,
  type AppConfig,
  Aspects,
  AssetType,
  Lazy,
  LocalBackend,
  TerraformAsset,
  TerraformOutput,
  TerraformStack,
} from "cdktf";
import { S3Backend } from "cdktf/lib/backends/s3-backend";
import { Construct } from "constructs";
import { StrictApp, TalosGpuCluster, type TalosGpuClusterProps } from "../../constructs";

const root = join(__dirname, "../..");
const site: TalosGpuClusterProps = {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-gpu",
    node: "pve",
    gpus: [{ address: "01:00" }],
    initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
  },
  cluster: { clusterName: "talos-gpu" },
};

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "strict-app-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(outdir, { recursive: true });
});

/** Runs an app as its user does. */
function run(program: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(root, `.app-${process.pid}.ts`);
  writeFileSync(file, program);
  try {
    return spawnSync(process.execPath, ["--require", "./scripts/typescript.cjs", file], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir, ...env },
    });
  } finally {
    rmSync(file);
  }
}

/** An app of two stacks that are fine. */
function twoStacks(config: AppConfig = {}): { app: StrictApp; one: TerraformStack; two: TerraformStack } {
  const app = new StrictApp({ outdir, ...config });
  return { app, one: new TerraformStack(app, "one"), two: new TerraformStack(app, "two") };
}

/** Every file that an app has written or left. */
const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();

const stackFile = (name: string) => join(outdir, "stacks", name, "cdk.tf.json");

const program = (...clusters: string[]) => `
import { StrictApp, TalosGpuCluster } from "./constructs";
const app = new StrictApp();
${clusters.join("\n")}
app.synth();
`;
/** The site as one of several of an app, with a name and an address of its own. */
const siteOf = (name: string, vm: Partial<TalosGpuClusterProps["vm"]>): TalosGpuClusterProps => ({
  ...site,
  vm: { ...site.vm, initialization: { ipConfigs: [{ address: `10.0.0.${name.length}/24` }] }, ...vm },
  cluster: { clusterName: name },
});
const cluster = (name: string, vm: object) =>
  `new TalosGpuCluster(app, "${name}", ${JSON.stringify(siteOf(name, vm))});`;

describe("a program", () => {
  test.each<[string, string, RegExp]>([
    ["has a syntax error", "const a = {\n  b: 1\n  c: 2,\n};", /^\.app-\d+\.ts:3:3: Unexpected token, expected ","\n$/],
    [
      "awaits outside a function",
      "const a: number = await Promise.resolve(1);",
      /^\.app-\d+\.ts: await stands outside a function, .* write async function main\(\) .*\n$/,
    ],
    ["throws what is no error", 'throw "text";', /^\.app-\d+\.ts: this is thrown, and is no Error: text\n$/],
    [
      "fails in an async function",
      "async function main(site: any) {\n  return site.vm;\n}\nmain(undefined);",
      /^\.app-\d+\.ts:2:15: Cannot read properties of undefined \(reading 'vm'\)\n$/,
    ],
    [
      "has two stacks of one id",
      'import { App, TerraformStack } from "cdktf";\nconst app = new App();\nnew TerraformStack(app, "one");\nnew TerraformStack(app, "one");',
      /^\.app-\d+\.ts:4:1: two constructs beside each other have the id "one"; .*\n$/,
    ],
    [
      "has a stack without an id",
      'import { App, TerraformStack } from "cdktf";\nnew TerraformStack(new App(), "");',
      /^\.app-\d+\.ts:2:1: the id of a construct is empty; .*\n$/,
    ],
    [
      "forgets synth",
      'import { StrictApp } from "./constructs";\nnew StrictApp();',
      /^Nothing was written: .* its synth\(\); end it with app\.synth\(\);\n$/,
    ],
  ])("that %s is told so in a line, without a stack trace", (_, program, message) => {
    const { status, stdout, stderr } = run(program);
    expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([1, ""]);
  });
});

describe("StrictApp", () => {
  test("writes every stack where nothing is wrong, and tells where", () => {
    const log = jest.spyOn(console, "log").mockImplementation();
    const app = new StrictApp({ outdir });
    for (const name of ["one", "three"]) new TalosGpuCluster(app, name, siteOf(name, { gpus: [] }));
    app.synth();
    expect(log.mock.calls.flat()).toEqual(["one", "three"].map((name) => join(outdir, "stacks", name, "cdk.tf.json")));
    expect(readdirSync(join(outdir, "stacks"))).toEqual(["one", "three"]);
  });

  test("tells a warning, and writes all the same", () => {
    jest.spyOn(console, "log").mockImplementation();
    const error = jest.spyOn(console, "error").mockImplementation();
    const app = new StrictApp({ outdir });
    new TalosGpuCluster(app, "one", { ...site, vm: { ...site.vm, scsiHardware: "virtio-scsi-single" } });
    app.synth();
    expect(error.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^Warning: \[one\/talos_node\] vm\.scsiHardware is "virtio-scsi-single".*\[scsi-controller\]$/,
        ),
      ],
    ]);
    expect(readdirSync(join(outdir, "stacks"))).toEqual(["one"]);
  });

  test("writes no stack, tells every problem of all stacks and fails where one is wrong", () => {
    const { status, stderr } = run(
      program(
        cluster("good", { name: "good" }),
        cluster("wrong", { name: "wrong", gpus: [{ address: "02:00", rombar: 1 }], cpu: { type: "kvm64" } }),
        cluster("second", { name: "second" }),
      ),
    );
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      "3 problems found; nothing was written:",
      "  [wrong/talos_node] vm.gpus[0].rombar is 1; write true [rombar-boolean]",
      expect.stringMatching(/^ {2}\[wrong\/talos_node\] vm\.cpu\.type is "kvm64".*\[cpu-type-host\]$/),
      expect.stringMatching(
        /^ {2}\[second\/talos_node\] vm\.gpus\[0\]\.address .*by good\/talos_node.*\[pci-device-once\]$/,
      ),
    ]);
    expect(readdirSync(join(outdir, "stacks"))).toEqual([]);
  });

  test("fails a test around it where one is wrong, with all that is wrong", () => {
    const { app, one, two } = twoStacks();
    one.node.addValidation({ validate: () => ["one is wrong"] });
    two.node.addValidation({ validate: () => ["two is wrong"] });
    app.node.addValidation({ validate: () => ["the app is wrong"] });
    expect(() => app.synth()).toThrow(
      /^3 problems found; nothing was written:\n {2}\[app\] the app is wrong\n {2}\[one\] one is wrong\n {2}\[two\] two is wrong$/,
    );
    expect(filesIn(outdir)).toEqual([]);
  });

  test("counts what an aspect finds wrong, and runs every aspect once", () => {
    const { app, one } = twoStacks();
    const visited: string[] = [];
    Aspects.of(one).add({
      visit: ({ node }) => {
        visited.push(node.path);
        if (node.path === "one") node.addValidation({ validate: () => ["found by an aspect"] });
      },
    });
    expect(() => app.synth()).toThrow("[one] found by an aspect");
    expect(visited).toEqual(["one", "one/backend"]);
    expect(filesIn(outdir)).toEqual([]);
  });

  test("writes no stack where another one has an error annotation", () => {
    const { app, two } = twoStacks();
    Annotations.of(two).addError("annotated");
    expect(() => app.synth()).toThrow("1 problem found; nothing was written:\n  [two] annotated");
    expect(filesIn(outdir)).toEqual([]);
  });

  test("writes all the same where validation is to be skipped, but for error annotations", () => {
    jest.spyOn(console, "log").mockImplementation();
    const { app, one } = twoStacks({ skipValidation: true });
    one.node.addValidation({ validate: () => ["one is wrong"] });
    app.synth();
    expect(readdirSync(join(outdir, "stacks"))).toEqual(["one", "two"]);
    Annotations.of(one).addError("annotated");
    expect(() => app.synth()).toThrow("[one] annotated");
  });

  test("tells problems rather than what cannot be written because of them", () => {
    const { app, one, two } = twoStacks();
    one.prepareStack = () => {
      throw new Error("cannot be resolved");
    };
    expect(() => app.synth()).toThrow(/^cannot be resolved$/);
    two.node.addValidation({ validate: () => ["two is wrong"] });
    expect(() => app.synth()).toThrow("[two] two is wrong");
    expect(filesIn(outdir)).toEqual([]);
  });

  test("says after a refusal that the files are older, and leaves them", () => {
    jest.spyOn(console, "log").mockImplementation();
    twoStacks().app.synth();
    const before = filesIn(outdir).map((file) => readFileSync(join(outdir, file), "utf8"));
    const { app, one } = twoStacks();
    one.node.addValidation({ validate: () => ["one is wrong"] });
    expect(() => app.synth()).toThrow(`${outdir} still contains the previous output.`);
    expect(filesIn(outdir).map((file) => readFileSync(join(outdir, file), "utf8"))).toEqual(before);
  });

  test("leaves the old stacks as they are where the disk is full at the second", () => {
    jest.spyOn(console, "log").mockImplementation();
    twoStacks().app.synth();
    const before = readFileSync(stackFile("one"), "utf8");
    const { app, one } = twoStacks();
    one.addOverride("locals.new", 1);
    fullAt("two/cdk.tf.json", "writeFileSync");
    expect(() => app.synth()).toThrow(
      `Nothing was written: ${outdir} cannot be written to (ENOSPC: no space left on device, write)`,
    );
    jest.restoreAllMocks();
    expect(readFileSync(stackFile("one"), "utf8")).toBe(before);
    expect(filesIn(outdir)).toEqual([
      "configurations.json",
      "manifest.json",
      "stacks/one/cdk.tf.json",
      "stacks/two/cdk.tf.json",
    ]);
  });

  test("puts the old stacks back where the second cannot be put in its place", () => {
    jest.spyOn(console, "log").mockImplementation();
    twoStacks().app.synth();
    const before = readFileSync(stackFile("one"), "utf8");
    const { app, one } = twoStacks();
    one.addOverride("locals.new", 1);
    fullAt("two/cdk.tf.json", "renameSync");
    expect(() => app.synth()).toThrow("Nothing was written");
    jest.restoreAllMocks();
    expect(readFileSync(stackFile("one"), "utf8")).toBe(before);
    expect(filesIn(outdir)).toEqual([
      "configurations.json",
      "manifest.json",
      "stacks/one/cdk.tf.json",
      "stacks/two/cdk.tf.json",
    ]);
  });

  /** A disk that is full once, when the function writes to such a path. */
  function fullAt(path: string, name: "writeFileSync" | "renameSync"): void {
    const original = fs[name] as (...args: unknown[]) => void;
    let isFull = true;
    jest.spyOn(fs, name).mockImplementation((...args: unknown[]) => {
      if (isFull && args.slice(0, 2).some((each) => String(each).endsWith(path))) {
        isFull = false;
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
      }
      original(...args);
    });
  }

  test("keeps what Terraform has beside a stack, and takes away what an earlier synth has", () => {
    jest.spyOn(console, "log").mockImplementation();
    const first = twoStacks();
    new TerraformAsset(first.one, "asset", { path: join(root, "LICENSE"), type: AssetType.FILE });
    first.app.synth();
    const terraforms = [".terraform/providers/x", ".terraform.lock.hcl", "plan"].map((file) => `stacks/one/${file}`);
    mkdirSync(join(outdir, "stacks/one/.terraform/providers"), { recursive: true });
    for (const file of terraforms) writeFileSync(join(outdir, file), file);
    expect(filesIn(outdir)).toContainEqual(expect.stringContaining("assets/asset"));

    twoStacks({ hclOutput: true }).app.synth();
    expect(filesIn(outdir)).toEqual(
      ["configurations.json", "manifest.json", "stacks/one/cdk.tf", "stacks/two/cdk.tf", ...terraforms].sort(),
    );
    expect(JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")).stacks.one).toMatchObject({
      workingDirectory: "stacks/one",
      synthesizedStackPath: "stacks/one/cdk.tf",
    });
  });

  test.each([
    ["cannot be", "/dev/null/cdktf.out"],
    ["is read-only", "/sys/kernel"],
  ])("says so where the output folder %s", (_, folder) => {
    expect(() => new StrictApp({ outdir: folder }).synth()).toThrow(
      new RegExp(
        `^Nothing was written: ${folder} cannot be written to \\(E[A-Z]+: .*\\); make it a folder that can be`,
      ),
    );
  });

  test("makes an output folder that is missing, and those above it", () => {
    jest.spyOn(console, "log").mockImplementation();
    const { app } = twoStacks({ outdir: join(outdir, "a/b") });
    rmSync(join(outdir, "a"), { recursive: true });
    app.synth();
    expect(filesIn(join(outdir, "a/b"))).toContain("stacks/two/cdk.tf.json");
  });

  test("packs an asset that is a zip file, and does not load what packs it", () => {
    const { status, stdout } = run(`
import { StrictApp } from "./constructs";
import { AssetType, TerraformAsset, TerraformStack } from "cdktf";
const app = new StrictApp();
new TerraformAsset(new TerraformStack(app, "one"), "site", { path: "examples", type: AssetType.ARCHIVE });
app.synth();
console.log(Object.keys(require.cache).filter((file) => file.includes("archiver/lib")));
`);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/\n\[\]\n$/)]);
    const zip = filesIn(outdir).find((file) => file.endsWith(".zip")) ?? "";
    expect(readFileSync(join(outdir, zip)).subarray(0, 2).toString()).toBe("PK");
  });

  test("loads semver when cdktf compares versions, and packages that sort JSON not at all", () => {
    const { status, stdout } = run(`
import { StrictApp } from "./constructs";
import { TerraformStack } from "cdktf";
import { ValidateBinaryVersion } from "cdktf/lib/validations/validate-binary-version";
const loaded = () => console.log(...["semver/classes", "call-bind/"].map((name) => Object.keys(require.cache).some((file) => file.includes(name))));
const app = new StrictApp();
new TerraformStack(app, "one").addOverride("locals", { b: [{}, null, "\u2028"], a: { d: 1, c: "{}" }, é: true });
app.synth();
loaded();
const validation = (versions: string) => new ValidateBinaryVersion("node", versions, "node --version").validate();
console.log(validation(">=20").length, validation(">=20").length, validation(">=1000").length);
loaded();
`);
    expect([status, stdout.split("\n").slice(1)]).toEqual([0, ["false false", "0 0 1", "true false", ""]]);
    const { locals } = JSON.parse(readFileSync(stackFile("one"), "utf8"));
    expect(JSON.stringify(locals)).toBe('{"a":{"c":"{}","d":1},"b":[{},null,"\u2028"],"é":true}');
  });

  test("prepares a stack for references to others only beside another one", () => {
    const resolved = (...stacks: TerraformStack[]): number => {
      let times = 0;
      const [first] = stacks;
      if (first) new TerraformOutput(first, "times", { value: Lazy.anyValue({ produce: () => ++times }) });
      for (const stack of stacks) stack.prepareStack();
      return times;
    };
    const nested = new TerraformStack(new Construct(new StrictApp({ outdir }), "group"), "nested");
    expect(resolved(nested)).toBe(0);
    const { one, two } = twoStacks();
    expect(resolved(one, two)).toBe(1);
    const parent = new TerraformStack(new StrictApp({ outdir }), "parent");
    expect(resolved(new TerraformStack(new Construct(parent, "group"), "child"), parent)).toBe(1);
  });

  test("leaves other errors to Node.js on the command line", () => {
    const { status, stderr } = run(`
import { StrictApp, TalosGpuCluster } from "./constructs";
const app = new StrictApp();
${cluster("wrong", { name: "a_b" })}
try { app.synth(); } catch {}
throw new Error("of the site");
`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Error: of the site\n {4}at /);
    expect(stderr).not.toMatch(/nothing was written/i);
  });

  test("refuses the default stack where the environment's API token would be used for its raw PCI address", () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--require", "./scripts/typescript.cjs", "examples/default.ts"],
      {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, CDKTF_OUTDIR: outdir, PROXMOX_VE_API_TOKEN: "root@pam!ci=secret" },
      },
    );
    expect(status).toBe(1);
    expect(stderr).toContain("[pci-address-needs-root-password]");
    expect(stderr).not.toContain("secret");
    expect(readdirSync(join(outdir, "stacks"))).toEqual([]);
  });
});

describe("TalosGpuCluster", () => {
  const backends = (stack: TalosGpuCluster) => {
    stack.prepareStack();
    return stack.node.children.filter((child) => child.constructor.name.endsWith("Backend"));
  };

  test("keeps its state beside cdktf.out, by a relative path", () => {
    const [backend, ...others] = backends(new TalosGpuCluster(new StrictApp({ outdir }), "one", site));
    expect(backend).toBeInstanceOf(LocalBackend);
    expect((backend as LocalBackend).toTerraform()).toEqual({
      terraform: { backend: { local: { path: "../../../terraform.one.tfstate" } } },
    });
    expect(others).toEqual([]);
  });

  test("leaves the state to a backend that it is given", () => {
    const stack = new TalosGpuCluster(new StrictApp({ outdir }), "one", site);
    const backend = new S3Backend(stack, { bucket: "state", key: "one" });
    expect(backends(stack)).toEqual([backend]);
  });

  test("leaves Cilium out where it is told to", () => {
    const stack = new TalosGpuCluster(new StrictApp({ outdir }), "one", { ...site, cilium: false });
    expect(stack.cilium).toBeUndefined();
    expect(JSON.stringify(stack.toTerraform())).not.toContain("helm");
  });

  test("takes nothing for a prop of its own that every object has", () => {
    const app = new StrictApp({ outdir });
    new TalosGpuCluster(app, "one", { ...site, vm: { ...site.vm, toString: 5 } as never });
    expect(app.problems()).toEqual([expect.stringMatching(/^\[one\/talos_node\] vm.toString is not a prop; /)]);
  });

  test("tells what is missing of the props, not where it crashed", () => {
    const app = new StrictApp({ outdir });
    new TalosGpuCluster(app, "one", {} as TalosGpuClusterProps);
    expect(app.problems()).toEqual([
      "[one] proxmox is missing [prop-type]",
      "[one] vm is missing [prop-type]",
      "[one] cluster is missing [prop-type]",
    ]);
  });
});
