import type { TerraformStack } from "cdktf";
import { ProxmoxConnection } from "../../constructs/proxmox/connection";
import { ProxmoxGpuVm } from "../../constructs/proxmox/gpu-vm";
import type { Lab } from "../lab";
import { exampleHosts } from "../proxmox/example-hosts";
import { gibibyte } from "../proxmox/size";
import { credentials } from "./support/accounts";
import { deployVm, image } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

/** A VM on each of two nodes, with the GPU of its node. */
const twoVms = (lab: Lab) => (stack: TerraformStack) => {
  const { endpoint } = lab.proxmox;
  const connection = new ProxmoxConnection(stack, "proxmox", { endpoint, credentials: "password" });
  const nodes = [
    { node: "pve1", vmId: 101, address: "01:00" },
    { node: "pve2", vmId: 102, address: "03:00" },
  ];
  for (const { node, vmId, address } of nodes) {
    new ProxmoxGpuVm(stack, node, {
      connection,
      name: `talos-${node}`,
      node,
      vmId,
      boot: { image: { fileId: image, guestAgent: true } },
      gpus: [{ address, functions: "all" }],
    });
  }
};

test("a stack with VMs on several nodes of a cluster is created, stays as it is and is destroyed", async () => {
  const lab = await startLab({ ...exampleHosts["two-nodes"] });
  for (const { storages } of lab.proxmox.cluster.hosts) {
    const file = { volid: image, content: "import", format: "qcow2", size: 104_857_600, virtualSize: 4 * gibibyte };
    storages.get("local").add(file);
  }
  const terraform = await deployVm(lab, twoVms(lab), credentials);
  succeeded(await terraform.apply());
  const vms = () =>
    lab.proxmox.cluster.vms.map(
      ({ vm, host }) => `${host.node} ${vm.id} ${vm.name} ${vm.running} ${vm.get("hostpci0")}`,
    );
  expect(vms()).toEqual([
    "pve1 101 talos-pve1 true host=0000:01:00,pcie=1,rombar=1,x-vga=0",
    "pve2 102 talos-pve2 true host=0000:03:00,pcie=1,rombar=1,x-vga=0",
  ]);
  await unchanged(terraform);
  succeeded(await terraform.destroy());
  expect(vms()).toEqual([]);
});
