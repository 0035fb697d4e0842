import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";

test("a VM that is replaced has its whole cluster again after the same apply", async () => {
  const { lab, terraform, vmid } = await placed("main.ts");
  succeeded(await terraform.apply());
  const first = await lab.node(vmid);

  succeeded(await terraform.apply("-replace=proxmox_virtual_environment_vm.talos_node"));
  const second = await lab.node(vmid);
  expect(second).not.toBe(first);
  expect(await second.state()).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });
  succeeded(await (await lab.kubectl(vmid)).run("-n", "kube-system", "get", "daemonset", "cilium"));
  expect(await terraform.plan()).toMatchObject({ code: 0, changes: false });
});
