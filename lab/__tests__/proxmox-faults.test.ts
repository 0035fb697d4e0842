import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { TerraformStack } from "cdktf";
import type { Lab } from "../lab";
import { credentials, root } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { eventually } from "./support/eventually";
import { deployVm, gpuVm, provideImage } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

const create = { method: "POST", path: /\/qemu$/ };

async function labWithImage(options: Parameters<typeof startLab>[0] = {}): Promise<Lab> {
  const lab = await startLab(options);
  provideImage(lab);
  return lab;
}

describe("access", () => {
  test("a wrong password is named as such, and the right one converges", async () => {
    const lab = await labWithImage();
    const wrong = await deployVm(lab, gpuVm(lab), { TF_VAR_proxmox_password: "not-the-password" });
    const { code, output } = await wrong.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/authentication failure/);
    expect(output).not.toContain("not-the-password");
    const right = lab.terraform(wrong.directory, credentials);
    succeeded(await right.apply());
    await unchanged(right);
  });

  test.each([
    [[], "Permission check failed"],
    [["VM.Allocate", "Datastore.AllocateSpace"], "Permission check failed (/nodes/pve, Sys.Audit)"],
    [
      ["VM.Allocate", "Datastore.AllocateSpace", "Datastore.Audit", "Sys.Audit"],
      "Permission check failed (/vms/100, VM.Config.",
    ],
  ])("a token with %j is told that a right is missing", async (privileges, reason) => {
    const lab = await labWithImage({ accounts: [{ id: "terraform@pve!lab", secret: "0000-1111", privileges }] });
    const stack = gpuVm(lab, { gpus: [] }, { credentials: "api-token" });
    const terraform = await deployVm(lab, stack, { TF_VAR_proxmox_api_token: "terraform@pve!lab=0000-1111" });
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain(reason);
    expect(output).not.toContain("0000-1111");
    expect(lab.proxmox.host.vms.size).toBe(0);
  });

  test("an unreachable host is named with its address", async () => {
    const lab = await labWithImage();
    const stack = gpuVm(lab, {}, { endpoint: "https://127.0.0.1:9/" });
    const { code, output } = await (await deployVm(lab, stack, credentials)).apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/127\.0\.0\.1:9.*connection refused/);
  });

  test("a certificate of a CA that is not known is refused", async () => {
    const lab = await labWithImage();
    const unknown = { ...credentials, SSL_CERT_DIR: undefined };
    const { code, output } = await (await deployVm(lab, gpuVm(lab), unknown)).apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/failed to verify certificate: x509/);
    expect(lab.proxmox.journal.entries).toHaveLength(0);
  });
});

describe("creating the VM", () => {
  const failed = "unable to create VM 100 - lvcreate 'pve/vm-100-disk-0' error";

  test.each([
    ["a task that fails", { failTask: failed }, failed],
    ["a connection that is cut", { drop: true as const }, "failed to perform HTTP POST request (path: nodes/pve/qemu)"],
  ])("%s is reported with its reason, and a later apply converges", async (_, outcome, reason) => {
    const lab = await labWithImage();
    lab.proxmox.faults.add({ ...create, call: 1, outcome });
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain(reason);
    succeeded(await terraform.apply());
    await unchanged(terraform);
  });

  test("a host that is out of order once is asked again", async () => {
    const lab = await labWithImage();
    lab.proxmox.faults.add({ ...create, call: 1, outcome: { status: 500, reason: "got timeout" } });
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    succeeded(await terraform.apply());
    expect(lab.proxmox.journal.find("POST", /\/qemu$/).map(({ status }) => status)).toEqual([500, 200]);
    await unchanged(terraform);
  });

  test("a full storage is named with what is missing", async () => {
    const lab = await labWithImage();
    const terraform = await deployVm(lab, gpuVm(lab, { disks: [{ size: 2000 }] }), credentials);
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/storage 'local-lvm': not enough free space/);
  });

  test.each([
    ["by name", { name: "no-such-template" }, /no-such-template/],
    ["by id", { id: 900 }, /nodes\/pve\/qemu-server\/900\.conf' does not exist/],
  ])("a template that is not there, found %s, is named", async (_, clone, message) => {
    const lab = await labWithImage();
    const terraform = await deployVm(lab, gpuVm(lab, { boot: { clone } }), credentials);
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(message);
    expect(lab.proxmox.host.vms.size).toBe(0);
  });

  test("a GPU that another running VM holds is named with that VM, and is taken once it is free", async () => {
    const lab = await labWithImage();
    const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
    await client.task("POST", "nodes/pve/qemu", { vmid: 200, name: "games", machine: "q35", hostpci0: "host=01:00" });
    expect(await client.task("POST", "nodes/pve/qemu/200/status/start")).toBe("OK");
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain("PCI device '0000:01:00.0' already in use by VMID '200'");
    await client.task("POST", "nodes/pve/qemu/200/status/stop");
    succeeded(await terraform.apply());
    await unchanged(terraform);
  });

  test("a Terraform that is killed while the VM starts leaves what a later apply completes", async () => {
    const lab = await labWithImage();
    lab.proxmox.faults.add({ method: "POST", path: /status\/start$/, call: 1, outcome: { delay: 60_000 } });
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    const starting = lab.proxmox.journal.next("POST", /status\/start$/);
    const killed = terraform.apply();
    await starting;
    terraform.kill();
    expect((await killed).code).not.toBe(0);
    succeeded(await terraform.apply());
    await unchanged(terraform);
    expect(lab.proxmox.host.vm(100).running).toBe(true);
  });
});

describe("a VM id that is taken", () => {
  async function withStranger(name = "mail-server"): Promise<Lab> {
    const lab = await labWithImage();
    const client = await ApiClient.loggedIn(lab.proxmox, root.id, root.secret);
    await client.task("POST", "nodes/pve/qemu", { vmid: 100, name, scsi0: "local-lvm:8" });
    return lab;
  }

  test("is refused at plan, with the VM's name", async () => {
    const lab = await withStranger();
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    const { code, output } = await terraform.plan();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/100.*vm-id-free/);
    expect(lab.proxmox.host.vm(100).name).toBe("mail-server");
  });

  test("is refused at plan where the VM has the same name, until the state is told to take it over", async () => {
    const lab = await withStranger("talos-node");
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/belongs to a VM "talos-node" that this state does not know.*vm-id-free/);
    expect(lab.proxmox.journal.find("PUT", /config$/)).toEqual([]);

    const [command = ""] = /terraform apply -target=\S+/.exec(unwrapped(output)) ?? [];
    await terraform.succeed(...command.split(" ").slice(1), "-auto-approve", "-input=false");
    // What was made in the second of a plan counts as made by it.
    const made = Date.now();
    await eventually(() => expect(Math.floor(Date.now() / 1000)).toBeGreaterThan(Math.floor(made / 1000)));
    succeeded(await terraform.apply());
    expect(await terraform.addresses()).toContain("proxmox_virtual_environment_vm.node");
    expect(lab.proxmox.host.vms.size).toBe(1);
  });

  test.each([
    ["lost", (state: string) => rmSync(state)],
    ["emptied", (state: string) => truncateSync(state)],
  ])("is refused where it is this stack's own, and its state was %s", async (_, lose) => {
    const lab = await labWithImage();
    const terraform = await deployVm(lab, gpuVm(lab), credentials);
    succeeded(await terraform.apply());
    const requests = lab.proxmox.journal.find("PUT", /config$/).length;
    lose(join(terraform.directory, "terraform.tfstate"));
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/vmId 100 belongs to a VM "talos-node" that this state does not know/);
    expect(lab.proxmox.journal.find("PUT", /config$/)).toHaveLength(requests);
  });

  test("without that rule the provider takes the stranger's VM over, and destroy deletes it", async () => {
    const lab = await withStranger();
    const unguarded = (stack: TerraformStack) => {
      gpuVm(lab)(stack).resource.lifecycle = {};
    };
    const terraform = await deployVm(lab, unguarded, credentials);
    succeeded(await terraform.apply());
    expect(lab.proxmox.host.vm(100).name).toBe("mail-server");
    succeeded(await terraform.destroy());
    expect(lab.proxmox.host.vms.size).toBe(0);
  });
});

test("a guest agent that never answers is waited for no longer than asked, with a warning", async () => {
  const lab = await labWithImage({ guestAgent: false });
  const terraform = await deployVm(lab, gpuVm(lab, { agent: { timeout: "3s" } }), credentials);
  const { code, output } = await terraform.apply();
  expect(code).toBe(0);
  expect(unwrapped(output)).toMatch(/Warning: .*agent/i);
});

test("a mapping that is deleted outside Terraform stops every plan, until Terraform forgets it and makes it again", async () => {
  const lab = await labWithImage();
  const mapping = { name: "gpu", address: "01:00", deviceId: "10de:2684", subsystemId: "1458:40bf", iommuGroup: 14 };
  const stack = gpuVm(lab, { gpus: [{ mapping }] }, { credentials: "api-token" });
  const terraform = await deployVm(lab, stack, credentials);
  succeeded(await terraform.apply());
  lab.proxmox.host.mappings.remove("gpu");
  for (const { code, output } of [await terraform.plan(), await terraform.apply(), await terraform.destroy()]) {
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain("mapping 'gpu' not found");
  }
  const addresses = await terraform.addresses();
  await terraform.succeed("state", "rm", String(addresses.find((address) => address.includes("hardware_mapping_pci"))));
  succeeded(await terraform.apply());
  await unchanged(terraform);
  expect(lab.proxmox.host.mappings.all.map(({ id }) => id)).toEqual(["gpu"]);
});
