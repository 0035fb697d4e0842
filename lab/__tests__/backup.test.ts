import type { VmBackup } from "../../constructs";
import { defaultStorages } from "../proxmox/host";
import { credentials, documentedRole, root, tokenWithRole } from "./support/accounts";
import { deployVm, gpuVm, provideImage, vmStack } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

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
