import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { contentOf, file, program, run as runProvisioner } from "../provisioner";
import { clusterIn, controlPlanes, synthesizedJson, type TerraformJson, vmIn } from "../stacks";

const steps: TerraformJson = synthesizedJson((stack) => {
  const vm = vmIn(stack, { name: "worker-1", initialization: { ipConfigs: [{ address: "192.168.1.61/24" }] } });
  clusterIn(stack, { workers: [vm] });
}).resource[Resource.tfResourceType];
const provisionerOf = (step: string): TerraformJson => steps[step].provisioner[0]["local-exec"];

let access: string;
beforeEach(() => {
  access = file("a cluster's files");
  mkdirSync(access);
  for (const name of ["kubeconfig", "talosconfig"]) writeFileSync(join(access, name), "secret");
  cluster();
});

interface Node {
  readonly name: string;
  readonly address: string;
  readonly ready: boolean;
  /** Whether its etcd answers; without one it is a worker. */
  readonly etcd?: boolean;
}

const threeAndOne: readonly Node[] = [
  { name: "control-1", address: "192.168.1.51", ready: true, etcd: true },
  { name: "control-2", address: "192.168.1.52", ready: true, etcd: true },
  { name: "control-3", address: "192.168.1.53", ready: true, etcd: true },
  { name: "worker-1", address: "192.168.1.61", ready: true },
];

/** A cluster of these nodes, some of them different; every call that changes it is written down. */
function cluster(nodes = threeAndOne, faults = ""): void {
  const lines = (list: readonly Node[], line: (node: Node) => string) => list.map((node) => `${line(node)}\n`).join("");
  const members = nodes.filter(({ etcd }) => etcd !== undefined);
  writeFileSync(
    file("nodes"),
    lines(
      nodes,
      ({ name, address, ready, etcd }) => `${name} ${address} ${ready ? "True" : "Unknown"} ${etcd !== undefined}`,
    ),
  );
  writeFileSync(
    file("members"),
    lines(
      members,
      ({ name, address }) => `${address} id-${name} ${name} https://${address}:2380 https://${address}:2379 false`,
    ),
  );
  writeFileSync(
    file("answering"),
    lines(
      members.filter(({ etcd }) => etcd),
      ({ address }) => address,
    ),
  );
  writeFileSync(file("calls"), "");
  program(
    "kubectl",
    `cd ${file("")}
shift 2
${faults}
case "$*" in
  "get node "*" --ignore-not-found --output=name") grep -q "^$3 " nodes && echo "node/$3" || true;;
  "get node "*"conditions"*) awk -v name="$3" '$1 == name { print $3 }' nodes;;
  "get node "*"addresses"*) awk -v name="$3" '$1 == name { print $2 }' nodes;;
  "get nodes --selector=node-role.kubernetes.io/control-plane "*) awk '$4 == "true" { print $1, $2 }' nodes;;
  "drain "*) echo "drain $2" >>calls;;
  "uncordon "*) echo "uncordon $2" >>calls;;
  "delete node "*) echo "delete $3" >>calls;;
  *) echo "unknown: $*" >&2; exit 1;;
esac`,
  );
  program(
    "talosctl",
    `cd ${file("")}
[ "$1 $2 $3 $5" = "--talosconfig ${access}/talosconfig --endpoints --nodes" ] || exit 1
node=$6
shift 6
# Without one it asks all nodes of the talosconfig.
[ -n "$node" ] || { echo "everyone: $*" >>calls; exit 0; }
grep -qx "$node" answering || { echo "connection refused" >&2; exit 1; }
case "$*" in
  "etcd members") echo "NODE ID HOSTNAME PEER-URLS CLIENT-URLS LEARNER"; cat members;;
  "etcd status") ;;
  "etcd leave") echo "leave $node" >>calls; grep -v "^$node " members >rest; mv rest members;;
  "etcd remove-member "*) echo "remove $3" >>calls; grep -v " $3 " members >rest; mv rest members;;
  *) echo "unknown: $*" >&2; exit 1;;
esac`,
  );
}

const differing = (name: string, change: Partial<Node>) =>
  threeAndOne.map((node) => (node.name === name ? { ...node, ...change } : node));

/** Runs the provisioner of a step as Terraform does, which is this process. */
function run(step: string, triggers: Record<string, string> = {}) {
  const provisioner = provisionerOf(step);
  const own = Object.fromEntries(
    Object.entries<string>(provisioner.environment).map(([name, value]) => [
      name,
      value.replace(/^\$\{self\.triggers\.(\w+)\}$/, (_, trigger) => triggers[trigger] ?? ""),
    ]),
  );
  return runProvisioner({ ...provisioner, environment: { ...own, DIRECTORY: access } });
}
const leave = (name: string) => run("member", { name, role: name.startsWith("control") ? "controlplane" : "worker" });
const calls = () => contentOf("calls").trim().split("\n").filter(Boolean);

describe("the memberships of a cluster", () => {
  test("are of each machine, and of another one where that is replaced", () => {
    expect(steps.member.for_each).toEqual({
      ...Object.fromEntries(controlPlanes.map(({ name }) => [name, { name, role: "controlplane" }])),
      "worker-1": { name: "worker-1", role: "worker", machine: "${proxmox_virtual_environment_vm.talos_node.id}" },
    });
    expect(steps.member.triggers).toBe("${each.value}");
    expect(steps.member.depends_on).toContain("talos_machine_configuration_apply.worker-1");
  });

  test("end by what Terraform still knows then", () => {
    for (const step of ["member", "members", "members_gone"]) {
      expect(provisionerOf(step).when).toBe("destroy");
      for (const value of Object.values<string>(provisionerOf(step).environment)) {
        expect(value.match(/\$\{(?!self[.])[^}]*\}/)).toBeNull();
      }
    }
    expect(steps.members.depends_on).toEqual(["null_resource.member", "null_resource.worker_taints"]);
    expect(steps.member.depends_on).toContain("null_resource.members_gone");
  });
});

describe("a node that leaves", () => {
  test("is drained and deleted, a worker", () => {
    expect(leave("worker-1")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toEqual(["drain worker-1", "delete worker-1"]);
  });

  test("leaves etcd between the two, a control plane", () => {
    expect(leave("control-2")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toEqual(["drain control-2", "leave 192.168.1.52", "delete control-2"]);
  });

  test("is taken out of etcd by the others where it is dead", () => {
    cluster(differing("control-1", { ready: false, etcd: false }));
    expect(leave("control-1")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toEqual(["remove id-control-1", "delete control-1"]);
  });

  test("is taken out by the others where it does not do it itself", () => {
    cluster(differing("control-1", { etcd: false }));
    expect(leave("control-1").status).toBe(0);
    expect(calls()).toEqual(["drain control-1", "remove id-control-1", "delete control-1"]);
  });

  test("is not deleted while it is in etcd, however often it was told to leave", () => {
    cluster();
    const told = readFileSync(file("talosctl"), "utf8").replace(/grep -v "\^\$node .*members;;/, ":;;");
    writeFileSync(file("talosctl"), told);
    expect(leave("control-1")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^control-1 is still in etcd/),
    });
    expect(calls()).not.toContain("delete control-1");
  });

  test("has nothing to do where it never came", () => {
    cluster(threeAndOne.filter(({ name }) => name !== "worker-1"));
    expect(leave("worker-1")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toEqual(["delete worker-1"]);
  });

  test("stays where it is the last control plane", () => {
    cluster(threeAndOne.filter(({ name }) => !/control-[23]/.test(name)));
    expect(leave("control-1")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^control-1 is the last control plane node/),
    });
    expect(calls()).toEqual([]);
  });

  test("stays where the others are no quorum without it", () => {
    cluster(differing("control-3", { etcd: false }));
    expect(leave("control-2")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^of the 2 members of etcd beside control-2 only 1 answer, which is no quorum/),
    });
    expect(calls()).toEqual([]);
    // The dead one may go.
    expect(leave("control-3").status).toBe(0);
  });

  test("stays, and takes pods again, where it cannot be drained", () => {
    cluster(threeAndOne, 'case "$*" in "drain "*) echo "Cannot evict pod" >&2; exit 1;; esac');
    expect(leave("worker-1")).toMatchObject({
      status: 1,
      stderr: "worker-1 is not drained, and stays in the cluster: Cannot evict pod\n",
    });
    expect(calls()).toEqual(["uncordon worker-1"]);
  });

  test("is drained where the API answers again in a moment", () => {
    cluster(threeAndOne, `case "$*" in "drain "*) [ -e moved ] || { touch moved; echo refused >&2; exit 1; };; esac`);
    expect(leave("worker-1")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toEqual(["drain worker-1", "delete worker-1"]);
  });

  describe("while another node leaves", () => {
    const leaving = () => join(access, "leaving");
    const heldBy = (process: number) => {
      mkdirSync(leaving());
      writeFileSync(join(leaving(), "process"), `${process}\n`);
    };

    test("waits, and is told when that takes too long", () => {
      heldBy(process.pid);
      expect(leave("worker-1")).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^worker-1 waits for another node to leave first/),
      });
      expect(calls()).toEqual([]);
      expect(existsSync(leaving())).toBe(true);
    });

    test("goes on where that one was killed, and keeps nobody waiting afterwards", () => {
      heldBy(spawnSync("true").pid);
      expect(leave("worker-1")).toMatchObject({ status: 0, stderr: "" });
      expect(calls()).toEqual(["drain worker-1", "delete worker-1"]);
      expect(existsSync(leaving())).toBe(false);
    });
  });

  test.each([
    [
      "Kubernetes does not answer",
      () => program("kubectl", "echo refused >&2; exit 1"),
      /^Kubernetes does not answer, so worker-1 cannot leave it; nothing was changed: refused/,
    ],
    [
      "a file is missing",
      () => rmSync(join(access, "kubeconfig")),
      /^worker-1 cannot leave the cluster without kubeconfig/,
    ],
    ["talosctl is missing", () => rmSync(file("talosctl")), /^talosctl is missing on the machine that runs Terraform/],
  ])("stays where %s", (_, fault, message) => {
    fault();
    expect(leave("worker-1")).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
    expect(calls()).toEqual([]);
  });

  test("has nothing to do where the same run of Terraform destroys the cluster as a whole", () => {
    rmSync(access, { recursive: true });
    expect(run("members")).toMatchObject({ status: 0, stderr: "" });
    expect(leave("control-1")).toMatchObject({ status: 0, stderr: "" });
    expect(calls()).toEqual([]);
    expect(existsSync(join(access, "destroying"))).toBe(true);
    // AND nothing is left of that when all of them are gone
    expect(run("members_gone")).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(access, "destroying"))).toBe(false);
  });

  test("leaves in any later run, whatever an earlier one destroyed", () => {
    writeFileSync(join(access, "destroying"), `${process.pid - 1}\n`);
    expect(leave("worker-1").status).toBe(0);
    expect(calls()).toEqual(["drain worker-1", "delete worker-1"]);
  });
});
