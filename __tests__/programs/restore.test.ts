import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { restoreEtcd, saveEtcd } from "../../constructs/talos/etcd-snapshot";
import { contentOf, file, program, run, runByHand } from "../provisioner";

const ca = [
  "-----BEGIN CERTIFICATE-----",
  "MIIB".repeat(16),
  "c2VjcmV0".repeat(8),
  "-----END CERTIFICATE-----",
  "",
].join("\n");
let directory: string;
beforeEach(() => {
  directory = file("clusters");
  mkdirSync(directory);
  writeFileSync(
    join(directory, "kubeconfig"),
    `clusters:\n  - cluster:\n      certificate-authority-data: ${Buffer.from(ca).toString("base64")}\n`,
  );
  program("talosctl", `echo "$*" >>${file("calls")}`);
  program("kubectl", "echo ok");
  program("terraform", `echo "terraform $* $HOME$(env | grep -E '^(KUBE|HELM)')" >>${file("calls")}`);
});

/** A snapshot as etcd writes it: what it holds, and the hash of that. */
const snapshotOf = (content: string) =>
  Buffer.concat([Buffer.from(content), createHash("sha256").update(content).digest()]);
const good = snapshotOf(`etcd\0${ca}`);

const save = (time: string, content: Buffer) => writeFileSync(join(directory, `etcd-${time}.snapshot`), content);
const pathOf = (time: string) => join(directory, `etcd-${time}.snapshot`);

const node = () => ({ node: "192.168.1.50", talosconfig: join(directory, "talosconfig"), directory });

function restore(...words: string[]) {
  const script = restoreEtcd(node(), { vm: "vm.node", configuration: "configuration.node" });
  const { file, environment } = script;
  return runByHand({ file, environment: { ...environment, TIMEOUT: "60" } }, ...words);
}

const calls = () => contentOf("calls");

describe("a restore touches nothing", () => {
  const untouched = (result: ReturnType<typeof restore>, problem: RegExp) => {
    expect(result.stderr).toMatch(problem);
    expect(result.status).toBe(1);
    expect(calls()).not.toMatch(/reset|bootstrap|terraform/);
  };

  test.each(["same-vm", "new-vm"])("without a snapshot (%s)", (mode) => {
    untouched(restore(mode), /there is no snapshot of etcd at .*; nothing was changed/);
  });

  test.each(["same-vm", "new-vm"])(
    "where the newest snapshot is cut off, and offers the next older one (%s)",
    (mode) => {
      save("20260101T000000Z", good);
      save("20260102T000000Z", good.subarray(0, 40));
      untouched(
        restore(mode),
        /20260102T000000Z.snapshot is incomplete; nothing was changed, and the newest good one is .*20260101T000000Z.snapshot; write its path after \w+-vm/,
      );
    },
  );

  test("where the snapshot is of another cluster", () => {
    save("20260101T000000Z", snapshotOf("etcd of another cluster"));
    untouched(restore("same-vm"), /does not belong to this cluster; nothing was changed, and there is no good one/);
  });

  test("where the node does not answer", () => {
    save("20260101T000000Z", good);
    program("talosctl", `echo "$*" >>${file("calls")}; echo refused >&2; exit 1`);
    untouched(
      restore("same-vm"),
      /does not answer, so it cannot be restored in place; nothing was changed. Its answer: refused/,
    );
  });

  test("without a kubeconfig, or a word that says how", () => {
    save("20260101T000000Z", good);
    untouched(restore(), /write same-vm if .*, or new-vm if/);
    writeFileSync(join(directory, "kubeconfig"), "");
    untouched(restore("same-vm"), /kubeconfig is missing/);
  });
});

describe("a restore", () => {
  beforeEach(() => {
    save("20260101T000000Z", good);
    save("20260102T000000Z", good);
  });

  test("on the same VM wipes it and recovers from the newest snapshot", () => {
    expect(restore("same-vm")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toMatch(
      new RegExp(
        `version\n.* reset --graceful=false --reboot --system-labels-to-wipe=EPHEMERAL\n.* bootstrap --recover-from=${pathOf("20260102T000000Z")}\n$`,
      ),
    );
  });

  test("on a new VM replaces it, recovers, and applies the rest as whoever starts it", () => {
    expect(restore("new-vm", pathOf("20260101T000000Z"))).toMatchObject({ status: 0, stderr: "" });
    expect(calls().split("\n")).toEqual([
      expect.stringMatching(/^terraform apply -replace=vm.node -target=configuration.node \/home\/operator$/),
      expect.stringContaining(`bootstrap --recover-from=${pathOf("20260101T000000Z")}`),
      "terraform apply /home/operator",
      "",
    ]);
  });

  test("ends where a step fails, before the next", () => {
    program("talosctl", `echo "$*" >>${file("calls")}; case "$*" in *reset*) echo "disk in use" >&2; exit 1;; esac`);
    expect(restore("same-vm")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/192.168.1.50 could not be reset: disk in use/),
    });
    program("terraform", "exit 1");
    expect(restore("new-vm").stderr).toMatch(/vm.node is not replaced; nothing was restored/);
    expect(calls()).not.toContain("bootstrap");
  });

  test("is tried again until its time is over", () => {
    program(
      "talosctl",
      `echo "$*" >>${file("calls")}; case "$*" in *bootstrap*) echo "etcd is not ready" >&2; exit 1;; esac`,
    );
    expect(restore("same-vm").stderr).toMatch(/does not recover from .*, after 60 seconds: etcd is not ready/);
    expect(calls().match(/bootstrap/g)?.length).toBeGreaterThan(1);
  });
});

describe("the first snapshot", () => {
  const take = () => run(saveEtcd(node()));

  test("is saved where it is whole", () => {
    writeFileSync(file("saved"), good);
    program("talosctl", `for last; do :; done; cat ${file("saved")} >"$last"`);
    expect(take()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^etcd is saved in .*[.]snapshot\n$/) });
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^etcd-\d{8}T\d{6}Z[.]snapshot$/), "kubeconfig"]);
  });

  test("fails the step where it is cut off", () => {
    program("talosctl", 'for last; do :; done; echo cut >"$last"');
    expect(take()).toMatchObject({ status: 1, stderr: expect.stringMatching(/the snapshot of etcd is incomplete; /) });
    expect(readdirSync(directory)).toEqual(["kubeconfig"]);
  });

  test("is left to a machine with talosctl", () => {
    rmSync(file("talosctl"));
    expect(take()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^talosctl is missing on this machine/) });
  });
});
