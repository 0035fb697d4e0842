import type { Lab } from "../lab";
import { Processes } from "../processes";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

interface RestoreCommands {
  readonly take_snapshot: string;
  readonly on_same_vm: string;
  readonly on_new_vm: string;
}

/** Does what the output says, as a person who pastes it into the shell; Terraform's question is answered. */
async function paste(lab: Lab, { directory }: Terraform, commands: string): Promise<void> {
  const { TERRAFORM_BINARY_NAME: binary = "terraform" } = process.env;
  const script = `set -e\nterraform() { command ${binary} "$@" -auto-approve -input=false -no-color; }\n${commands}`;
  succeeded(
    await new Processes().run("sh", ["-c", script], { directory, environment: { ...lab.environment, ...credentials } }),
  );
}

test("the cluster comes back from the newest snapshot, on the same VM and on a new one, as the output says", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab);
  succeeded(await terraform.apply());
  const commands = (await terraform.outputs()).restore_commands?.value as RestoreCommands;
  const kubectl = await lab.kubectl(100);
  const remember = async (name: string) => {
    succeeded(await kubectl.run("create", "configmap", name));
    await paste(lab, terraform, commands.take_snapshot);
  };
  const remembers = (...names: string[]) =>
    eventually(async () => succeeded(await kubectl.run("get", "configmap", ...names)));

  await remember("first");
  succeeded(await kubectl.run("delete", "configmap", "first"));
  await paste(lab, terraform, commands.on_same_vm);
  await remembers("first");

  await remember("second");
  const before = await lab.node(100);
  await paste(lab, terraform, commands.on_new_vm);
  expect(await lab.node(100)).not.toBe(before);
  await remembers("first", "second");
  await unchanged(terraform);
});
