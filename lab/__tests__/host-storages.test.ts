import { defaultStorages } from "../proxmox/host";
import { gibibyte } from "../proxmox/size";
import type { StorageOptions } from "../proxmox/storage";
import { HostStack } from "./support/host-stack";
import { provideVmImages, settles, vmOf } from "./support/vm-host";

const [local] = defaultStorages as [StorageOptions];
const zfs = { name: "local-zfs", type: "lvmthin", content: ["images"], capacity: 1000 * gibibyte } as const;
const initialization = { ipConfigs: [{ address: "dhcp" }] };

/** A host that was installed on ZFS, which has no local-lvm. */
async function hostOnZfs(...more: StorageOptions[]): Promise<HostStack> {
  const stack = await HostStack.start({ storages: [local, zfs, ...more], cpus: 4 });
  provideVmImages(stack);
  return stack;
}

test("the EFI disk and the cloud-init drive of a VM are on the storage of its first disk", async () => {
  const stack = await hostOnZfs();
  await settles(stack, [{ vmId: 100, disks: [{ size: 20, datastore: "local-zfs" }], initialization }]);
  expect(stack.proxmox.host.vm(100).config).toMatchObject({
    scsi0: expect.stringMatching(/^local-zfs:/),
    efidisk0: expect.stringMatching(/^local-zfs:/),
    ide2: expect.stringMatching(/^local-zfs:/),
  });
});

test("a storage that cannot keep what a VM puts there is refused when Terraform plans, and no VM is created", async () => {
  const stack = await hostOnZfs(
    { ...zfs, name: "off", unusable: "disabled" },
    { ...zfs, name: "away", unusable: "not online" },
  );
  const disks = [{ size: 20, datastore: "local-zfs" }];
  await stack.write((scope, connection) => {
    const vms = {
      by_default: { initialization },
      efi: { disks, efiDisk: { datastore: "local-lvm" } },
      init: { disks, initialization: { ...initialization, datastore: "off" } },
      kind: { disks: [{ size: 20, datastore: "away" }] },
      iso: { disks, boot: { iso: { fileId: "isos:iso/talos.iso" } } },
    };
    for (const [id, props] of Object.entries(vms)) vmOf(scope, connection, id, props);
  });
  const refusals = await stack.refusals();
  expect(refusals.map((text) => text.replaceAll(/\s+/g, " "))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^disks\[0\].datastore "local-lvm" is not a storage of node "pve".*here: local, local-zfs \[vm-storage\]$/,
      ),
      expect.stringMatching(/^efiDisk.datastore "local-lvm" is not a storage of node "pve"/),
      expect.stringMatching(/^initialization.datastore "off" is disabled or not active on node "pve"/),
      expect.stringMatching(/^disks\[0\].datastore "away" is disabled or not active on node "pve"/),
      expect.stringMatching(/^boot.iso.fileId "isos" is not a storage of node "pve"/),
    ]),
  );
  expect(refusals).toHaveLength(5);
  expect(stack.proxmox.host.vms.size).toBe(0);
});

test("more processors than the host has are refused when Terraform plans", async () => {
  const stack = await hostOnZfs();
  const disks = [{ size: 20, datastore: "local-zfs" }];
  const write = (sockets: number) =>
    stack.write((scope, connection) => void vmOf(scope, connection, "vm", { disks, cpu: { cores: 2, sockets } }));
  await write(3);
  expect(await stack.refusals()).toEqual([
    expect.stringMatching(/is 6, and node\s+"pve" has 4 threads; write less \[host-processors\]/),
  ]);
  await write(2);
  expect(await stack.refusals()).toEqual([]);
});

test("disks that are larger than what their storage has to spare are told when Terraform plans, until the VM is there", async () => {
  const stack = await hostOnZfs({ ...zfs, name: "small", capacity: 30 * gibibyte });
  const vm = { vmId: 100, disks: [{ size: 20, datastore: "small" }] };
  await stack.write((scope, connection) => void vmOf(scope, connection, "vm", vm));
  expect((await stack.terraform.plan()).output).not.toContain("vm-storage-space");
  await settles(stack, [vm]);
  expect((await stack.terraform.plan()).output).not.toContain("vm-storage-space");
  await stack.write(
    (scope, connection) => void vmOf(scope, connection, "another", { ...vm, vmId: 101, name: "another" }),
  );
  expect((await stack.terraform.plan()).output).toContain("vm-storage-space");
});
