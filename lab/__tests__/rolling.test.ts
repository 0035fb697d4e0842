import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import type { Cdktf } from "../cdktf";
import { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { deployTalosCluster, type TalosClusterOptions } from "./support/talos-cluster";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

jest.setTimeout(1_500_000);

interface Node {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly unschedulable?: boolean };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

interface Pod {
  readonly metadata: { readonly uid: string };
}

const ids = [101, 102, 103, 111];

/** Three control plane nodes, which run pods too, and a worker. */
class Site {
  private constructor(
    readonly lab: Lab,
    private readonly options: TalosClusterOptions,
  ) {}

  static async start(): Promise<Site> {
    const lab = await startLab({ node: "pve1" });
    const [virtualAddress = "", ...addresses] = [lab.address, ...(await lab.moreAddresses(4))];
    const place = (name: string, index: number) => ({
      name,
      vmId: ids[index] ?? 0,
      host: "pve1",
      address: addresses[index] ?? "",
    });
    return new Site(lab, {
      virtualAddress,
      controlPlanes: ["control-1", "control-2", "control-3"].map(place),
      gpuWorkers: [],
      workers: [place("worker-1", 3)],
      schedulingOnControlPlanes: true,
      nvidia: false,
    });
  }

  readonly names = ["control-1", "control-2", "control-3", "worker-1"];

  /** `npm run deploy`. */
  cdktf(): Cdktf {
    return this.lab.cdktf("talos-cluster", credentials);
  }

  synthesize(changed: Partial<TalosClusterOptions>): Promise<Terraform> {
    return deployTalosCluster(this.lab, { ...this.options, ...changed });
  }

  get kubectl(): Kubectl {
    const kubeconfig = join(this.lab.directory, "clusters/talos-cluster/kubeconfig");
    return new Kubectl(kubeconfig, this.lab.directory, this.lab.environment);
  }

  /** Cores of each VM, in the order of the cluster. */
  cores(): unknown[] {
    return ids.map((id) => this.vm(id).vm.config.cores);
  }

  /** Nodes that are ready and take pods. */
  async taking(): Promise<string[]> {
    const { items } = await this.kubectl.get<{ items: Node[] }>("nodes");
    const isReady = ({ status }: Node) =>
      status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
    return items.filter((node) => isReady(node) && !node.spec.unschedulable).map(({ metadata }) => metadata.name);
  }

  /** Ids of the pods of a deployment. */
  async pods(): Promise<string[]> {
    const { items } = await this.kubectl.get<{ items: Pod[] }>("pods", "--selector=app=web");
    return items.map(({ metadata }) => metadata.uid);
  }

  /** Lets the VM's guest end when it has started once more. */
  endAfterStart(id: number): void {
    const { host } = this.vm(id);
    const end = async (vm: { readonly id: number }) => {
      if (vm.id !== id) return;
      host.power.off("on", end);
      await (await this.lab.node(id)).powerOff();
    };
    host.power.on("on", end);
  }

  restart(id: number): void {
    const { host, vm } = this.vm(id);
    host.stop(vm);
    host.start(vm);
  }

  private vm(id: number) {
    const found = this.lab.proxmox.cluster.vms.find(({ vm }) => vm.id === id);
    if (!found) throw new Error(`there is no VM ${id}`);
    return found;
  }

  /** The fewest control plane nodes that answered while something was done. */
  async fewestDuring<Result>(work: Promise<Result>): Promise<{ readonly fewest: number; readonly result: Result }> {
    let [fewest, done] = [Number.POSITIVE_INFINITY, false];
    const watching = (async () => {
      for await (const _ of setInterval(500)) {
        if (done) return;
        const states = await Promise.all(ids.slice(0, 3).map(async (id) => (await this.lab.node(id)).state()));
        fewest = Math.min(fewest, states.filter(({ on, kubernetes }) => on && kubernetes).length);
      }
    })();
    try {
      return { result: await work, fewest };
    } finally {
      done = true;
      await watching;
    }
  }
}

test("deploy changes one machine after another, stops at the first that stays away, and goes on", async () => {
  const site = await Site.start();
  const { lab } = site;
  succeeded(await (await site.synthesize({})).apply());
  succeeded(await site.kubectl.run("create", "deployment", "web", "--image=registry.example/web", "--replicas=2"));
  await eventually(async () => expect(await site.pods()).toHaveLength(2));

  // WHEN all VMs get another core, and the second does not come back
  site.endAfterStart(101);
  await site.synthesize({ cores: 5, readyTimeout: 60 });
  const stopped = await site.fewestDuring(site.cdktf().run("deploy"));
  // THEN it ends there, and the others answer
  expect(stopped.result.code).toBe(1);
  expect(stopped.result.output).toMatch(/not all nodes are back after 60 seconds: (.*control-1|etcd at )/);
  expect(stopped.result.output).toContain(
    "stopped at the VM of control-1; control-2, control-3 have still to change.\nFix the problem above, then run `npm run deploy` again: it continues where it stopped.",
  );
  expect([site.cores(), stopped.fewest]).toEqual([[5, 4, 4, 5], 2]);

  // WHEN it is back, and the next run is interrupted between two
  site.restart(101);
  await site.synthesize({ cores: 5 });
  const second = site.cdktf();
  const running = site.fewestDuring(second.run("deploy"));
  await second.until("proxmox_virtual_environment_vm.control-2: Modifications complete");
  second.interrupt();
  const interrupted = await running;
  // THEN that ends in order
  expect(interrupted.result.code).not.toBe(0);
  expect([site.cores(), interrupted.fewest]).toEqual([[5, 5, 4, 5], 2]);
  await eventually(async () => expect(await site.taking()).toEqual(site.names));

  // WHEN it is deployed once more, and the machine configuration changes, too
  const pods = await site.pods();
  const terraform = await site.synthesize({
    cores: 5,
    configPatches: [{ machine: { sysctls: { "vm.max_map_count": "262144" } } }],
  });
  const ended = await site.fewestDuring(site.cdktf().run("deploy"));
  succeeded(ended.result);
  // THEN it has gone on, and each node gets its configuration after the one before
  expect([site.cores(), ended.fewest]).toEqual([[5, 5, 5, 5], 2]);
  const order = [
    ...ended.result.output.matchAll(
      /^(?:proxmox_virtual_environment_vm|talos_machine_configuration_apply)[.]([\w-]+): (Modifying|Modifications complete)/gm,
    ),
  ];
  expect(order.map(([, name, what]) => `${name}: ${what}`)).toEqual(
    ["control-3", "worker-1", "control-1", "control-2", "control-3"].flatMap((name) => [
      `${name}: Modifying`,
      `${name}: Modifications complete`,
    ]),
  );
  // What is there stays, and every node takes pods.
  await eventually(async () => expect(await site.taking()).toEqual(site.names));
  await eventually(async () => expect(await site.pods()).toHaveLength(2));
  expect(pods).toHaveLength(2);
  await unchanged(terraform);
  succeeded(await terraform.destroy());
  expect([await terraform.addresses(), lab.proxmox.cluster.vms]).toEqual([[], []]);
});
