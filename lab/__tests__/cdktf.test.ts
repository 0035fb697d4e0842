import { credentials } from "./support/accounts";
import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";

test("cdktf itself deploys the default stack, sees no difference, and destroys it", async () => {
  const { program, lab, vmid } = await placed("examples/default.ts");
  const cdktf = lab.cdktf(program.stack, credentials);
  succeeded(await cdktf.run("deploy"));
  expect(lab.proxmox.host.vm(vmid).running).toBe(true);
  expect(await (await lab.node(vmid)).state()).toMatchObject({ stage: "bootstrapped" });
  const diff = await cdktf.run("diff");
  succeeded(diff);
  expect(diff.output).toContain("No changes. Your infrastructure matches the configuration.");
  succeeded(await cdktf.run("destroy"));
  expect(lab.proxmox.host.vms.has(vmid)).toBe(false);
});
