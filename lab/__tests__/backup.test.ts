import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { VmBackup } from "../../constructs";
import { defaultStorages } from "../proxmox/host";
import { credentials, documentedRole, root, tokenWithRole } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { deployVm, gpuVm, provideImage, vmStack } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { ends, pod, reads, server, writes } from "./support/volume";
import { ofNode, ofProxmox, withVolumes, writeVolumes } from "./support/volumes";

const storages = defaultStorages.map((storage) =>
  storage.name === "local" ? { ...storage, content: [...storage.content, "backup"] } : storage,
);

test("a VM is backed up by a job of Proxmox, which is changed with the site and goes with the VM", async () => {
  const account = tokenWithRole([...documentedRole(), "Sys.Modify"]);
  const lab = await startLab({ storages, accounts: [root, account] });
  provideImage(lab);
  const jobs = () => lab.proxmox.cluster.backupJobs.all;
  const vm = (backup?: VmBackup, image = { fileId: "local:import/talos.qcow2", guestAgent: false }) =>
    gpuVm(
      lab,
      { gpus: [{ mapping: { name: "gpu", address: "01:00" } }], boot: { image }, backup },
      { credentials: "api-token" },
    );
  const terraform = await deployVm(lab, vm({ datastore: "local", keep: { last: 2, weekly: 4 } }), credentials);
  succeeded(await terraform.apply());
  expect(jobs()).toEqual([
    {
      id: "vm-100",
      vmid: "100",
      storage: "local",
      schedule: "02:00",
      compress: "zstd",
      "prune-backups": "keep-last=2,keep-weekly=4",
      enabled: "1",
    },
  ]);
  expect(await terraform.plan()).toMatchObject({ code: 0 });

  lab.synthesize(vmStack(vm({ datastore: "local", schedule: "sat 04:00", keep: { last: 3 } })));
  succeeded(await terraform.apply());
  expect(jobs()).toMatchObject([{ id: "vm-100", schedule: "sat 04:00", "prune-backups": "keep-last=3" }]);
  expect(await terraform.plan()).toMatchObject({ code: 0 });

  succeeded(await terraform.destroy());
  expect([jobs(), [...lab.proxmox.host.vms.keys()]]).toEqual([[], []]);
});

const writesOther = writes.replace("llama", "mistral");
const readsOther = reads.replace("llama", "mistral");

test("a restored VM has the disks of its backup, and those that are not part of it are as they are, but not attached", async () => {
  const lab = await startLab();
  const options = withVolumes(lab);
  const disks = [{ size: 100 }, { size: 50, backup: false }, { size: 10 }];
  const terraform = await deployCluster(lab, { ...options, nvidia: false, vm: { disks } });
  succeeded(await terraform.apply());
  const { host } = lab.proxmox;
  const kubectl = await lab.kubectl(100);
  const volumeAt = (key: string) => host.vm(100).volume(String(host.vm(100).get(key)).split(",")[0] ?? "");
  const fileOn = (key: string) => join(lab.backups.contentOf(100, key, volumeAt(key)?.identity ?? ""), "name");

  // Talos has one volume and the system disk, Proxmox's driver another. The third disk is for whatever else.
  await writeVolumes(kubectl);
  writeFileSync(fileOn("scsi2"), "llama");
  succeeded(await kubectl.apply(server("server", ofProxmox)));
  const attached = () =>
    Object.entries(host.vm(100).config).flatMap(([key, value]) =>
      key.startsWith("scsi") && String(value).includes("vm-9999-") ? [String(value)] : [],
    );
  await eventually(() => expect(attached()).toEqual([expect.stringContaining("backup=0")]));
  const backup = await lab.backups.take(100);
  expect([...backup.volumes.keys()].sort()).toEqual(["efidisk0", "scsi0", "scsi2"]);
  await eventually(async () => succeeded(await kubectl.run("create", "configmap", "after")));
  for (const use of [ofProxmox, ofNode]) expect(await ends(kubectl, "writer", writesOther, use)).toBe("Succeeded");
  writeFileSync(fileOn("scsi2"), "mistral");
  const local = volumeAt("scsi1");

  host.stop(host.vm(100));
  await lab.backups.restore(backup);
  const restored = host.vm(100);
  expect([restored.get("scsi1"), restored.get("unused0"), attached()]).toEqual([undefined, local?.volid, []]);
  expect(volumeAt("scsi0")?.identity).not.toBe(backup.volumes.get("scsi0")?.identity);
  expect(readFileSync(fileOn("scsi2"), "utf8")).toBe("llama");

  // As the page has it: the notes of the VM have the disk as it was.
  const [, disk = ""] = /^scsi1: (.*)$/m.exec(String(restored.get("description"))) ?? [];
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  const answer = await client.call("PUT", `nodes/${host.node}/qemu/100/config`, { scsi1: disk });
  expect([answer.status, restored.get("unused0"), volumeAt("scsi1")?.identity]).toEqual([
    200,
    undefined,
    local?.identity,
  ]);
  host.start(restored);
  await eventually(async () => succeeded(await kubectl.run("get", "--raw=/readyz")));
  expect((await kubectl.run("get", "configmap", "after")).output).toContain("not found");
  expect(await ends(kubectl, "reader", readsOther, ofNode)).toBe("Succeeded");

  // Kubernetes takes the volume for attached, until no pod uses it.
  succeeded(await kubectl.apply(pod("reader", readsOther, ofProxmox)));
  await eventually(async () =>
    expect((await kubectl.run("get", "events")).output).toContain("MountVolume.MountDevice failed"),
  );
  succeeded(await kubectl.run("delete", "pod", "reader", "--now"));
  succeeded(await kubectl.run("scale", "deployment", "server", "--replicas=0"));
  await eventually(async () =>
    expect((await kubectl.run("get", "volumeattachments")).output).toContain("No resources found"),
  );
  expect(await ends(kubectl, "reader", readsOther, ofProxmox)).toBe("Succeeded");

  // All that the stack and the VM differ in are the notes, which the next apply takes away.
  const [vm, ...others] = await terraform.changes();
  const [before, after] = [vm?.change.before, vm?.change.after].map((each) => (each ?? {}) as Record<string, unknown>);
  const differing = Object.entries(after ?? {}).filter(([key, value]) => !isDeepStrictEqual(value, before?.[key]));
  expect([others, differing.map(([key]) => key)]).toEqual([[], ["description"]]);
});
