import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

test("a state that was lost makes no second cluster: at plan for the VM's sake, and else before anything is overwritten", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab);
  succeeded(await terraform.apply());
  const talosconfig = join(terraform.directory, "../../../clusters/talos-gpu/talosconfig");
  const written = readFileSync(talosconfig, "utf8");
  const node = await lab.node(100);
  const configured = (await node.state()).calls.filter(({ method }) => method === "ApplyConfiguration").length;

  rmSync(join(terraform.directory, "../../../terraform.talos-gpu.tfstate"));
  const planned = await terraform.apply();
  expect(planned.code).toBe(1);
  expect(unwrapped(planned.output)).toMatch(/belongs to a VM "talos-gpu" that this state does not know.*vm-id-free/);

  const replaceable = await deployCluster(lab, { vm: { replaceable: true } });
  const also = await replaceable.apply();
  expect(also.code).toBe(1);
  expect(unwrapped(also.output)).toMatch(/that this state does not know.*vm-id-free/);
  await deployCluster(lab);

  // Somebody insists.
  await terraform.succeed("apply", "-target=null_resource.talos_node_identity", "-auto-approve", "-input=false");
  const insisted = await terraform.apply();
  expect(insisted.code).toBe(1);
  expect(unwrapped(insisted.output)).toMatch(/talosconfig belongs to a cluster that this state does not know/);
  expect(readFileSync(talosconfig, "utf8")).toBe(written);
  const { calls, bootstraps } = await node.state();
  expect(calls.filter(({ method }) => method === "ApplyConfiguration")).toHaveLength(configured);
  expect(bootstraps).toBe(1);
});
