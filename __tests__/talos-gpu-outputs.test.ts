import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Testing } from "cdktf";
import { TalosGpuCluster, type TalosSingleNodeProps } from "../constructs";
import { newApp, password } from "./stacks";
import { synthesize } from "./synthesized";

const outputsWith = (cluster: Partial<TalosSingleNodeProps>) => {
  const stack = new TalosGpuCluster(newApp(), "stack", {
    proxmox: password,
    vm: {
      name: "talos-gpu",
      node: "pve",
      disks: [{ size: 20 }, { size: 20 }],
      initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
    },
    cluster: { clusterName: "talos-gpu", installDisk: "/dev/sdb", ...cluster },
  });
  return JSON.parse(Testing.synth(stack)).output;
};

const outputs = outputsWith({ outputDirectory: "../out" });

test("the outputs tell the disk that Talos is installed to", () => {
  expect(outputs.storage_configuration.value.install_disk).toBe("/dev/sdb");
});

test("the outputs restore from a snapshot by a script of the stack", () => {
  const node = "NODE=192.168.1.50 TALOSCONFIG=../out/talosconfig DIRECTORY=../out";
  const replaced = "VM=proxmox_virtual_environment_vm.talos_node CONFIGURATION=talos_machine_configuration_apply.node";
  expect(outputs.restore_commands.value).toEqual({
    take_snapshot: `${node} sh cdktf.out/stacks/stack/assets/scripts/save-etcd.sh`,
    on_same_vm: `${node} ${replaced} sh cdktf.out/stacks/stack/assets/scripts/restore-etcd.sh same-vm`,
    on_new_vm: `${node} ${replaced} sh cdktf.out/stacks/stack/assets/scripts/restore-etcd.sh new-vm`,
  });
});

test("the commands of the outputs take a directory of any name as one word", () => {
  const { restore_commands, useful_commands, access_instructions } = outputsWith({
    outputDirectory: "../my cluster's ${HOME}",
  });
  const words = "'cdktf.out/stacks/my cluster'\\''s $${HOME}/";
  expect(useful_commands.value.nodes).toContain(`--kubeconfig ${words}kubeconfig' get`);
  expect(useful_commands.value.health).toContain(`--talosconfig ${words}talosconfig' --nodes`);
  expect(access_instructions.value).toContain(
    `KUBECONFIG="$PWD"/${words}kubeconfig' TALOSCONFIG="$PWD"/${words}talosconfig'`,
  );
  expect(restore_commands.value.on_same_vm).toContain("TALOSCONFIG='../my cluster'\\''s $${HOME}/talosconfig'");
});

test("docs/day-two.md shows the commands that restore the default site", () => {
  const site = synthesize("examples/default.ts")["talos-gpu"] as { output: typeof outputs };
  const page = readFileSync(join(__dirname, "../docs/day-two.md"), "utf8");
  for (const command of Object.values(site.output.restore_commands.value)) expect(page).toContain(command);
});
