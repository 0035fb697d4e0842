import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Testing } from "cdktf";
import { TalosGpuCluster } from "../constructs";
import { newApp, password } from "./stacks";
import { synthesize } from "./synthesized";

const outputs = (() => {
  const stack = new TalosGpuCluster(newApp(), "stack", {
    proxmox: password,
    vm: {
      name: "talos-gpu",
      node: "pve",
      disks: [{ size: 20 }, { size: 20 }],
      initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
    },
    cluster: { clusterName: "talos-gpu", installDisk: "/dev/sdb", outputDirectory: "../out" },
  });
  return JSON.parse(Testing.synth(stack, true)).output;
})();

test("the outputs tell the disk that Talos is installed to", () => {
  expect(outputs.storage_configuration.value.install_disk).toBe("/dev/sdb");
});

test("the outputs restore the newest of the snapshots that upgrades take", () => {
  const { take_snapshot, on_same_vm, on_new_vm } = outputs.restore_commands.value;
  const talosctl = "talosctl --talosconfig ${local_file.talosconfig.filename} --nodes 192.168.1.50";
  expect(take_snapshot).toBe(`${talosctl} etcd snapshot ../out/etcd-$(date -u +%Y%m%dT%H%M%SZ).snapshot`);
  for (const restore of [on_same_vm, on_new_vm])
    expect(restore).toContain(`${talosctl} bootstrap --recover-from="$(ls ../out/etcd-*.snapshot | tail -n 1)"`);
});

test("docs/day-two.md shows the commands that restore the default site", () => {
  const site = synthesize("main.ts")["talos-gpu"] as { output: typeof outputs };
  const page = readFileSync(join(__dirname, "../docs/day-two.md"), "utf8");
  const { on_same_vm, on_new_vm } = site.output.restore_commands.value;
  for (const commands of [on_same_vm, on_new_vm])
    expect(page).toContain(
      `\`\`\`sh\n${commands.replaceAll("${local_file.talosconfig.filename}", "../../../clusters/talos-gpu/talosconfig")}\n\`\`\`\n`,
    );
});
