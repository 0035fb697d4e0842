import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { scriptFolder } from "../../constructs/terraform/script";
import { forgottenBootstraps } from "../../scripts/bootstrap";
import { statesIn } from "../../scripts/stack-state";
import { keepCopies } from "../../scripts/state";

const root = join(__dirname, "../..");
const state = "terraform.talos-gpu.tfstate";
const stack = "cdktf.out/stacks/talos-gpu";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "state-"));
  for (const program of ["terraform", "kubectl", "talosctl"]) {
    write(`programs/${program}`, "#!/bin/sh\nexit 1\n");
    chmodSync(join(directory, "programs", program), 0o755);
  }
  // Without an app cdktf ends as soon as it is started, with a sentence of its own.
  write("cdktf.json", "{}");
  process.chdir(directory);
});
afterEach(() => {
  process.chdir(root);
  rmSync(directory, { recursive: true });
});

function write(file: string, content: string, seconds?: number) {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), content);
  if (seconds !== undefined) utimesSync(join(directory, file), seconds, seconds);
}

const whole = (serial: number) => JSON.stringify({ version: 4, serial, lineage: "lineage", resources: [] });

function run(command: string, ...options: string[]) {
  const asked = command === "diff" ? [] : ["--auto-approve"];
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--require", join(root, "scripts/typescript.cjs"), join(root, "scripts/cdktf.ts"), command, ...asked, ...options],
    {
      cwd: directory,
      encoding: "utf8",
      env: { PATH: `${join(directory, "programs")}:${dirname(process.execPath)}`, HOME: directory },
    },
  );
  return { status, stderr };
}

const files = () => readdirSync(directory).filter((name) => name.startsWith(state));

describe.each(["deploy", "diff", "destroy"])("%s refuses", (command) => {
  test.each([
    ["empty", "", "is empty"],
    ["cut off", whole(1).slice(0, 30), "is truncated: it is not JSON"],
    ["something else", "[]", "is not a Terraform state"],
  ])("a state that is %s, and names the newest whole copy", (_, content, problem) => {
    write(state, content);
    write(`${state}.20261128T000000Z`, whole(1), 1);
    write(`${state}.backup`, whole(2), 2);
    write(`${state}.20261129T000000Z`, "", 3);
    expect(run(command)).toEqual({
      status: 1,
      stderr: `${state} ${problem}, which Terraform takes for a new stack or refuses; restore the newest complete copy, and look at \`npm run diff\` before you deploy: cp '${state}.backup' '${state}'\n`,
    });
    expect(readFileSync(join(directory, state), "utf8")).toBe(content);
  });
});

describe.each(["deploy", "diff", "destroy"])("%s says in a sentence", (command) => {
  const refused = (problem: RegExp) => {
    const { status, stderr } = run(command);
    expect(stderr).toMatch(problem);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  };

  test("that a folder is where the state should be", () => {
    mkdirSync(join(directory, state));
    refused(/^terraform.talos-gpu.tfstate cannot be read \(EISDIR: .*\), which Terraform .*\n$/);
  });

  test.each([
    ["null", "null"],
    ["text", '"lineage"'],
    ["a plan", '{"format_version":"1.2"}'],
    ["a byte order mark alone", "\ufeff"],
  ])("that the state is %s", (_, content) => {
    write(state, content);
    refused(/^terraform.talos-gpu.tfstate is .*, which Terraform .*\n$/);
  });

  test("which copy to bring back, in words that a shell takes as one", () => {
    write("terraform.it's.tfstate", "");
    write("terraform.it's.tfstate.backup", whole(1));
    refused(/: cp 'terraform\.it'\\''s\.tfstate\.backup' 'terraform\.it'\\''s\.tfstate'\n$/);
  });
});

test.each(["deploy", "destroy"])("%s changes nothing where no copy of the state can be kept", (command) => {
  write(state, whole(1));
  // A folder is where the copy of each second would be written first.
  const seconds = Array.from({ length: 60 }, (_, second) => new Date(Date.now() + second * 1000).toISOString());
  for (const time of seconds) {
    mkdirSync(join(directory, `${state}.${time.replace(/[-:]|[.]\d+/g, "")}.part/in-the-way`), { recursive: true });
  }
  const { status, stderr } = run(command);
  expect(stderr).toMatch(/^no copy of terraform.talos-gpu.tfstate can be kept \(E[A-Z]+: .*\); make room .*\n$/);
  expect(status).toBe(1);
});

test.each(["deploy", "diff", "destroy"])("%s goes on where the stack of an earlier synth is cut off", (command) => {
  write(`${stack}/cdk.tf.json`, '{"terraform":');
  write(state, whole(1));
  expect(run(command).stderr).not.toMatch(/SyntaxError|\n\s+at /);
});

test("an empty state without any copy is refused too", () => {
  write(state, "\n");
  expect(run("deploy").stderr).toMatch(/is empty, .*there is no complete copy of it/);
});

test("the state of a backend of the stack's own is looked at as well", () => {
  write(`${stack}/cdk.tf.json`, JSON.stringify({ terraform: { backend: { local: { path: "../../../states/one" } } } }));
  write("states/one", "");
  expect(run("deploy").stderr).toMatch(/^states\/one is empty/);
});

test("a state that Terraform could not save is to be saved first, in place of the damaged one", () => {
  write(`${stack}/cdk.tf.json`, JSON.stringify({ terraform: { backend: { local: { path: `../../../${state}` } } } }));
  write(`${stack}/errored.tfstate`, whole(3));
  write(state, whole(2).slice(0, 9));
  expect(run("deploy").stderr).toContain(
    `${stack}/errored.tfstate is the newest state, which Terraform could not save; free disk space, then save it before anything else: rm '${state}' && (cd '${stack}' && terraform init && terraform state push errored.tfstate && rm errored.tfstate)`,
  );
});

describe("a copy of the state", () => {
  const copies = () => files().filter((name) => /[.]\d{8}T\d{6}Z$/.test(name));

  test("is kept before a deployment, for its owner alone", () => {
    write(state, whole(7));
    run("deploy");
    expect(copies().map((name) => readFileSync(join(directory, name), "utf8"))).toEqual([whole(7)]);
    expect(copies().map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([0o600]);
  });

  test("is not kept twice", () => {
    write(state, whole(7));
    write(`${state}.20260101T000000Z`, whole(7));
    keepCopies("cdktf.out");
    expect(copies()).toHaveLength(1);
  });

  test("replaces the oldest of five", () => {
    for (const day of [1, 2, 3, 4, 5]) write(`${state}.2026010${day}T000000Z`, whole(day));
    write(state, whole(7));
    keepCopies("cdktf.out");
    expect(copies()).toHaveLength(5);
    expect(copies()).not.toContain(`${state}.20260101T000000Z`);
  });
});

describe("a bootstrap that the state does not know", () => {
  const deployed = (...types: string[]) => ({
    version: 4,
    serial: 1,
    lineage: "lineage",
    resources: [
      { type: "talos_machine_configuration_apply", instances: [{ attributes: { node: "192.168.1.50" } }] },
      { type: "local_file", instances: [{ attributes: { filename: "../../../clusters/talos-gpu/talosconfig" } }] },
      ...types.map((type) => ({ type, instances: [{ attributes: { id: "id" } }] })),
    ],
  });
  const withState = (state: object) => {
    write(
      `${stack}/cdk.tf.json`,
      JSON.stringify({ terraform: { backend: { local: { path: "../../../one.tfstate" } } } }),
    );
    write("one.tfstate", JSON.stringify(state));
    write("clusters/talos-gpu/talosconfig", "context: talos-gpu\n");
  };
  const talosctl = (script: string) => write("programs/talosctl", `#!/bin/sh\n${script}\n`);

  test("is told with what to type, where etcd of the node answers", () => {
    withState(deployed());
    talosctl(`echo "$*" >${directory}/asked`);
    expect(run("deploy")).toEqual({
      status: 1,
      stderr: `etcd of talos-gpu is bootstrapped already, which its state does not know; record it, then deploy again: (cd '${stack}' && rm -f '../../../clusters/talos-gpu/bootstrapping' && echo '{"import":[{"to":"talos_machine_bootstrap.cluster","id":"talos-gpu"}]}' >import.tf.json && terraform init && terraform apply; rm import.tf.json)\n`,
    });
    expect(readFileSync(join(directory, "asked"), "utf8")).toBe(
      "--talosconfig clusters/talos-gpu/talosconfig --endpoints 192.168.1.50 --nodes 192.168.1.50 etcd members\n",
    );
  });

  test("is told of a state in another backend, which is fetched after the stack is synthesized", () => {
    write(
      `${stack}/cdk.tf.json`,
      JSON.stringify({ terraform: { backend: { http: { address: "https://x.example" } } } }),
    );
    write(`${stack}/${scriptFolder}/check-node.sh`, "");
    write("cdktf.out/manifest.json", JSON.stringify({ stacks: { "talos-gpu": {} } }));
    write("clusters/talos-gpu/talosconfig", "context: talos-gpu\n");
    write("pulled.json", `${JSON.stringify(deployed())}\n`);
    write(
      "programs/terraform",
      `#!/bin/sh
echo "$PWD $*" >>${directory}/asked
case "$*" in "init -input=false") ;; "state pull") while read -r line; do echo "$line"; done <${directory}/pulled.json ;; *) exit 1 ;; esac
`,
    );
    talosctl("");
    const { status, stderr } = run("deploy", "--skip-synth");
    expect([status, stderr]).toEqual([1, expect.stringContaining("is bootstrapped already, which its state does not")]);
    expect(readFileSync(join(directory, "asked"), "utf8").replaceAll(/^.*[/]stacks[/]/gm, "")).toBe(
      "talos-gpu init -input=false\ntalos-gpu state pull\n",
    );

    // What others write into a state writes nothing into a terminal.
    write("programs/kubectl", "#!/bin/sh\necho '{}'\n");
    write("pulled.json", `${JSON.stringify(deployed()).replace("clusters/talos-gpu", "clusters/\\u001b[31m")}\n`);
    expect(run("deploy", "--skip-synth").stderr).toContain("clusters/\\u001b[31m/bootstrapping");

    // Never applied.
    write("pulled.json", "");
    expect(run("deploy", "--skip-synth").stderr).not.toContain("is bootstrapped already");
  });

  test.each([
    ["there is no talosctl", "'error: You must be logged in to the server (Unauthorized)' >&2; exit 1", true],
    ["there is no talosctl", "'Unable to connect to the server' >&2; exit 1", false],
    ["the talosconfig is on another machine", "'{}'", true],
  ])("is told by what Kubernetes answers where %s: %s", (where, answer, isTold) => {
    withState(deployed());
    if (where === "there is no talosctl") rmSync(join(directory, "programs/talosctl"));
    else rmSync(join(directory, "clusters/talos-gpu/talosconfig"));
    write("programs/kubectl", `#!/bin/sh\necho "$*" >${directory}/asked; echo ${answer}\n`);
    expect(run("deploy").stderr.includes("is bootstrapped already, which its state does not know")).toBe(isTold);
    expect(readFileSync(join(directory, "asked"), "utf8")).toMatch(
      /--token=none .*--server=https:\/\/192\.168\.1\.50:6443 get/,
    );
  });

  test.each([
    ["etcd does not answer", deployed(), "exit 1"],
    ["the state knows it", deployed("talos_machine_bootstrap"), "exit 0"],
    ["no node is configured", { ...deployed(), resources: [] }, "exit 0"],
  ])("is none where %s", (_, state, answer) => {
    withState(state);
    talosctl(answer);
    const { PATH } = process.env;
    process.env.PATH = join(directory, "programs");
    try {
      expect(forgottenBootstraps(statesIn("cdktf.out"))).toEqual([]);
    } finally {
      process.env.PATH = PATH;
    }
  });
});
