import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab";
import { Processes } from "../processes";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { bothStored, stored, withVolumes, writeVolumes } from "./support/volumes";

interface RestoreCommands {
  readonly take_snapshot: string;
  readonly on_same_vm: string;
  readonly on_new_vm: string;
}

/** Does what the output says, as a person who pastes it into the shell; Terraform's question is answered. */
async function paste(lab: Lab, { directory }: Terraform, commands: string): Promise<void> {
  succeeded(await pasted(lab, join(directory, "../../.."), commands));
}

const pasted = (lab: Lab, directory: string, commands: string) =>
  new Processes().run("sh", ["-c", commands], {
    directory,
    environment: { ...lab.environment, ...credentials, TF_CLI_ARGS_apply: "-auto-approve -input=false -no-color" },
  });

test("the cluster comes back from the newest snapshot, on the same VM and on a new one, as the output says", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, withVolumes(lab));
  succeeded(await terraform.apply());
  const commands = (await terraform.outputs()).restore_commands?.value as RestoreCommands;
  const kubectl = await lab.kubectl(100);
  await writeVolumes(kubectl);
  const remember = async (name: string) => {
    succeeded(await kubectl.run("create", "configmap", name));
    await paste(lab, terraform, commands.take_snapshot);
  };
  const remembers = (...names: string[]) =>
    eventually(async () => succeeded(await kubectl.run("get", "configmap", ...names)));

  // The first deployment has left one; without any, or with one that is cut off, nothing is touched.
  const snapshots = join(terraform.directory, "../../../clusters/talos-gpu");
  const [first = ""] = readdirSync(snapshots).filter((name) => name.endsWith(".snapshot"));
  const whole = readFileSync(join(snapshots, first));
  const refused = async (problem: RegExp) => {
    for (const command of [commands.on_same_vm, commands.on_new_vm]) {
      const { code, output } = await pasted(lab, join(terraform.directory, "../../.."), command);
      expect(output).toMatch(problem);
      expect(code).toBe(1);
    }
    expect(await (await lab.node(100)).state()).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });
  };
  writeFileSync(join(snapshots, first), whole.subarray(0, whole.length / 2));
  await refused(/is incomplete; nothing was changed/);
  rmSync(join(snapshots, first));
  await refused(/there is no snapshot of etcd at/);
  writeFileSync(join(snapshots, first), whole);

  await remember("first");
  succeeded(await kubectl.run("delete", "configmap", "first"));
  await paste(lab, terraform, commands.on_same_vm);
  await remembers("first");
  expect(await stored(kubectl)).toEqual(bothStored);

  await remember("second");
  const before = await lab.node(100);
  await paste(lab, terraform, commands.on_new_vm);
  expect(await lab.node(100)).not.toBe(before);
  await remembers("first", "second");
  // Disks of the CSI driver are no part of the VM that is gone.
  expect(await stored(kubectl)).toEqual({ ...bothStored, node: "Failed" });
  await unchanged(terraform);
});
