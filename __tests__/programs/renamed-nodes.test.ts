import { deleteRenamedNodes } from "../../constructs/talos/kubectl";
import { contentOf, file, program, run, whileItSleeps } from "../provisioner";

const nodes = [
  { name: "Control-1", address: "192.168.1.51" },
  { name: "gpu-1", address: "192.168.1.61" },
];
const script = () => run(deleteRenamedNodes("kubeconfig", nodes, 300));

/** What Kubernetes has: a name, when it was created, and addresses, a node each. */
function cluster(...lines: string[]): void {
  program(
    "kubectl",
    `case "$*" in
  *"delete node"*) echo "$*" >>${file("deleted")}; echo gone >>${file("gone")};;
  *"get nodes"*) [ -e ${file("gone")} ] && exit 0; [ -e ${file("nodes")} ] && cat ${file("nodes")} || printf '${lines.join("\\n")}\\n';;
esac`,
  );
}

const [early, late] = ["2026-11-30T07:00:00Z", "2026-11-30T08:00:00Z"];
const own = [`control-1 ${late} 192.168.1.51`, `gpu-1 ${late} 192.168.1.61 fd00::61`];

test.each([
  ["all have their names", own],
  ["others have other addresses", [...own, `by-hand ${early} 192.168.1.99`]],
  ["two have exchanged their addresses", [`control-1 ${late} 192.168.1.61`, `gpu-1 ${early} 192.168.1.51`]],
  ["the other name is the later one", [...own, `talos-x ${"2026-11-30T09:00:00Z"} 192.168.1.51`]],
])("no node is deleted if %s", (_, lines) => {
  cluster(...lines);
  expect(script()).toMatchObject({ status: 0, stdout: "", stderr: "" });
  expect(contentOf("deleted")).toBe("");
});

test("a node of an old name is deleted", () => {
  cluster(...own, `talos-abc ${early} 192.168.1.61`);
  expect(script()).toMatchObject({
    status: 0,
    stdout: "deleted node talos-abc from Kubernetes: its machine is node gpu-1 now\n",
    stderr: "",
  });
  expect(contentOf("deleted")).toMatch(/ delete node talos-abc /);
});

test("a node of an old name is deleted once the machine has registered under its own", () => {
  cluster(`talos-abc ${early} 192.168.1.61`);
  whileItSleeps(`printf 'talos-abc ${early} 192.168.1.61\\n${own[1]}\\n' >${file("nodes")}`);
  expect(script()).toMatchObject({ status: 0, stderr: "" });
  expect(contentOf("deleted")).toMatch(/ delete node talos-abc /);
});

test("a machine that does not register under its name is named, and nothing is deleted", () => {
  cluster(`talos-abc ${early} 192.168.1.61`);
  expect(script()).toMatchObject({
    status: 1,
    stderr:
      "nodes of an old name cannot be deleted from Kubernetes: node gpu-1 is not registered, and node talos-abc has its address\n",
  });
  expect(contentOf("deleted")).toBe("");
});
