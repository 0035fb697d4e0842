import { Testing } from "cdktf";
import { TalosGpuCluster } from "../constructs";
import { password } from "./stacks";

test("the outputs tell the disk that Talos is installed to", () => {
  const stack = new TalosGpuCluster(Testing.app({ stackTraces: false }), "stack", {
    proxmox: password,
    vm: {
      name: "talos-gpu",
      node: "pve",
      disks: [{ size: 20 }, { size: 20 }],
      initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
    },
    cluster: { clusterName: "talos-gpu", installDisk: "/dev/sdb" },
  });
  const { output } = JSON.parse(Testing.synth(stack, true));
  expect(output.storage_configuration.value.install_disk).toBe("/dev/sdb");
});
