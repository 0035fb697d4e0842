import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";
import { unchanged } from "./support/unchanged";

test("a VM that is replaced is configured and bootstrapped anew, in the same apply", async () => {
  const { lab, terraform, vmid } = await placed("examples/default.ts");
  succeeded(await terraform.apply());
  const first = await lab.node(vmid);

  succeeded(await terraform.apply("-replace=proxmox_virtual_environment_vm.talos_node"));
  const second = await lab.node(vmid);
  expect(second).not.toBe(first);
  expect(await second.state()).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });

  // The releases of the old cluster are missed when Terraform looks at the new one, and made by the next apply.
  const missed = (await terraform.changes()).map(({ address, change }) => `${change.actions} ${address}`);
  expect(missed).toContain("create helm_release.cilium");
  succeeded(await terraform.applyPlanned());
  await unchanged(terraform);
});
