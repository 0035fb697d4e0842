import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Json } from "../../review/json";
import type { Called } from "../../scripts/cdktf-options";
import { rollMachines } from "../../scripts/roll";
import { contentOf, file, program } from "../provisioner";
import { synthesize } from "../synthesized";
import { inPseudoTerminal } from "../terminal";

// Processes start slowly where many tests run.
jest.setTimeout(60_000);

const names = ["control-1", "control-2", "control-3", "gpu-1", "gpu-2"];
const addressOf = (name: string) => `192.168.1.1${name.replace("control-", "0").replace("gpu-", "1")}`;
const vm = "proxmox_virtual_environment_vm";
const configuration = "talos_machine_configuration_apply";
const { "talos-cluster": stack = {} } = synthesize("examples/cluster.ts");

const path = process.env.PATH;
let said: string[];
beforeEach(() => {
  said = [];
  for (const stream of ["log", "error"] as const)
    jest.spyOn(console, stream).mockImplementation((...text: unknown[]) => {
      said.push(text.join(" "));
    });
  process.env.PATH = `${file(".")}:/usr/bin:/bin`;
  write("cdktf.out/manifest.json", { stacks: { "talos-cluster": {} } });
  write("cdktf.out/stacks/talos-cluster/cdk.tf.json", { ...stack, terraform: {} });
  cluster();
});
afterEach(() => {
  process.env.PATH = path;
  jest.restoreAllMocks();
});

function write(name: string, content: Json): void {
  mkdirSync(dirname(file(name)), { recursive: true });
  writeFileSync(file(name), JSON.stringify(content));
}

/** What Terraform plans. */
function planned(
  changes: readonly (readonly [address: string, before: Json, after: Json, actions?: readonly string[]])[],
): void {
  write("plan.json", {
    format_version: "1.2",
    resource_changes: changes.map(([address, before, after, actions = ["update"]]) => {
      const [type, name] = address.split(".");
      return { mode: "managed", address, type, name, change: { actions, before, after } };
    }),
    prior_state: {
      values: {
        root_module: {
          resources: [
            { address: "data.talos_client_configuration.cluster", values: { talos_config: "context: cluster" } },
            { address: "null_resource.first_snapshot", values: {} },
            ...names.flatMap((name) => [
              { address: `${vm}.${name}`, values: { name } },
              { address: `${configuration}.${name}`, values: { node: addressOf(name) } },
            ]),
          ],
        },
      },
    },
  });
}
const moreCores = (name: string) => [`${vm}.${name}`, { cpu: 4 }, { cpu: 5 }] as const;
/** Another one, for which Talos restarts the node. */
const otherConfiguration = (name: string) =>
  [
    `${configuration}.${name}`,
    { machine_configuration: machineWith("a") },
    { machine_configuration: machineWith("b") },
  ] as const;
const machineWith = (file: string) => `version: v1alpha1\nmachine:\n  files: [${file}]\n`;

/** A cluster in which all is well, and what goes wrong in it, in the language of the shell. */
function cluster({ kubectl = "", talosctl = "", terraform = "" } = {}): void {
  const each = (line: (name: string) => string) => names.map((name) => `echo "${line(name)}"`).join("\n");
  program(
    "terraform",
    `case "$1" in show) cat '${file("plan.json")}';; apply) echo "$*" | sed 's/-auto-approve -input=false //' >>'${file("calls")}';; esac
${terraform}`,
  );
  program(
    "kubectl",
    `shift 2; tick=$(($(cat '${file("tick")}' 2>/dev/null || echo 0) + 1)); echo $tick >'${file("tick")}'
${kubectl}
case "$*" in
  *leases*) ${each((name) => `${name} $tick`)};;
  *InternalIP*) ${each((name) => `${name} ${addressOf(name)}`)};;
  *"get nodes"*) ${each((name) => `${name} True`)};;
  *"get node "*) echo " True";;
  drain*|uncordon*) echo "$1 $2" >>'${file("calls")}';;
esac`,
  );
  program(
    "talosctl",
    `node=$6; shift 6
${talosctl}
case "$*" in
  "kubeconfig --force "*) echo config >"$3";;
  "etcd members") echo; ${names
    .filter((name) => name.startsWith("control"))
    .map((name) => `echo "x 1 ${name} - https://${addressOf(name)}:2379"`)
    .join("; ")};;
esac`,
  );
}

const called = (): Called => ({
  ...{ files: [], stacks: [], app: undefined, output: file("cdktf.out"), isApproved: true, skipsSynth: true },
  ...{ passedOn: [], isRolling: true, terraformOptions: [] },
});
const calls = () => contentOf("calls").trim().split("\n");

test("each machine is drained, changed and takes pods again before the next", async () => {
  planned([moreCores("control-2"), moreCores("gpu-1"), otherConfiguration("gpu-2")]);
  expect(await rollMachines(called())).toBe("approved");
  expect(calls()).toEqual(
    [
      ["gpu-1", `${vm}.gpu-1`],
      ["control-2", `${vm}.control-2`],
      ["gpu-2", `${configuration}.gpu-2`],
    ].flatMap(([name, target]) => [`drain ${name}`, `apply -target=${target}`, `uncordon ${name}`]),
  );
});

test("with nothing to change in turn, it plans and leaves all to the apply", async () => {
  planned([[`${vm}.gpu-1`, { tags: ["a"] }, { tags: ["b"] }]]);
  expect(await rollMachines(called())).toBe("asked");
  expect(calls()).toEqual([""]);
});

test("what other stacks change is asked about", async () => {
  write("cdktf.out/manifest.json", { stacks: { "talos-cluster": {}, other: {} } });
  write("cdktf.out/stacks/other/cdk.tf.json", {});
  planned([moreCores("gpu-1")]);
  expect(await rollMachines({ ...called(), stacks: ["*"] })).toBe("asked");
  expect(calls()).toContain(`apply -target=${vm}.gpu-1`);
});

test("it ends at the first machine that does not come back, which takes pods when it does", async () => {
  planned([moreCores("gpu-1"), moreCores("control-1")]);
  cluster({
    kubectl: `if [ -e '${file("calls")}' ] && grep -q apply '${file("calls")}'; then case "$*" in *leases*|*InternalIP*) ;; *"get nodes"*) echo "gpu-1 False"; exit;; esac; fi`,
  });
  expect(await rollMachines(called())).toBe("failed");
  expect(calls()).toEqual(["drain gpu-1", `apply -target=${vm}.gpu-1`, "uncordon gpu-1"]);
  expect(said.at(-1)).toBe(
    `talos-cluster stopped at the VM of gpu-1; control-1 has still to change.
Fix the problem above, then run \`npm run deploy\` again: it continues where it stopped.
To change that machine alone: (cd '${file("cdktf.out/stacks/talos-cluster")}' && terraform apply -target=${vm}.gpu-1)`,
  );
});

test.each([
  [
    "another node is not ready",
    { kubectl: `case "$*" in *InternalIP*) ;; *"get nodes"*) echo "gpu-2 False"; exit;; esac` },
  ],
  ["a member of etcd does not answer", { talosctl: `case "$node $*" in "192.168.1.103 etcd status") exit 1;; esac` }],
  ["another kubelet does not report", { kubectl: `case "$*" in *leases*) echo "gpu-2 1"; exit;; esac` }],
])("if %s, nothing is changed", async (_, faults) => {
  planned([moreCores("gpu-1"), moreCores("control-1")]);
  cluster(faults);
  expect(await rollMachines(called())).toBe("failed");
  expect(calls()).toEqual([""]);
});

test("a node with a pod that must not be evicted is not changed, and takes pods again", async () => {
  planned([moreCores("gpu-1"), moreCores("control-1")]);
  cluster({ kubectl: `case "$1" in drain) echo "violates the pod's disruption budget" >&2; exit 1;; esac` });
  expect(await rollMachines(called())).toBe("failed");
  expect(calls()).toEqual(["uncordon gpu-1"]);
});

test("a node takes pods again although the API is away for a moment", async () => {
  planned([moreCores("gpu-1")]);
  cluster({
    kubectl: `case "$1" in uncordon) echo . >>'${file("asked")}'; [ "$(wc -l <'${file("asked")}')" -gt 4 ] || exit 1;; esac`,
  });
  expect(await rollMachines(called())).toBe("approved");
  expect(calls()).toEqual(["drain gpu-1", `apply -target=${vm}.gpu-1`, "uncordon gpu-1"]);
});

test("a node that somebody has cordoned stays so", async () => {
  planned([moreCores("gpu-1")]);
  cluster({ kubectl: `case "$*" in *"get node "*) echo "true True"; exit;; esac` });
  expect(await rollMachines(called())).toBe("approved");
  expect(calls()).toEqual(["drain gpu-1", `apply -target=${vm}.gpu-1`]);
});

test("a configuration is sent to no address that does not answer as a node of the cluster", async () => {
  planned([otherConfiguration("gpu-1")]);
  cluster({ talosctl: `case "$node $*" in "192.168.1.111 version") echo x509 >&2; exit 1;; esac` });
  expect(await rollMachines(called())).toBe("failed");
  expect(calls()).toEqual([""]);
});

test("an apply that fails ends it", async () => {
  planned([moreCores("gpu-1"), moreCores("gpu-2")]);
  cluster({ terraform: `[ "$1" != apply ]` });
  expect(await rollMachines(called())).toBe("failed");
  expect(calls()).toEqual(["drain gpu-1", `apply -target=${vm}.gpu-1`, "uncordon gpu-1"]);
});

const replaced = (name: string) => [`${vm}.${name}`, {}, {}, ["delete", "create"]] as const;

test("several machines that would be replaced at once are refused; one is left to the apply", async () => {
  planned([replaced("gpu-1"), replaced("gpu-2")]);
  expect(await rollMachines(called())).toBe("failed");
  expect(said.join("\n")).toContain("talos-cluster: gpu-1, gpu-2 would be replaced in the same apply");
  planned([replaced("gpu-1")]);
  expect(await rollMachines(called())).toBe("asked");
});

test("a plan that fails ends it before anything changes", async () => {
  planned([moreCores("gpu-1")]);
  cluster({ terraform: `[ "$1" != plan ]` });
  expect(await rollMachines(called())).toBe("failed");
  expect(said.at(-1)).toContain("terraform plan failed in");
});

test("in a terminal it asks for variables, shows the plan and the order, and asks", async () => {
  const scripts = join(__dirname, "../../scripts");
  planned([moreCores("gpu-1"), moreCores("control-1")]);
  cluster({
    terraform: `case "$*" in "show review.tfplan") echo "the plan of Terraform";; plan*) [ "$TF_VAR_proxmox_api_token" = "correct horse" ];; esac`,
  });
  const command = ["--require", join(scripts, "typescript.cjs"), join(scripts, "cdktf.ts"), "deploy", "--skip-synth"];
  const { code, said, unasked } = await inPseudoTerminal(
    command,
    [
      ["var.proxmox_api_token: ", "correct horse"],
      ["Apply all of this?", "n"],
    ],
    { cwd: file("."), cols: 200, path: String(process.env.PATH) },
  );
  expect([code, unasked]).toEqual([1, []]);
  expect(said).not.toContain("correct horse");
  expect(said).toMatch(
    /the plan of Terraform[\s\S]*change one after another, then all the rest:\n {2}gpu-1 is drained, and its VM restarts\n {2}control-1 is drained[\s\S]*Nothing was changed[.]/,
  );
  expect(calls()).toEqual([""]);
});
