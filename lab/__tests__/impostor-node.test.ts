import { renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { statesIn } from "../../scripts/stack-state";
import { strangeNodes } from "../../scripts/unchecked-nodes";
import type { TalosNode } from "../talos-node";
import type { Terraform } from "../terraform";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

const site = (options: ClusterOptions = {}): ClusterOptions => ({ nvidia: false, ...options });
const patched = (value: string): ClusterOptions =>
  site({ node: { configPatches: [{ machine: { sysctls: { "kernel.panic": value } } }] } });

/** How often the node was sent a configuration. */
const configurations = async (node: TalosNode): Promise<number> =>
  (await node.state()).calls.filter(({ method }) => method === "ApplyConfiguration").length;

async function alarmed(terraform: Terraform): Promise<void> {
  const { code, output } = await terraform.apply();
  expect([code, unwrapped(output)]).toEqual([
    1,
    expect.stringMatching(
      /does not show a certificate of this cluster, though its node was configured.*\[node-without-configuration\]/,
    ),
  ]);
}

test("another machine at the address of a configured node gets no configuration, and a machine that is replaced does", async () => {
  const lab = await startLab();
  await deployCluster(lab, site()).then(async (terraform) => succeeded(await terraform.apply()));
  const node = await lab.node(100);

  // A node that answers is asked, and changed.
  const changed = await deployCluster(lab, patched("5"));
  expect(unwrapped((await changed.apply()).output)).toContain("shows a certificate of this cluster");
  await unchanged(changed);
  const before = await configurations(node);

  await node.wipe();
  const terraform = await deployCluster(lab, patched("6"));
  await alarmed(terraform);
  // Again, and where the files of the cluster are not, as in CI.
  const clusters = join(lab.directory, "clusters");
  renameSync(clusters, `${clusters}.away`);
  await alarmed(terraform);
  renameSync(`${clusters}.away`, clusters);
  const upgrade = site({ talos: { version: "v1.14.1" } });
  await alarmed(await deployCluster(lab, upgrade));
  expect(await configurations(node)).toBe(before);
  expect(await node.state()).toMatchObject({ stage: "maintenance" });

  // Terraform replaces the machine: the new one has no certificate yet, and is configured.
  const again = await deployCluster(lab, patched("6"));
  succeeded(await again.apply("-replace=proxmox_virtual_environment_vm.talos_node"));
  const replaced = await lab.node(100);
  expect(await replaced.state()).toMatchObject({ stage: "bootstrapped" });

  // Of an apply that fails after its check, the next one has none; deploying asks instead.
  await replaced.setFaults({ method: "ApplyConfiguration", code: "InvalidArgument", message: "not today", times: 1 });
  const failing = await deployCluster(lab, patched("7"));
  expect((await failing.apply()).code).toBe(1);
  const output = dirname(dirname(failing.directory));
  expect(strangeNodes(statesIn(output))).toEqual([]);
  await replaced.wipe();
  expect(strangeNodes(statesIn(output))).toEqual([
    expect.stringMatching(/does not show a certificate of this cluster, and an earlier apply ended before/),
  ]);
});
