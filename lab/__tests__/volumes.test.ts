import { join } from "node:path";
import { LocalStorage, type ProxmoxConnection, ProxmoxCsi, type TalosCluster } from "../../constructs";
import { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { defaultStorages } from "../proxmox/host";
import { gibibyte } from "../proxmox/size";
import type { StorageOptions } from "../proxmox/storage";
import type { Terraform } from "../terraform";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { deployTalosCluster, type Place } from "./support/talos-cluster";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";
import { claim, ends, reads, server, type Use, unscheduled, writes } from "./support/volume";

const nas: StorageOptions = {
  name: "nas",
  type: "nfs",
  content: ["images"],
  capacity: 1000 * gibibyte,
  shared: true,
};

/** A control plane that runs pods on one node of Proxmox, a worker on another, and volumes of both drivers. */
class Site {
  private constructor(
    readonly lab: Lab,
    private readonly control: Place,
    private readonly worker: Place,
  ) {}

  static async start(): Promise<Site> {
    const storages = [...defaultStorages, nas];
    const lab = await startLab({ node: "pve1", storages, furtherNodes: [{ node: "pve2", storages }] });
    const [address = ""] = await lab.moreAddresses(1);
    const control = { name: "control-1", vmId: 101, host: "pve1", address: lab.address };
    return new Site(lab, control, { name: "worker-1", vmId: 111, host: "pve2", address, replaceable: true });
  }

  async applied(workers = [this.worker], ...options: string[]): Promise<{ terraform: Terraform; output: string }> {
    const terraform = await deployTalosCluster(this.lab, {
      ...{ controlPlanes: [this.control], gpuWorkers: [], workers, nvidia: false },
      schedulingOnControlPlanes: true,
      disks: [{ size: 20 }, { size: 50 }],
      force: (cluster) => this.storage(cluster),
    });
    const { code, output } = await terraform.apply(...options);
    expect([code, output]).toEqual([0, expect.anything()]);
    await unchanged(terraform);
    return { terraform, output: unwrapped(output) };
  }

  private storage(cluster: TalosCluster): void {
    const { scope } = cluster.node;
    new ProxmoxCsi(scope ?? cluster, "csi", {
      node: cluster,
      connection: scope?.node.findChild("proxmox") as ProxmoxConnection,
      storageClasses: [{ storage: "nas" }, { storage: "local-lvm" }],
      certificateAuthority: this.lab.proxmox.authority.cert,
      storageTest: false,
    });
    const local = { disk: "scsi1", defaultClass: false, storageTest: false };
    new LocalStorage(scope ?? cluster, "storage", { node: cluster, ...local });
  }

  get kubectl(): Kubectl {
    const kubeconfig = join(this.lab.directory, "clusters/talos-cluster/kubeconfig");
    return new Kubectl(kubeconfig, this.lab.directory, this.lab.environment);
  }

  /** The VMs that have a volume of a storage. */
  attachedTo(storage: string): string[] {
    const has = (value: unknown) => String(value).startsWith(`${storage}:`) && String(value).includes("vm-9999-");
    return this.lab.proxmox.cluster.vms
      .filter(({ vm }) => Object.values(vm.config).some(has))
      .map(({ vm }) => String(vm.name));
  }
}

const shared: Use = { claim: "shared", storageClass: "proxmox-nas" };
const bound: Use = { claim: "bound", storageClass: "proxmox-local-lvm" };
const local: Use = { claim: "local", storageClass: "local" };
const on = (node: string, use: Use): Use => ({ ...use, node });

test("a volume follows its pod to the other nodes of Proxmox where its storage is shared, and says why not where it is not", async () => {
  const site = await Site.start();
  const { output } = await site.applied();
  expect(output).toContain('storageClasses[1].storage "local-lvm" is not shared by the Proxmox nodes');
  const { kubectl } = site;
  for (const use of [shared, bound, local]) {
    succeeded(await kubectl.apply(claim("1Gi", use)));
    expect([use, await ends(kubectl, "writer", writes, on("worker-1", use))]).toEqual([use, "Succeeded"]);
  }
  expect(await ends(kubectl, "reader", reads, on("control-1", shared))).toBe("Succeeded");
  const other = reads.replace("llama", "mistral");
  expect(await ends(kubectl, "other-reader", other, on("control-1", shared))).toBe("Failed");
  for (const use of [bound, local]) {
    expect(await unscheduled(kubectl, "stranger", on("control-1", use))).toMatch(
      /volume node affinity|PersistentVolume's node affinity/,
    );
    expect([use, await ends(kubectl, "reader", reads, on("worker-1", use))]).toEqual([use, "Succeeded"]);
  }
  // Each machine has volumes of its own.
  const own: Use = { ...on("control-1", local), claim: "local-control" };
  succeeded(await kubectl.apply(claim("1Gi", own)));
  expect(await ends(kubectl, "writer", writes.replace("llama", "mistral"), own)).toBe("Succeeded");
  expect(await ends(kubectl, "reader", reads, on("worker-1", local))).toBe("Succeeded");
  expect(await ends(kubectl, "other-reader", other, own)).toBe("Succeeded");

  // A pod whose node is cordoned, and one whose node is taken away while it runs there.
  succeeded(await kubectl.apply(server("server", shared)));
  const [first = ""] = await eventually(() => {
    expect(site.attachedTo("nas")).toHaveLength(1);
    return site.attachedTo("nas");
  });
  const second = first === "worker-1" ? "control-1" : "worker-1";
  succeeded(await kubectl.run("cordon", first));
  succeeded(await kubectl.run("delete", "pods", "--selector=app=server"));
  await eventually(() => expect(site.attachedTo("nas")).toEqual([second]));
  succeeded(await kubectl.run("uncordon", first));

  // Disks of the CSI driver outlive the VM that has them attached. A disk of the VM does not.
  await site.applied(undefined, "-replace=proxmox_virtual_environment_vm.worker-1");
  succeeded(await kubectl.run("scale", "deployment", "server", "--replicas=0"));
  await eventually(() => expect(site.attachedTo("nas")).toEqual([]));
  expect(await ends(kubectl, "reader", reads, on("worker-1", shared))).toBe("Succeeded");
  expect(await ends(kubectl, "reader", reads, on("worker-1", bound))).toBe("Succeeded");
  expect(await ends(kubectl, "reader", reads, on("worker-1", local))).toBe("Failed");

  const { terraform } = await site.applied([]);
  expect(await ends(kubectl, "reader", reads, shared)).toBe("Succeeded");
  expect(await unscheduled(kubectl, "stranger", bound)).toMatch(/node affinity/);
  const destroyed = await terraform.destroy();
  expect([destroyed.code, destroyed.output]).toEqual([
    0,
    expect.stringMatching(
      /default\/bound: pvesm free local-lvm:vm-9999-pvc-\S+\n.*default\/shared: pvesm free nas:9999\/vm-9999-pvc-\S+\.raw/s,
    ),
  ]);
});
