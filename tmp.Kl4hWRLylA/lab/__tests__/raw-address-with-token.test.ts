import type { TerraformStack } from "cdktf";
import type { Lab } from "../lab";
import { deployVm, gpuVm, provideImage, vmStack } from "./support/gpu-vm";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

const token = { id: "root@pam!lab", secret: "11111111-2222-3333-4444-555555555555" };

/** What the rule pci-address-needs-root-password keeps people from, by the escape hatch. */
const forced = (lab: Lab) => (stack: TerraformStack) => {
  const { resource } = gpuVm(lab, { gpus: [] }, { credentials: "api-token" })(stack);
  resource.putHostpci([{ device: "hostpci0", id: "0000:01:00.0", pcie: true, rombar: true, xvga: false }]);
};

test("forced past our rule, a raw address with root's own API token is refused by Proxmox", async () => {
  const lab = await startLab({ accounts: [token] });
  provideImage(lab);
  const terraform = await deployVm(lab, forced(lab), { TF_VAR_proxmox_api_token: `${token.id}=${token.secret}` });
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain("only root can set 'hostpci0' config for non-mapped devices");
  expect(output).not.toContain(token.secret);
  expect(lab.proxmox.host.vms.size).toBe(0);
});

test("our rule refuses it when the stack is synthesized", async () => {
  const lab = await startLab();
  expect(() => lab.synthesize(vmStack(gpuVm(lab, {}, { credentials: "api-token" })))).toThrow(
    /pci-address-needs-root-password/,
  );
});
