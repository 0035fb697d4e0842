import { type TerraformStack, TerraformVariable } from "cdktf";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { deployVm, gpuVm, provideImage } from "./support/gpu-vm";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

/** What a person decides only when they run Terraform. */
const decidedLate = (lab: Lab) => (stack: TerraformStack) => {
  const variable = (name: string, type = "string") => new TerraformVariable(stack, name, { type });
  const [cpuType, address, rombar] = [variable("cpu_type"), variable("gpu_address"), variable("gpu_rombar", "any")];
  gpuVm(lab, {
    cpu: { type: cpuType.value },
    gpus: [{ address: address.stringValue, rombar: rombar.booleanValue }],
  })(stack);
};

const good = { cpu_type: "host", gpu_address: "01:00", gpu_rombar: "false" };

async function stackWith(values: Record<string, string>): Promise<Terraform> {
  const lab = await startLab();
  provideImage(lab);
  const variables = Object.entries(values).map(([name, value]) => [`TF_VAR_${name}`, value]);
  return deployVm(lab, decidedLate(lab), { ...credentials, ...Object.fromEntries(variables) });
}

test("good values in Terraform variables plan, apply and converge", async () => {
  const terraform = await stackWith(good);
  expect(await terraform.plan()).toMatchObject({ code: 2, changes: true });
  expect((await terraform.apply()).code).toBe(0);
  await unchanged(terraform);
});

test.each([
  ["cpu-type-host", "a CPU type that may lack what Talos needs", { cpu_type: "kvm64" }],
  ["pci-address-format", "a vendor and device id for an address", { gpu_address: "10de:2684" }],
  ["rombar-boolean", "a number for a boolean", { gpu_rombar: "0" }],
])("%s refuses %s at plan, with its message", async (id, _, bad) => {
  const { code, output } = await (await stackWith({ ...good, ...bad })).plan();
  expect(code).toBe(1);
  expect(unwrapped(output)).toContain(`[${id}]`);
});
