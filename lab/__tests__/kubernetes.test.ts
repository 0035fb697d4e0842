import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Kubectl } from "../kubectl";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { processesIn } from "./support/processes-in";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

interface Node {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly addresses: readonly { readonly address: string }[];
    readonly nodeInfo: { readonly kubeletVersion: string };
    readonly allocatable: Record<string, string>;
  };
}

const vmid = 100;
const nodeOf = (kubectl: Kubectl): Promise<Node> => kubectl.get<Node>("node", "talos-gpu");
const readiness = (node: Node): string | undefined =>
  node.status.conditions.find(({ type }) => type === "Ready")?.status;

test("the cluster of the default node is a real one, whose node is what the stack says, and which survives a power cut", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab);
  succeeded(await terraform.apply());
  const kubectl = await lab.kubectl(vmid);
  await eventually(async () => {
    const node = await nodeOf(kubectl);
    expect(node.status.addresses[0]?.address).toBe(lab.address);
    expect(node.status.nodeInfo.kubeletVersion).toBe("v1.35.10");
    expect(node.status.allocatable).toMatchObject({ cpu: "4", memory: "8Gi" });
    // The stack leaves the network to Cilium, and allows pods on the control plane.
    expect(readiness(node)).toBe("True");
    expect((node.spec.taints ?? []).map(({ key }) => key)).not.toContain("node-role.kubernetes.io/control-plane");
  });
  succeeded(await kubectl.run("create", "configmap", "kept"));

  const { host } = lab.proxmox;
  host.stop(host.vm(vmid));
  await eventually(async () => expect((await (await lab.node(vmid)).state()).on).toBe(false));
  expect((await kubectl.run("get", "configmap", "kept")).output).toContain("refused");
  host.start(host.vm(vmid));
  await eventually(async () => succeeded(await kubectl.run("get", "configmap", "kept")));
});

test("a node that is killed leaves no process, and one whose VM is destroyed no file either", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab);
  succeeded(await terraform.apply());
  const node = await lab.node(vmid);
  const disks = join(lab.directory, "nodes");
  await eventually(() => expect(processesIn(disks).length).toBeGreaterThanOrEqual(5));
  process.kill(Number(node.pid), "SIGKILL");
  await eventually(() => expect(processesIn(disks)).toEqual([]));
  succeeded(await terraform.destroy());
  const killed = readdirSync(disks);

  succeeded(await terraform.apply());
  await eventually(() => expect(processesIn(disks).length).toBeGreaterThanOrEqual(5));
  succeeded(await terraform.destroy());
  await eventually(() => expect([processesIn(disks), readdirSync(disks)]).toEqual([[], killed]));
});
