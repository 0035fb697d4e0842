import type { Lab, LabOptions } from "../../lab";
import { Program } from "../../program";
import { graphicsCard } from "../../proxmox/pci-device";
import type { Terraform } from "../../terraform";
import { credentials, root } from "./accounts";
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
  const lab = await startLab({
    node: program.node,
    devices: graphicsCard("0000:01:00", 14),
    ...options,
  });
  await provideTemplate(lab);
  const terraform = lab.terraform(program.placeIn(lab.site), credentials);
  await terraform.init();
  return { program, lab, terraform, vmid: Number(program.vm.vm_id) };
}

/** A template as an operator makes one from the Talos image. */
async function provideTemplate(lab: Lab): Promise<void> {
  const qemu = `nodes/${lab.proxmox.host.node}/qemu`;
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  await client.task("POST", qemu, {
    vmid: 900,
    name: "talos-template",
    bios: "ovmf",
    machine: "q35",
    efidisk0: "local-lvm:1,efitype=4m,pre-enrolled-keys=0",
    scsihw: "virtio-scsi-pci",
    scsi0: "local-lvm:10",
    net0: "virtio,bridge=vmbr0",
    agent: "enabled=1",
  });
  await client.task("POST", `${qemu}/900/template`);
}
