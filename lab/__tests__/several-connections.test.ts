import type { TerraformStack } from "cdktf";
import { ProxmoxConnection, ProxmoxGpuVm } from "../../constructs";
import { root, token } from "./support/accounts";
import { image, provideImage, vmStack } from "./support/gpu-vm";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

test("two connections of a stack, each with its own credentials, make what is given to them, and change nothing at the next plan", async () => {
  const [lab, other] = [await startLab(), await startLab()];
  for (const each of [lab, other]) provideImage(each);
  lab.trust(other.proxmox, "remote");
  const build = (stack: TerraformStack) => {
    const connections = {
      proxmox: { endpoint: lab.proxmox.endpoint, credentials: "password" },
      remote: { endpoint: other.proxmox.endpoint, credentials: "api-token" },
    } as const;
    for (const [id, props] of Object.entries(connections)) {
      new ProxmoxGpuVm(stack, `${id}_node`, {
        connection: new ProxmoxConnection(stack, id, props),
        name: `${id}-node`,
        node: "pve",
        vmId: 100,
        boot: { image: { fileId: image, guestAgent: true } },
        usb: id === "proxmox" ? [{ host: "1050:0407" }, { host: "1-2.3" }] : [{ mapping: "key" }],
      });
    }
  };
  const terraform = await lab.deploy("gpu", vmStack(build), {
    TF_VAR_proxmox_password: root.secret,
    TF_VAR_remote_api_token: `${token.id}=${token.secret}`,
  });
  const run = await terraform.apply();
  expect(run.output).toContain("Apply complete");
  expect(lab.proxmox.host.vms.get(100)?.config.usb0).toBe("host=1050:0407,usb3=0");
  expect([...lab.proxmox.host.vms.values()].map((vm) => vm.config.name)).toEqual(["proxmox-node"]);
  expect([...other.proxmox.host.vms.values()].map((vm) => vm.config.name)).toEqual(["remote-node"]);
  await unchanged(terraform);
  expect(await terraform.destroy()).toMatchObject({ code: 0 });
  expect([lab.proxmox.host.vms.size, other.proxmox.host.vms.size]).toEqual([0, 0]);
});
