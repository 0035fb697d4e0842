import { grantsFor } from "../../../constructs/proxmox/privileges";
import { pathsOf, proxmoxUsesOf } from "../../../review/privilege";
import type { Lab, LabOptions } from "../../lab";
import { Program } from "../../program";
import { graphicsCard } from "../../proxmox/pci-device";
import type { Terraform } from "../../terraform";
import { aclOf, credentials, root, tokenWithAcl } from "./accounts";
import { ApiClient } from "./api-client";
import { startLab } from "./test-lab";

export interface Placed {
  readonly program: Program;
  readonly lab: Lab;
  readonly terraform: Terraform;
  readonly vmid: number;
}

const programs: Program[] = [];

afterEach(() => {
  for (const program of programs.splice(0)) program.dispose();
});

/** The stack of a program in a lab that has what the program expects of its host. */
export async function placed(file: string, options: Omit<LabOptions, "providers"> = {}): Promise<Placed> {
  const program = Program.synthesize(file);
  programs.push(program);
  const { configuration: stack } = program;
  const major = options.version?.startsWith("8.") ? 8 : 9;
  const lab = await startLab({
    node: program.node,
    devices: graphicsCard("0000:01:00", 14),
    furtherNodes: program.furtherNodes.map((node) => ({ node, devices: graphicsCard("0000:01:00", 14) })),
    // Of the permissions that the review of the stack names, and no others.
    accounts: [root, tokenWithAcl(aclOf(grantsFor(proxmoxUsesOf(stack), pathsOf(stack), major)))],
    ...options,
  });
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  await provideTemplate(lab, client, 900, "talos-template");
  await provideTemplate(lab, client, 901, "debian-13");
  for (const id of program.foreignMappings) await provideMapping(lab, client, id);
  // It has one for the first.
  await lab.moreAddresses(program.nodeAddresses.slice(1).length);
  const terraform = lab.terraform(program.placeIn(lab.site), {
    ...credentials,
    TF_VAR_proxmox_ca: lab.proxmox.authority.cert,
  });
  await terraform.init();
  return { program, lab, terraform, vmid: Number(program.vm.vm_id) };
}

/** A template as an operator makes one from an image. */
async function provideTemplate(lab: Lab, client: ApiClient, vmid: number, name: string): Promise<void> {
  const qemu = `nodes/${lab.proxmox.host.node}/qemu`;
  await client.task("POST", qemu, {
    vmid,
    name,
    bios: "ovmf",
    machine: "q35",
    efidisk0: "local-lvm:1,efitype=4m,pre-enrolled-keys=0",
    scsihw: "virtio-scsi-pci",
    scsi0: "local-lvm:10",
    net0: "virtio,bridge=vmbr0",
    agent: "enabled=1",
  });
  await client.task("POST", `${qemu}/${vmid}/template`);
}

/** The graphics card under a name, as an operator maps it in the web interface. */
async function provideMapping(lab: Lab, client: ApiClient, id: string): Promise<void> {
  const { node } = lab.proxmox.host;
  const map = `id=10de:2684,node=${node},path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf`;
  await client.call("POST", "cluster/mapping/pci", { id, map });
}
