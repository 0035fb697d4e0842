import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TalosGpuClusterMachine } from "../../constructs";
import type { Lab } from "../lab";
import type { ResourceChange, Terraform } from "../terraform";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

jest.setTimeout(1_500_000);

interface Node {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/** A single node and what is asked of it while it grows. */
class Site {
  private constructor(
    readonly lab: Lab,
    readonly virtualAddress: string,
    private readonly addresses: readonly string[],
  ) {}

  static async start(): Promise<Site> {
    const lab = await startLab();
    const [virtualAddress = "", ...addresses] = await lab.moreAddresses(4);
    return new Site(lab, virtualAddress, addresses);
  }

  machine(name: string, index: number): TalosGpuClusterMachine {
    const address = `${this.lab.written(this.addresses[index] ?? "")}/24`;
    return {
      name,
      node: "pve",
      vmId: 101 + index,
      memory: { dedicated: 4096 },
      initialization: { ipConfigs: [{ address, gateway: this.lab.written(this.lab.gateway) }] },
    };
  }

  deploy(machines: ClusterOptions["machines"] = {}, node: ClusterOptions["node"] = {}): Promise<Terraform> {
    const addressPools = [{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }];
    const cilium = { l2Announcements: { addressPools } };
    return deployCluster(this.lab, { vm: { gpus: [] }, node: { readyTimeout: 240, ...node }, machines, cilium });
  }

  /** Plans and applies, after which nothing is left to do. @returns what the plan changed */
  async applied(terraform: Terraform): Promise<ResourceChange[]> {
    const changes = await terraform.changes();
    succeeded(await terraform.applyPlanned());
    await unchanged(terraform);
    return changes;
  }

  private get kubeconfig(): string {
    return join(this.lab.directory, "clusters/talos-gpu/kubeconfig");
  }

  get server(): string | undefined {
    return /server: (.*)/.exec(readFileSync(this.kubeconfig, "utf8"))?.[1];
  }

  async ready(): Promise<string[]> {
    const kubectl = await this.lab.kubectl(100);
    const { items } = await kubectl.get<{ items: Node[] }>("nodes");
    return items
      .filter(({ status }) => status.conditions.some(({ type, status }) => type === "Ready" && status === "True"))
      .map(({ metadata }) => metadata.name);
  }

  /** The object that is there from the beginning; recreated, it would have another id. */
  async kept(): Promise<string> {
    const kubectl = await this.lab.kubectl(100);
    return (await kubectl.get<{ metadata: { uid: string } }>("configmap", "kept")).metadata.uid;
  }

  async bootstraps(): Promise<unknown> {
    return (await (await this.lab.node(100)).state()).bootstraps;
  }
}

const others = (changes: readonly ResourceChange[]) =>
  changes
    .filter(({ change }) => change.actions.join() !== "create")
    .map(({ address, change }) => [address, ...change.actions]);

/** Whether the change is one of a machine, or of what the cluster is known by. */
const isPrecious = ([address = ""]: readonly string[]): boolean =>
  /^(proxmox_virtual_environment_vm|talos_machine_secrets|talos_machine_bootstrap|talos_cluster_kubeconfig)[.]/.test(
    address,
  );

test("a single node gets a worker and two control plane nodes with a virtual IP, and becomes a single node again", async () => {
  const site = await Site.start();
  const { lab } = site;
  const worker = site.machine("worker-1", 0);
  const controlPlanes = [site.machine("control-2", 1), site.machine("control-3", 2)];
  await site.applied(await site.deploy());
  succeeded(await (await lab.kubectl(100)).run("create", "configmap", "kept"));
  const kept = await site.kept();

  // WHEN it gets a worker
  const added = await site.applied(await site.deploy({ workers: [worker] }));
  // THEN nothing that is there changes
  expect(others(added)).toEqual([]);
  await eventually(async () => expect(await site.ready()).toEqual(["talos-gpu", "worker-1"]));

  // WHEN it gets two control plane nodes with an address for all
  const virtualAddress = lab.written(site.virtualAddress);
  const grown = await site.applied(await site.deploy({ workers: [worker], controlPlanes }, { virtualAddress }));
  // THEN the machines, the secrets and etcd stay
  expect(others(grown).filter(isPrecious)).toEqual([]);
  await eventually(async () => expect(await site.ready()).toEqual(["control-2", "control-3", "talos-gpu", "worker-1"]));
  expect([await site.kept(), await site.bootstraps(), site.server]).toEqual([
    kept,
    1,
    `https://${site.virtualAddress}:6443`,
  ]);

  // WHEN they leave
  const shrunk = await site.applied(await site.deploy({ workers: [], controlPlanes: [] }));
  // THEN only their own machines go
  expect(others(shrunk).filter(isPrecious)).toEqual(
    ["control-2", "control-3", "worker-1"].map((name) => [`proxmox_virtual_environment_vm.${name}`, "delete"]),
  );
  await eventually(async () => expect(await site.ready()).toEqual(["talos-gpu"]));
  // AND the lists are left out
  const terraform = await site.deploy();
  const ended = await site.applied(terraform);
  // THEN the steps that only a cluster of several machines has are removed, and nothing else
  expect(others(ended)).toEqual(
    ['member["talos-gpu"]', "members", "members_gone"].map((name) => [`null_resource.${name}`, "delete"]),
  );
  expect([await site.kept(), await site.bootstraps()]).toEqual([kept, 1]);

  succeeded(await terraform.destroy());
  expect([await terraform.addresses(), lab.proxmox.cluster.vms]).toEqual([[], []]);
});
