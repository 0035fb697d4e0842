import { DownloadedImage } from "../../constructs";
import type { ProxmoxHost } from "../proxmox/host";
import { defaultStorages } from "../proxmox/host";
import { HostStack } from "./support/host-stack";
import { settles, vmOf } from "./support/vm-host";

/** A cluster of two nodes. */
const twoNodes = (shared = false): Promise<HostStack> => {
  const storages = defaultStorages.map((storage) => ({ ...storage, shared }));
  return HostStack.start({ node: "pve", storages, furtherNodes: [{ node: "pve2", storages }] });
};

function provideTemplate(host: ProxmoxHost, id: number): void {
  const template = host.createVm(id, (vm) => {
    const values = { name: "talos-template", bios: "ovmf", machine: "q35", scsihw: "virtio-scsi-pci" };
    for (const [key, value] of Object.entries({ ...values, scsi0: "local-lvm:10" })) vm.set(key, value);
  });
  template.makeTemplate();
}

const clone = (props: object) =>
  ({ boot: { clone: { scsiHardware: "virtio-scsi-pci", bios: "ovmf", ...props } } }) as const;

test("a template is cloned on the node that has it; of several of one name, the one on the VM's own node", async () => {
  const stack = await twoNodes();
  const [pve, pve2] = stack.proxmox.cluster.hosts as [ProxmoxHost, ProxmoxHost];
  provideTemplate(pve2, 9000);
  provideTemplate(pve, 9001);
  await settles(stack, [
    { vmId: 100, node: "pve", ...clone({ name: "talos-template" }) },
    { vmId: 101, node: "pve2", ...clone({ name: "talos-template" }) },
    { vmId: 102, node: "pve2", ...clone({ id: 9000 }) },
  ]);
  const clones = stack.proxmox.journal
    .find("POST", /\/clone$/)
    .map(({ path, parameters }) => `${parameters.newid} ${path}`);
  expect(clones.sort()).toEqual([
    expect.stringMatching(/^100 .*nodes\/pve\/qemu\/9001/),
    expect.stringMatching(/^101 .*nodes\/pve2\/qemu\/9000/),
    expect.stringMatching(/^102 .*nodes\/pve2\/qemu\/9000/),
  ]);
});

test("a template on another node is asked for there", async () => {
  const stack = await twoNodes();
  provideTemplate(stack.proxmox.cluster.hosts[1] as ProxmoxHost, 9000);
  await stack.write((scope, connection) => {
    vmOf(scope, connection, "by_name", { ...clone({ name: "talos-template" }) });
    vmOf(scope, connection, "by_id", { ...clone({ id: 9000 }) });
  });
  const planned = await stack.terraform.changes();
  const sources = planned.flatMap(({ address, change }) =>
    address.startsWith("proxmox_virtual_environment_vm.") ? (change.after as { clone: object[] }).clone : [],
  );
  expect(sources).toEqual([
    expect.objectContaining({ node_name: "pve2", vm_id: 9000 }),
    expect.objectContaining({ node_name: "pve2", vm_id: 9000 }),
  ]);
});

test.each([
  [false, 'boot.image is downloaded to "local" of node "pve2", which node "pve" does not share'],
  [true, undefined],
])("an image on another node, on a storage that is shared: %s", async (shared, problem) => {
  const stack = await twoNodes(shared);
  await stack.write((scope, connection) => {
    const file = { url: "https://example.org/talos.qcow2", fileName: "talos.qcow2" };
    const image = new DownloadedImage(scope, "image", { connection, node: "pve2", ...file });
    vmOf(scope, connection, "vm", { node: "pve", boot: { image } });
  });
  const refusals = (await stack.refusals()).map((text) => text.replaceAll(/\s+/g, " "));
  expect(refusals).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
});
