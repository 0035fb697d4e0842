import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type UpgradeTarget, upgradeKubernetes, upgradeTalos } from "../../constructs/talos/upgrade";
import { contentOf, file, program, run } from "../provisioner";

let snapshots: string;
beforeEach(() => {
  snapshots = file("a cluster's files");
  mkdirSync(snapshots);
  // A Kubernetes that is ready, and runs what its node does.
  program(
    "kubectl",
    `case "$*" in *kubeletVersion*) echo "v$(cat ${file("kubernetes")})";; *--output=name*) echo node/one;; esac`,
  );
  writeFileSync(file("saved"), etcdSnapshot);
});

/** What etcd sends: its data, and their hash. */
const data = randomBytes(1000);
const etcdSnapshot = Buffer.concat([data, createHash("sha256").update(data).digest()]);

/** A node that runs this, and becomes what it is told to; every call is written down. */
function node({ talos = "v1.13.9", schematic = "old", kubernetes = "1.35.4" }, faults = ""): void {
  writeFileSync(file("talos"), talos);
  writeFileSync(file("schematic"), schematic);
  writeFileSync(file("kubernetes"), kubernetes);
  program(
    "talosctl",
    `cd ${file(".")}
echo "$*" >>calls
case "$1" in --talosconfig) shift 6;; esac
${faults}
case "$*" in
  version) printf 'Client:\\n\\tTag:         v1.0.0\\nServer:\\n\\tNODE:        192.168.1.50\\n\\tTag:         %s\\n' "$(cat talos)";;
  "get extensions --output yaml")
    for extension in "qemu-guest-agent 10.0.2" "schematic $(cat schematic)" "iscsi-tools v0.2.0"; do
      printf 'node: 192.168.1.50\\nmetadata:\\n    id: 1\\n    version: 1\\nspec:\\n    metadata:\\n        name: %s\\n        version: %s\\n---\\n' $extension
    done;;
  "get machineconfig --output yaml") printf 'spec: |\\n    machine:\\n        kubelet:\\n            image: ghcr.io/siderolabs/kubelet:v%s\\n    cluster:\\n        apiServer:\\n            image: registry.k8s.io/kube-apiserver:v1.0.0\\n' "$(cat kubernetes)";;
  "etcd snapshot "*) cat saved >"$3";;
  "upgrade --image "*) image=$3; schematic=\${image%:*}; echo "\${image##*:}" >talos; echo "\${schematic##*/}" >schematic;;
  "upgrade-k8s --to "*) echo "$3" >kubernetes;;
  "kubeconfig --force "*) echo config >"$3";;
  *) echo "unknown: $*" >&2; exit 1;;
esac`,
  );
}

const target = (): UpgradeTarget => ({
  node: "192.168.1.50",
  talosconfig: join(snapshots, "talosconfig"),
  directory: snapshots,
  firstVersion: "v1.12.6",
  talosVersion: "v1.13.9",
  kubernetesVersion: "1.35.4",
  timeout: 1,
});

const talos = (changes: Partial<UpgradeTarget> = {}, schematic = "new") => {
  const wanted = { ...target(), ...changes };
  return run(upgradeTalos(wanted, `factory.example/nocloud-installer/${schematic}:${wanted.talosVersion}`));
};
const kubernetes = (changes: Partial<UpgradeTarget> = {}) => run(upgradeKubernetes({ ...target(), ...changes }));

const calls = () => contentOf("calls");
const runs = (what: string) => contentOf(what).trim();

describe("the upgrade of Talos", () => {
  test.each([
    ["from the newest patch of the minor before", { talos: "v1.12.9", schematic: "new" }],
    ["by a patch", { talos: "v1.13.8", schematic: "new" }],
    ["to another schematic of the same version", { talos: "v1.13.9", schematic: "old" }],
  ])("goes %s to the installer, after a snapshot", (_, running) => {
    node(running);
    expect(talos()).toMatchObject({ status: 0, stderr: "" });
    expect([runs("talos"), runs("schematic")]).toEqual(["v1.13.9", "new"]);
    expect(readdirSync(snapshots)).toEqual([expect.stringMatching(/^etcd-\d{8}T\d{6}Z\.snapshot$/)]);
    expect(calls()).toMatch(/etcd snapshot .*\n(.*\n)*.*upgrade --image/);
  });

  test("keeps the last three snapshots, for their owner alone", () => {
    for (const day of ["01", "02", "03", "04"])
      writeFileSync(join(snapshots, `etcd-202601${day}T000000Z.snapshot`), "");
    node({ talos: "v1.12.9" });
    expect(talos().status).toBe(0);
    const kept = readdirSync(snapshots).sort();
    expect(kept).toHaveLength(3);
    expect(kept.slice(0, 2)).toEqual(["etcd-20260103T000000Z.snapshot", "etcd-20260104T000000Z.snapshot"]);
    expect(statSync(join(snapshots, kept[2] ?? "")).mode & 0o777).toBe(0o600);
  });

  test("does not drain the only node, whose pods could go nowhere, where talosctl would", () => {
    node(
      { talos: "v1.12.9" },
      `case "$*" in "upgrade --help") echo "      --drain   drain the node before"; exit;; esac`,
    );
    expect(talos()).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toMatch(/upgrade --image .* --drain=false$/m);
    node({ talos: "v1.12.9" });
    expect(talos()).toMatchObject({ status: 0, stderr: "" });
    expect(calls().split("upgrade --image ").at(-1)).not.toContain("--drain");
  });

  test("does nothing on a node that runs the version and the schematic", () => {
    node({ schematic: "new" });
    expect(talos()).toMatchObject({ status: 0, stdout: "192.168.1.50 runs Talos v1.13.9 with the schematic new\n" });
    expect(calls()).not.toMatch(/upgrade|snapshot/);
  });

  test("waits for Kubernetes after an upgrade that was interrupted", () => {
    node({ schematic: "new" });
    writeFileSync(join(snapshots, "kubeconfig"), "");
    program("kubectl", `cd ${file(".")}; [ -e asked ] || { touch asked; exit 1; }`);
    expect(talos({ timeout: 60 })).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).not.toMatch(/upgrade --image/);
    program("kubectl", "exit 1");
    expect(talos()).toMatchObject({ status: 1, stderr: expect.stringContaining("its Kubernetes is not ready") });
  });

  test("does nothing on a machine in maintenance mode", () => {
    node({}, 'case "$*" in "version --insecure"*) exit 0;; version) exit 1;; esac');
    expect(talos()).toMatchObject({
      status: 0,
      stdout: "192.168.1.50 is a new machine, with nothing to upgrade\n",
    });
  });

  test.each([
    [
      "down",
      "v1.14.1",
      "Talos cannot be downgraded from v1.14.1 to v1.13.9; write v1.14.1 or later. Nothing was changed",
    ],
    ["down by a patch", "v1.13.10", "Talos cannot be downgraded from v1.13.10 to v1.13.9"],
    [
      "two minors up",
      "v1.11.6",
      "Talos is upgraded one minor version at a time, and v1.13.9 is too far from v1.11.6; write the newest of v1.12 first",
    ],
    ["three minors up", "v1.10.9", "v1.13.9 is too far from v1.10.9; write the newest of v1.11, then of v1.12 first"],
  ])("refuses to go %s, before it touches anything", (_, running, message) => {
    node({ talos: running });
    const { status, stderr } = talos();
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(stderr).toContain("[upgrade-one-minor]");
    expect(calls()).not.toMatch(/upgrade|snapshot/);
  });

  test("refuses what Kubernetes could not follow, before it touches anything", () => {
    node({ talos: "v1.12.9", kubernetes: "1.33.1" });
    expect(talos()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /Kubernetes is upgraded one minor version at a time, and 1\.35\.4 is too far from 1\.33\.1; write the newest of 1\.34 first/,
      ),
    });
    expect(calls()).not.toMatch(/upgrade|snapshot/);
  });

  test("does not begin without a snapshot", () => {
    node({ talos: "v1.12.9" }, 'case "$*" in "etcd snapshot"*) echo "no space" >&2; exit 1;; esac');
    expect(talos()).toMatchObject({
      status: 1,
      stderr: "no snapshot of etcd could be taken, so nothing was changed: no space\n",
    });
    expect(runs("talos")).toBe("v1.12.9");
    expect(readdirSync(snapshots)).toEqual([]);
  });

  test("tells what talosctl said when the upgrade fails", () => {
    node({ talos: "v1.12.9" }, 'case "$*" in "upgrade --image"*) echo "no such image" >&2; exit 1;; esac');
    expect(talos()).toMatchObject({
      status: 1,
      stderr: "the upgrade of Talos failed; the next apply continues: no such image\n",
    });
  });

  test("fails when the node comes back as it was", () => {
    node({ talos: "v1.12.9" }, 'case "$*" in "upgrade --image"*) exit 0;; esac');
    expect(talos()).toMatchObject({
      status: 1,
      stderr: "the node at 192.168.1.50 does not run Talos v1.13.9 with the schematic new, after 1 seconds\n",
    });
  });

  test("fails when Kubernetes does not become ready again", () => {
    node({ talos: "v1.12.9" });
    program("kubectl", "exit 1");
    expect(talos()).toMatchObject({
      status: 1,
      stderr: "Talos v1.13.9 runs on 192.168.1.50, but its Kubernetes is not ready, after 1 seconds\n",
    });
  });

  test("waits for a node that does not answer, bounded, and says so", () => {
    node({}, 'case "$*" in version*) echo "no route to host" >&2; exit 1;; esac');
    expect(talos()).toMatchObject({
      status: 1,
      stderr:
        "the Talos node at 192.168.1.50 does not answer, after 1 seconds; nothing was changed. Its last answer: no route to host\n",
    });
  });

  test("goes on where an interrupted one ended", () => {
    node(
      { talos: "v1.12.9" },
      `case "$*" in version) [ -e asked ] || { touch asked; exit 1; };; "version --insecure"*) exit 1;; esac`,
    );
    expect(talos().status).toBe(0);
    expect(runs("talos")).toBe("v1.13.9");
  });
});

describe("without talosctl", () => {
  test.each([
    ["refuses the connection", "The connection to the server 192.168.1.50:6443 was refused"],
    ["answers nothing", ""],
  ])("a first deploy goes on: a machine that %s is new", (_, answer) => {
    program("kubectl", `echo '${answer}' >&2; exit 1`);
    expect(talos({ firstVersion: "v1.13.9" })).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([
    [
      "for a cluster that answers",
      { firstVersion: "v1.13.9" },
      "error: You must be logged in to the server (Unauthorized)",
    ],
    ["for another version than the first, whatever answers", {}, "The connection was refused"],
  ])("says that it is missing %s", (_, changes, answer) => {
    program("kubectl", `echo '${answer}' >&2; exit 1`);
    for (const { status, stderr } of [talos(changes), kubernetes(changes)]) {
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^talosctl is missing on the machine that runs Terraform; install it from https/),
      ]);
    }
  });
});

describe("the upgrade of Kubernetes", () => {
  test("goes to the version, and waits until it is ready", () => {
    node({ kubernetes: "1.34.1" });
    expect(kubernetes()).toMatchObject({ status: 0, stderr: "" });
    expect(runs("kubernetes")).toBe("1.35.4");
  });

  test("does nothing where the node runs the version", () => {
    node({});
    expect(kubernetes()).toMatchObject({ status: 0, stdout: "192.168.1.50 runs Kubernetes 1.35.4\n" });
    expect(calls()).not.toContain("upgrade-k8s");
  });

  test("takes the CRDs of the Gateway API out of Talos's inventory first, from which it would delete them", () => {
    const entry = "_gateways.gateway.networking.k8s.io_apiextensions.k8s.io_CustomResourceDefinition";
    node({ kubernetes: "1.34.1" });
    program(
      "kubectl",
      `case "$*" in
  *kubeletVersion*) echo "v$(cat ${file("kubernetes")})";;
  *"get configmap/talos-bootstrap-manifests-inventory"*) echo ${entry}; echo kube-system_coredns_apps_Deployment;;
  *" patch "*) echo "$*" >>${file("calls")};;
  *--output=name*) echo node/one;;
esac`,
    );
    expect(kubernetes()).toMatchObject({ status: 0, stderr: "" });
    const [patched, upgraded] = [`--patch={"data":{"${entry}":null}}`, "upgrade-k8s --to"].map((call) =>
      calls().indexOf(call),
    );
    expect(patched).toBeGreaterThan(0);
    expect(upgraded).toBeGreaterThan(patched ?? 0);
  });

  test.each([
    ["down", "1.36.0", "Kubernetes cannot be downgraded from 1.36.0 to 1.35.4"],
    ["two minors up", "1.33.4", "Kubernetes is upgraded one minor version at a time"],
  ])("refuses to go %s", (_, running, message) => {
    node({ kubernetes: running });
    expect(kubernetes()).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
    expect(calls()).not.toContain("upgrade-k8s");
  });

  test("tells what talosctl said when it fails", () => {
    node({ kubernetes: "1.34.1" }, 'case "$*" in upgrade-k8s*) echo "deprecated API in use" >&2; exit 1;; esac');
    expect(kubernetes()).toMatchObject({
      status: 1,
      stderr: "the upgrade of Kubernetes failed; the next apply continues: deprecated API in use\n",
    });
  });
});

describe("of several nodes, the upgrade of Talos", () => {
  const worker = { name: "worker-1", endpoint: "192.168.1.51", isFirst: false };
  const first = { name: "control-1", endpoint: "192.168.1.50", isFirst: true };
  const members = `"etcd members") printf 'NODE ID HOSTNAME PEER-URLS CLIENT-URLS LEARNER\\n'
  for member in 1 2 3; do printf 'node id control-%s https://192.168.1.5%s:2380 https://192.168.1.5%s:2379 false\\n' $member $member $member; done; exit;;`;
  const faultless = `case "$*" in ${members} "etcd status") exit;; esac`;
  /** What the API says of the nodes, each ready or not. */
  const nodes = (ready: Record<string, boolean>) =>
    program(
      "kubectl",
      `case "$*" in *"get nodes"*) printf '${Object.entries(ready)
        .map(([name, is]) => `${name} ${is ? "True" : "False"}\\n`)
        .join("")}';; esac`,
    );
  const of = (cluster: UpgradeTarget["cluster"]) =>
    run(upgradeTalos({ ...target(), cluster }, "factory.example/nocloud-installer/new:v1.13.9"));

  test("reaches a worker through a control plane, and takes no snapshot there", () => {
    node({ talos: "v1.12.9" }, faultless);
    nodes({ "control-1": true, "worker-1": true });
    expect(of(worker)).toMatchObject({ status: 0, stderr: "" });
    expect(runs("talos")).toBe("v1.13.9");
    expect(calls()).toContain("--endpoints 192.168.1.51 --nodes 192.168.1.50 upgrade --image");
    expect(calls()).not.toContain("snapshot");
  });

  test("takes a snapshot before the first of them", () => {
    node({ talos: "v1.12.9" }, faultless);
    nodes({ "control-1": true });
    expect(of(first).status).toBe(0);
    expect(readdirSync(snapshots)).toHaveLength(1);
  });

  test("touches no node while another one is not ready, whatever its own state", () => {
    node({ talos: "v1.12.9" }, faultless);
    nodes({ "control-1": true, "control-2": false, "worker-1": false });
    expect(of(worker)).toMatchObject({
      status: 1,
      stderr: "worker-1 was not upgraded; what must be healthy first is not, after 1 seconds: control-2\n",
    });
    expect(runs("talos")).toBe("v1.12.9");
    nodes({ "control-1": true, "control-2": true, "worker-1": false });
    // It is upgraded, and then not ready.
    expect(of(worker)).toMatchObject({ status: 1, stderr: expect.stringContaining("its Kubernetes is not ready") });
    expect(runs("talos")).toBe("v1.13.9");
  });

  test("touches no node while a member of etcd does not answer", () => {
    node(
      { talos: "v1.12.9" },
      `case "$*" in ${members} "etcd status") tail -n 1 calls | grep -q 192.168.1.53 && exit 1; exit 0;; esac`,
    );
    nodes({ "control-1": true, "control-3": true });
    expect(of(first)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^control-1 was not upgraded; .*: etcd at 192\.168\.1\.53$/m),
    });
    expect(calls()).not.toMatch(/upgrade --image|snapshot/);
  });

  test("touches no node where the API or etcd does not answer", () => {
    node({ talos: "v1.12.9" }, faultless);
    program("kubectl", "exit 1");
    expect(of(worker).stderr).toMatch(/^worker-1 was not upgraded; .*: the Kubernetes API$/m);
    node({ talos: "v1.12.9" }, `case "$*" in "etcd members") exit 1;; esac`);
    nodes({ "control-1": true });
    expect(of(worker).stderr).toMatch(/^worker-1 was not upgraded; .*: etcd$/m);
  });

  describe("that was interrupted", () => {
    /** A worker that talosctl has cordoned, and is killed. */
    const interrupted = (cordonedBefore: boolean) => {
      node({ talos: "v1.12.9" }, `case "$*" in ${members} "etcd status") exit;; "upgrade --image "*) exit 1;; esac`);
      program(
        "kubectl",
        `case "$*" in
  *"get nodes"*) printf 'control-1 True\\nworker-1 True\\n';;
  *unschedulable*) printf ${cordonedBefore};;
  *uncordon*) echo "$*" >>${file("uncordoned")};;
esac`,
      );
      expect(of(worker).status).toBe(1);
      writeFileSync(join(snapshots, "kubeconfig"), "");
      node({ schematic: "new" }, faultless);
    };

    test("lets its node take pods again", () => {
      interrupted(false);
      expect(of(worker)).toMatchObject({ status: 0, stderr: "" });
      expect(contentOf("uncordoned")).toMatch(/uncordon worker-1\n$/);
      // Once.
      expect(of(worker).status).toBe(0);
      expect(contentOf("uncordoned").match(/uncordon/g)).toHaveLength(1);
    });

    test("leaves a node cordoned that somebody else had cordoned", () => {
      interrupted(true);
      expect(of(worker).status).toBe(0);
      expect(contentOf("uncordoned")).toBe("");
    });
  });

  test("needs talosctl from the first deploy on", () => {
    expect(of(worker)).toMatchObject({ status: 1, stderr: expect.stringMatching(/^talosctl is missing/) });
  });
});
