import type { CloneSource, ProxmoxGpuVmProps } from "../../constructs";
import type { Lab } from "../lab";
import { credentials, root } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { deployVm, gpuVm, vmStack } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

/** A lab with a template that has no SCSI controller of its own, which is lsi. */
async function labWithTemplate(): Promise<Lab> {
  const lab = await startLab();
  const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
  const [efidisk0, scsi0] = ["local-lvm:1,efitype=4m,pre-enrolled-keys=0", "local-lvm:10"];
  await client.task("POST", "nodes/pve/qemu", {
    vmid: 900,
    name: "old",
    bios: "ovmf",
    machine: "q35",
    efidisk0,
    scsi0,
  });
  await client.task("POST", "nodes/pve/qemu/900/template");
  return lab;
}

const clone = (template: Partial<CloneSource>, props: Partial<ProxmoxGpuVmProps> = {}): Partial<ProxmoxGpuVmProps> => ({
  boot: { clone: { id: 900, ...template } },
  gpus: [],
  ...props,
});

describe("a clone of a template with lsi", () => {
  test("keeps it, which every plan warns of as long as nothing is said of the template", async () => {
    const lab = await labWithTemplate();
    const terraform = await deployVm(lab, gpuVm(lab, clone({})), credentials);
    succeeded(await terraform.apply());
    expect(lab.proxmox.host.vm(100).config).not.toHaveProperty("scsihw");
    const { changes, output } = await terraform.plan();
    expect(changes).toBe(false);
    expect(unwrapped(output)).toContain("the clone keeps its template's SCSI controller");
  });

  test("is refused before Terraform runs, where the template is said to have it", async () => {
    const lab = await labWithTemplate();
    expect(() => lab.synthesize(vmStack(gpuVm(lab, clone({ scsiHardware: "lsi" }))))).toThrow("[clone-keeps-template]");
  });

  test("has another controller than the provider's default as it is told", async () => {
    const lab = await labWithTemplate();
    const props = clone({ scsiHardware: "lsi" }, { scsiHardware: "pvscsi" });
    const terraform = await deployVm(lab, gpuVm(lab, props), credentials);
    succeeded(await terraform.apply());
    expect(lab.proxmox.host.vm(100).config).toMatchObject({ scsihw: "pvscsi" });
    const { changes, output } = await terraform.plan();
    expect(changes).toBe(false);
    expect(output).not.toContain("Warning");
  });
});
