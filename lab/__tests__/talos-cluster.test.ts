import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { graphicsCard } from "../proxmox/pci-device";
import type { Terraform } from "../terraform";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { deployTalosCluster, type Place, type TalosClusterOptions } from "./support/talos-cluster";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

jest.setTimeout(1_500_000);

interface Node {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly unschedulable?: boolean };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly allocatable: Record<string, string>;
    readonly nodeInfo: { readonly kubeletVersion: string };
  };
}

const hosts = ["pve1", "pve2", "pve3"] as const;
const silent = 120;

/** The lab, its cluster and what a test asks them. */
class Site {
  private constructor(
    readonly lab: Lab,
    readonly options: TalosClusterOptions,
    readonly spare: Place,
  ) {}

  /** Three hosts, of which two have a GPU; three control plane nodes, two GPU workers, and room for one more. */
  static async start(): Promise<Site> {
    const lab = await startLab({
      node: "pve1",
      devices: graphicsCard("0000:01:00", 14),
      furtherNodes: [
        { node: "pve2", devices: graphicsCard("0000:01:00", 14) },
        { node: "pve3", devices: graphicsCard("0000:01:00", 14) },
      ],
      nodeFaults: (vmid) => (vmid === silent ? [{ method: "*", drop: true }] : []),
    });
    const [virtualAddress = "", ...addresses] = [lab.address, ...(await lab.moreAddresses(6))];
    const place = (name: string, vmId: number, at: number): Place => ({
      name,
      vmId,
      host: hosts[at % 3] ?? hosts[0],
      address: addresses[at] ?? "",
    });
    const options = {
      virtualAddress,
      controlPlanes: [place("control-1", 101, 0), place("control-2", 102, 1), place("control-3", 103, 2)],
      gpuWorkers: [place("gpu-1", 111, 3), place("gpu-2", 112, 4)],
      version: "v1.13.8",
      kubernetesVersion: "1.34.1",
    };
    return new Site(lab, options, place("worker-1", silent, 5));
  }

  deploy(changed: Partial<TalosClusterOptions> = {}): Promise<Terraform> {
    return deployTalosCluster(this.lab, { ...this.options, ...changed });
  }

  /** Applies, after which nothing is left to do. */
  async applied(changed: Partial<TalosClusterOptions> = {}, ...options: string[]): Promise<Terraform> {
    const terraform = await this.deploy(changed);
    succeeded(await terraform.apply(...options));
    await unchanged(terraform);
    return terraform;
  }

  /** kubectl as a user has it, at the virtual IP. */
  get kubectl(): Kubectl {
    const kubeconfig = join(this.lab.directory, "clusters/talos-cluster/kubeconfig");
    return new Kubectl(kubeconfig, this.lab.directory, this.lab.environment);
  }

  /** All nodes that Kubernetes knows, with whether they are ready, and how many GPUs they have to give. */
  async nodes(): Promise<Record<string, string>> {
    const { items } = await this.kubectl.get<{ items: Node[] }>("nodes");
    const words = ({ metadata, spec, status }: Node): [string, string] => {
      const isReady = status.conditions.find(({ type }) => type === "Ready")?.status === "True";
      const ready = `${isReady ? "ready" : "not ready"}${spec.unschedulable ? ", cordoned" : ""}`;
      const gpus = Number(status.allocatable["nvidia.com/gpu"] ?? 0);
      return [metadata.name, gpus > 0 ? `${ready}, ${gpus} GPU` : ready];
    };
    return Object.fromEntries(items.map(words));
  }

  async state(vmid: number) {
    return (await this.lab.node(vmid)).state();
  }

  /** Switches a VM off, and on again where that is wanted. */
  power(vmid: number, on: boolean): void {
    const found = this.lab.proxmox.cluster.vms.find(({ vm }) => vm.id === vmid);
    if (!found) throw new Error(`there is no VM ${vmid}`);
    if (on) found.host.start(found.vm);
    else found.host.stop(found.vm);
  }

  /** How many control plane nodes answer. */
  async answering(): Promise<number> {
    const states = await Promise.allSettled(this.options.controlPlanes.map(({ vmId }) => this.state(vmId)));
    // Of a VM that is being replaced there is no state for a while.
    return states.filter((each) => each.status === "fulfilled" && each.value.on && each.value.kubernetes).length;
  }

  /** The fewest control plane nodes that answered while something was done. */
  async fewestDuring<Result>(work: Promise<Result>): Promise<{ readonly fewest: number; readonly result: Result }> {
    let [fewest, done] = [Number.POSITIVE_INFINITY, false];
    const watching = (async () => {
      for await (const _ of setInterval(500)) {
        if (done) return;
        fewest = Math.min(fewest, await this.answering());
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

const five = {
  "control-1": "ready",
  "control-2": "ready",
  "control-3": "ready",
  "gpu-1": "ready, 1 GPU",
  "gpu-2": "ready, 1 GPU",
};

test("three control plane nodes and two GPU workers come up at once, change one at a time, survive what happens to one, and go", async () => {
  const site = await Site.start();
  const { lab, options, spare } = site;

  // WHEN it is applied once
  await site.applied();
  // THEN every node is ready and both GPUs may be used
  await eventually(async () => expect(await site.nodes()).toEqual(five));
  succeeded(await site.kubectl.run("create", "configmap", "kept"));
  const kept = async () => succeeded(await site.kubectl.run("get", "configmap", "kept"));

  // WHEN the control plane with the virtual IP goes away
  const held = await Promise.all(
    options.controlPlanes.map(async (each) => ({ each, is: await site.state(each.vmId) })),
  );
  const holder = held.find(({ is }) => is.virtualIPs.includes(options.virtualAddress ?? ""))?.each;
  if (!holder) throw new Error("nobody holds the virtual IP");
  site.power(holder.vmId, false);
  // THEN another one has it
  await eventually(kept);
  site.power(holder.vmId, true);
  await eventually(async () => expect([await site.answering(), await site.nodes()]).toEqual([3, five]));

  // WHEN a worker is added that never answers
  const failed = await (await site.deploy({ workers: [spare], readyTimeout: 20 })).apply();
  // THEN that is said, and the others are as they were
  expect(failed.code).toBe(1);
  expect(unwrapped(failed.output)).toContain(`the Talos node at ${spare.address} does not answer, after 20 seconds`);
  expect(await site.nodes()).toEqual(five);
  // AND it joins when it answers
  await (await lab.node(silent)).setFaults();
  await site.applied({ workers: [spare] });
  await eventually(async () => expect(await site.nodes()).toEqual({ ...five, "worker-1": "ready" }));

  // WHEN it is removed again, and a worker and a control plane are replaced
  const replaced = ["control-2", "gpu-1"].map((name) => `-replace=proxmox_virtual_environment_vm.${name}`);
  const replacement = await site.fewestDuring(site.applied({}, ...replaced));
  // THEN there is a quorum all the time, and what is left of the cluster is ready and keeps its objects
  expect(replacement.fewest).toBeGreaterThanOrEqual(2);
  await eventually(async () => expect(await site.nodes()).toEqual(five));
  expect(await site.state(102)).toMatchObject({ stage: "joined" });
  await kept();

  // WHEN one dies in the middle of an upgrade
  const newer = { version: "v1.13.9", kubernetesVersion: "1.35.4" };
  const everyone = [...options.controlPlanes, ...options.gpuWorkers];
  const versions = async () => Promise.all(everyone.map(async ({ vmId }) => (await site.state(vmId)).version));
  await (await lab.node(102)).setFaults({ method: "boot", message: "kernel panic" });
  const interrupted = await (await site.deploy({ ...newer, readyTimeout: 60 })).apply();
  // THEN the rest is left alone, and answers
  expect(interrupted.code).toBe(1);
  expect((await versions()).filter((version) => version === "v1.13.9")).toHaveLength(1);
  expect(await site.answering()).toBe(2);
  await kept();
  // AND once it is switched on again, the next apply upgrades node by node
  await (await lab.node(102)).setFaults();
  site.power(102, false);
  site.power(102, true);
  await eventually(async () => expect(await site.answering()).toBe(3));
  const upgrade = await site.fewestDuring(site.applied(newer));
  expect(upgrade.fewest).toBeGreaterThanOrEqual(2);
  expect(await versions()).toEqual(everyone.map(() => "v1.13.9"));
  await eventually(async () => expect(await site.nodes()).toEqual(five));
  await kept();

  // WHEN it is destroyed
  succeeded(await upgrade.result.destroy());
  // THEN nothing of it is left
  expect([await upgrade.result.addresses(), lab.proxmox.cluster.vms]).toEqual([[], []]);
});
