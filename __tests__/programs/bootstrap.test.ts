import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { beginBootstrap, endBootstrap } from "../../constructs/talos/bootstrap-note";
import { contentOf, file, program, run } from "../provisioner";

const node = { node: "192.168.1.50", clusterName: "talos-gpu", talosconfig: "talosconfig", directory: "clusters" };
const begin = () => run(beginBootstrap(node));
const note = () => file("clusters/bootstrapping");

const hideTalosctl = () => rmSync(file("talosctl"));

beforeEach(() => program("talosctl", `echo "$*" >>${file("calls")}; exit 1`));

function leaveNote(): void {
  mkdirSync(file("clusters"));
  writeFileSync(note(), "");
}

test("a bootstrap is written down until it is in the state", () => {
  expect(begin()).toMatchObject({ status: 0, stdout: "etcd of talos-gpu may be bootstrapped\n", stderr: "" });
  expect(existsSync(note())).toBe(true);
  expect(run(endBootstrap("clusters"))).toMatchObject({ status: 0, stderr: "" });
  expect(existsSync(note())).toBe(false);
});

test("an apply that ended before the bootstrap is repeated", () => {
  leaveNote();
  expect(begin()).toMatchObject({ status: 0, stderr: "" });
  expect(contentOf("calls")).toBe(
    "--talosconfig talosconfig --endpoints 192.168.1.50 --nodes 192.168.1.50 etcd members\n",
  );
});

test("one that ended in the middle of it is named with what to type", () => {
  leaveNote();
  program("talosctl", "exit 0");
  expect(begin()).toMatchObject({
    status: 1,
    stderr:
      'etcd of talos-gpu is bootstrapped already: an apply was interrupted in the middle of that. Record it with the next apply: rm \'clusters/bootstrapping\' && echo \'{"import":[{"to":"talos_machine_bootstrap.cluster","id":"talos-gpu"}]}\' >import.tf.json && terraform apply; rm import.tf.json\n',
  });
  expect(existsSync(note())).toBe(true);
});

test("one that ended on another machine is named while Terraform waits, with what to type", () => {
  program("talosctl", "exit 0");
  const { status, stdout } = begin();
  expect(stdout).toMatch(
    /is bootstrapped already\. If Terraform creates talos_machine_bootstrap\.cluster now, .*Ctrl-C\. Record it with the next apply: rm 'clusters\/bootstrapping' && echo .*import\.tf\.json\n/,
  );
  expect(status).toBe(0);
  expect(existsSync(note())).toBe(true);
});

test.each([
  ["error: You must be logged in to the server (Unauthorized)", 1, 1],
  ['{"major": "1"}', 0, 1],
  ["The connection to the server was refused", 1, 0],
])("without talosctl an answer of Kubernetes tells it: %s", (answer, code, status) => {
  leaveNote();
  program("kubectl", `echo "$*" >>${file("calls")}; echo '${answer}'; exit ${code}`);
  hideTalosctl();
  expect(begin().status).toBe(status);
  expect(contentOf("calls")).toContain("--server=https://192.168.1.50:6443");
});
