import { cpuTypes } from "../../constructs/proxmox/vm/cpu";
import { credentials } from "./support/accounts";
import { deployVm, gpuVm } from "./support/gpu-vm";
import { startLab } from "./support/test-lab";

interface Validation {
  readonly diagnostics: readonly { readonly summary: string }[];
}

test("the CPU types that a VM may have are those that the provider knows", async () => {
  const lab = await startLab();
  const unknown = await deployVm(
    lab,
    (stack) => void gpuVm(lab)(stack).resource.addOverride("cpu.type", "Zen4"),
    credentials,
  );
  const { diagnostics }: Validation = JSON.parse((await unknown.run("validate", "-json")).output);
  // It lists what it would have taken.
  const known = diagnostics.find(({ summary }) => summary.startsWith("expected type to be one of "))?.summary ?? "";
  expect([...known.matchAll(/"([^"]+)"/g)].map(([, type]) => type)).toEqual([...cpuTypes].sort());
});
