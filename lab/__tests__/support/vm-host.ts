import type { TerraformStack } from "cdktf";
import { type ProxmoxConnection, ProxmoxGpuVm, type ProxmoxGpuVmProps } from "../../../constructs";
import type { ProxmoxVersion } from "../../proxmox/interface/schema";
import { graphicsCard } from "../../proxmox/pci-device";
import { gibibyte } from "../../proxmox/size";
import { HostStack } from "./host-stack";
import { succeeded } from "./succeeded";
import { unchanged } from "./unchanged";

export type VmProps = Partial<ProxmoxGpuVmProps>;

/** A VM that breaks no rule, with these props. */
export const vmOf = (stack: TerraformStack, connection: ProxmoxConnection, id: string, props: VmProps): ProxmoxGpuVm =>
  new ProxmoxGpuVm(stack, id, {
    connection,
    name: "talos-gpu",
    node: "pve",
    boot: { image: { fileId: "local:import/talos.qcow2", guestAgent: true } },
    ...props,
  });

/** A host with room for many VMs, and what they boot: an image, an ISO, a template. */
export async function vmHost(version: ProxmoxVersion, cards: readonly string[] = []): Promise<HostStack> {
  const capacity = 1024 ** 5;
  const files = { type: "dir", content: ["iso", "import", "images", "snippets", "backup"], capacity } as const;
  const disks = { type: "lvmthin", content: ["images", "rootdir"], capacity } as const;
  const stack = await HostStack.start({
    version,
    storages: [
      { ...files, name: "local" },
      { ...files, name: "files" },
      { ...disks, name: "local-lvm" },
      { ...disks, name: "tank" },
    ],
    bridges: [{ name: "vmbr0" }, { name: "vmbr1", mtu: 9000 }],
    devices: cards.flatMap((card, place) => graphicsCard(`0000:${card}`, 100 + place)),
    memory: 1024 ** 4,
  });
  provideVmImages(stack);
  const { host } = stack.proxmox;
  const template = host.createVm(9000, (vm) => {
    const values = { name: "template", bios: "ovmf", machine: "q35", scsihw: "virtio-scsi-pci", agent: "enabled=1" };
    const drives = { efidisk0: "local-lvm:1,efitype=4m,pre-enrolled-keys=0", scsi0: "local-lvm:10" };
    for (const [key, value] of Object.entries({ ...values, ...drives })) vm.set(key, value);
  });
  template.makeTemplate();
  return stack;
}

/** The image and the ISO that VMs boot. */
export function provideVmImages({ proxmox: { host } }: HostStack): void {
  const local = host.storages.get("local");
  const image = { content: "import", format: "qcow2", size: gibibyte, virtualSize: 4 * gibibyte };
  local.add({ ...image, volid: "local:import/talos.qcow2" });
  local.add({ ...image, volid: "local:iso/talos.iso", content: "iso", format: "iso" });
}

/** Makes VMs of these props, or of VMs that are there, and sees that the next plan is empty. */
export async function settles(stack: HostStack, vms: readonly VmProps[]): Promise<void> {
  await stack.write((scope, connection) => {
    for (const [place, props] of vms.entries()) vmOf(scope, connection, `vm_${place}`, props);
  });
  succeeded(await stack.terraform.apply());
  await unchanged(stack.terraform);
}
