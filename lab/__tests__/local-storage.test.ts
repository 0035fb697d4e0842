import { LocalStorage, type LocalStorageProps, type TalosGpuCluster } from "../../constructs";
import type { ProxmoxGpuVmProps } from "../../constructs/proxmox/gpu-vm-props";
import type { Lab } from "../lab";
import { gibibyte } from "../proxmox/size";
import type { Terraform } from "../terraform";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { strictly } from "./support/strict";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";
import { claim, ends, reads, writes } from "./support/volume";

const disks: ProxmoxGpuVmProps["disks"] = [{ size: 20 }, { size: 50 }];

const deploy = (lab: Lab, options: ClusterOptions = {}, props: Partial<LocalStorageProps> = {}): Promise<Terraform> =>
  deployCluster(lab, {
    ...options,
    vm: { disks, ...options.vm },
    force: (stack) => {
      new LocalStorage(stack, "storage", { node: stack.cluster, disk: "scsi1", ...props });
      options.force?.(stack);
    },
  });

test("a volume is on the disk of its node, and outlives pods and growth", async () => {
  const lab = await startLab();
  const terraform = await deploy(lab);
  const { code, output } = await terraform.apply();
  expect([code, output]).toEqual([0, expect.stringContaining("a volume on node talos-gpu has outlived its pod")]);
  await unchanged(terraform);
  const kubectl = await lab.kubectl(100);
  expect(await strictly(kubectl)).toMatchObject({ "localpv-provisioner": "", "local-storage-prerequisites": "" });
  // What the test claimed is gone, with what was on it.
  await eventually(async () => {
    const { items } = await kubectl.get<{ items: object[] }>("pv,pvc,jobs", "--all-namespaces");
    expect(items).toEqual([]);
  });

  succeeded(await kubectl.apply(claim("1Gi")));
  expect(await ends(kubectl, "writer", writes)).toBe("Succeeded");
  expect(await ends(kubectl, "reader", reads)).toBe("Succeeded");
  expect(await ends(kubectl, "other-reader", reads.replace("llama", "mistral"))).toBe("Failed");

  const grown = await deploy(lab, { vm: { disks: [{ size: 20 }, { size: 60 }] } });
  expect((await grown.changes()).map(({ address, change }) => `${change.actions} ${address}`)).toEqual([
    "update proxmox_virtual_environment_vm.talos_node",
    "update terraform_data.talos_node_disks",
  ]);
  const { host } = lab.proxmox;
  const volume = () => host.vm(100).volume(String(host.vm(100).get("scsi1")).split(",")[0] ?? "");
  const before = volume();
  succeeded(await grown.apply());
  await unchanged(grown);
  expect(volume()).toEqual({ ...before, size: 60 * gibibyte });
  expect(await ends(kubectl, "after-growth", reads)).toBe("Succeeded");

  const withoutDisk = await deployCluster(lab, { vm: { disks: disks?.slice(0, 1) } });
  const kept = await withoutDisk.plan();
  expect([kept.code, unwrapped(kept.output)]).toEqual([1, expect.stringContaining("[disk-kept]")]);

  const moved = await deploy(lab, { vm: { disks: [{ size: 20 }, { size: 60 }, { size: 10 }] } }, { disk: "scsi2" });
  const refused = await moved.plan();
  expect([refused.code, unwrapped(refused.output)]).toEqual([
    1,
    expect.stringContaining('disk "scsi2" would abandon the volumes of "scsi1" behind'),
  ]);
  const destroyed = await grown.destroy();
  expect([destroyed.code, destroyed.output]).toEqual([0, expect.stringContaining("default/models: pvc-")]);
  expect(await grown.addresses()).toEqual([]);
});

/** Gives what is broken five seconds to mend by itself. */
const impatient = (stack: TalosGpuCluster): void => {
  const storage = stack.node.tryFindChild("storage") as LocalStorage;
  for (const test of storage.storageTest?.provisioners ?? []) {
    if (test.type === "local-exec" && test.environment) test.environment.PATIENCE = "5";
  }
};

test("the test of the storage names the link that is broken", async () => {
  const lab = await startLab();
  const terraform = await deploy(lab, { force: impatient });
  succeeded(await terraform.apply());
  const kubectl = await lab.kubectl(100);
  const said = async (): Promise<string> => {
    const { code, output } = await terraform.apply("-replace=null_resource.storage_test");
    return code === 0 ? "" : unwrapped(output);
  };
  const label = (level: string) =>
    kubectl.run("label", "namespace", "local-storage", `pod-security.kubernetes.io/enforce=${level}`, "--overwrite");

  succeeded(await label("baseline"));
  expect(await said()).toMatch(/no volume that survives its pod: the claim is Pending: .*violates PodSecurity/);
  succeeded(await label("privileged"));

  const scale = (replicas: number) =>
    kubectl.run(
      ...["scale", "deployment", "localpv-provisioner", "--namespace=local-storage", `--replicas=${replicas}`],
    );
  succeeded(await scale(0));
  expect(await said()).toContain("no volume that survives its pod: the provisioner does not run");
  succeeded(await scale(1));

  const selector = (value: string) =>
    kubectl.run(
      ...["patch", "deployment", "localpv-provisioner", "--namespace=local-storage"],
      `--patch={"spec":{"template":{"spec":{"nodeSelector":{"no":${value}}}}}}`,
    );
  succeeded(await selector('"such"'));
  succeeded(await kubectl.run("delete", "pods", "--all", "--namespace=local-storage", "--now"));
  expect(await said()).toMatch(/the provisioner does not run: .*node affinity/);
  succeeded(await selector("null"));

  const node = await lab.node(100);
  await node.setFaults({ pod: "local-storage/storage-test-*", reason: "ErrImagePull" });
  expect(await said()).toContain("no volume that survives its pod: an image was not pulled: Failed to pull image");
  await node.setFaults({ method: "volume", message: "filesystem type mismatch: ext4 != xfs" });
  expect(await said()).toMatch(/no user volume: local on node talos-gpu is failed .*filesystem type mismatch/);
  await node.setFaults();
  expect(await said()).toBe("");

  // Whoever has detached the disk in Proxmox meets it when the VM boots.
  const hardware = { cores: 4, memory: 8192, gpus: 0, links: [] };
  await node.powerOff();
  await node.powerOn(hardware);
  await eventually(async () => expect((await kubectl.run("get", "--raw=/readyz")).code).toBe(0));
  expect(await said()).toContain("no disk: node talos-gpu has none for the user volume local; see the VM's hardware");
});
