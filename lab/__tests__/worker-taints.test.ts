import { join } from "node:path";
import { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { graphicsCard } from "../proxmox/pci-device";
import type { Terraform } from "../terraform";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { deployTalosCluster, type Place, type TalosClusterOptions } from "./support/talos-cluster";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

jest.setTimeout(1_500_000);

interface Node {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels: Record<string, string> };
  readonly spec: {
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
}

const host = "pve1";
const gpuTaint = "nvidia.com/gpu=present:NoSchedule";

/** A control plane, a worker for all pods and one with a GPU, and room for another one with a GPU. */
class Site {
  private constructor(
    readonly lab: Lab,
    readonly options: TalosClusterOptions,
    readonly spare: Place,
  ) {}

  static async start(): Promise<Site> {
    const devices = [...graphicsCard("0000:01:00", 14)];
    const lab = await startLab({ node: host, devices, furtherNodes: [{ node: "pve2", devices }] });
    const [virtualAddress = "", ...addresses] = [lab.address, ...(await lab.moreAddresses(4))];
    const place = (name: string, vmId: number, at: number, on = host): Place => ({
      name,
      vmId,
      host: on,
      address: addresses[at] ?? "",
      replaceable: true,
    });
    const options = {
      virtualAddress,
      controlPlanes: [place("control-1", 101, 0)],
      workers: [place("worker-1", 121, 1)],
      gpuWorkers: [place("gpu-1", 111, 2)],
    };
    return new Site(lab, options, place("gpu-2", 112, 3, "pve2"));
  }

  /** Applies, after which nothing is left to do. */
  async applied(changed: Partial<TalosClusterOptions>, ...options: string[]): Promise<Terraform> {
    const terraform = await deployTalosCluster(this.lab, { ...this.options, ...changed });
    succeeded(await terraform.apply(...options));
    await unchanged(terraform);
    return terraform;
  }

  get kubectl(): Kubectl {
    const kubeconfig = join(this.lab.directory, "clusters/talos-cluster/kubeconfig");
    return new Kubectl(kubeconfig, this.lab.directory, this.lab.environment);
  }

  async nodes(): Promise<readonly Node[]> {
    return (await this.kubectl.get<{ items: Node[] }>("nodes")).items;
  }

  /** Each worker's label for the plugin, and its taints but for those of Kubernetes itself. */
  async workers(): Promise<Record<string, string>> {
    const workers = (await this.nodes()).filter(({ metadata }) => metadata.name !== "control-1");
    return Object.fromEntries(
      workers.map(({ metadata: { name, labels }, spec: { taints = [] } }) => {
        const own = taints.filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
        const written = own.map(({ key, value, effect }) => `${key}=${value}:${effect}`);
        return [name, [...(labels["nvidia.com/gpu.present"] === "true" ? ["labelled"] : []), ...written].join(" ")];
      }),
    );
  }

  async uidOf(name: string): Promise<string | undefined> {
    return (await this.nodes()).find(({ metadata }) => metadata.name === name)?.metadata.uid;
  }
}

test("workers with GPUs are tainted and labelled, those that join and those that are there, for as long as they are to be", async () => {
  const site = await Site.start();
  const tainted = { nvidia: { taint: true } };
  const both = { gpuWorkers: [...site.options.gpuWorkers, site.spare] };

  await site.applied(tainted);
  expect(await site.workers()).toEqual({ "worker-1": "", "gpu-1": `labelled ${gpuTaint}` });

  // A taint of somebody else stays.
  succeeded(await site.kubectl.run("taint", "nodes", "gpu-1", "example.com/mine=yes:PreferNoSchedule"));
  await site.applied({ nvidia: { taint: false } });
  expect(await site.workers()).toEqual({ "worker-1": "", "gpu-1": "labelled example.com/mine=yes:PreferNoSchedule" });
  succeeded(await site.kubectl.run("taint", "nodes", "gpu-1", "example.com/mine-"));

  await site.applied({ ...both, ...tainted });
  const all = { "worker-1": "", "gpu-1": `labelled ${gpuTaint}`, "gpu-2": `labelled ${gpuTaint}` };
  expect(await site.workers()).toEqual(all);

  const before = await site.uidOf("gpu-2");
  await site.applied({ ...both, ...tainted }, "-replace=proxmox_virtual_environment_vm.gpu-2");
  expect(await site.uidOf("gpu-2")).not.toBe(before);
  expect(await site.workers()).toEqual(all);

  // Nobody hands out GPUs any more, and Talos takes its label back.
  const terraform = await site.applied({ ...both, nvidia: false });
  await eventually(async () => expect(await site.workers()).toEqual({ "worker-1": "", "gpu-1": "", "gpu-2": "" }));
  succeeded(await terraform.destroy());
  expect(await terraform.addresses()).toEqual([]);
});
