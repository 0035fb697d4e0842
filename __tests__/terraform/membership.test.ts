import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { scriptFolder } from "../../constructs/terraform/script";
import { scriptFiles } from "../script-files";
import { clusterIn, machineAt, synthesizedJson, type TerraformJson, vmIn } from "../stacks";

let directory: string;
let bin: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "membership-"));
  bin = join(directory, "bin");
  mkdirSync(bin);
  mkdirSync(join(directory, scriptFolder), { recursive: true });
  for (const file of scriptFiles) copyFileSync(file, join(directory, scriptFolder, basename(file)));
  for (const file of ["kubeconfig", "talosconfig"]) writeFileSync(join(directory, file), "secret");
  program("talosctl", "exit 0");
  program("kubectl", `echo "$*" | grep -oE "(drain|delete node) [a-z0-9-]+" >>${join(directory, "calls")}; echo True`);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** The memberships of a cluster with these workers, for Terraform without any provider: what it has itself stands for the rest. */
function stackOf(workers: readonly string[], generation: string): TerraformJson {
  const { resource } = synthesizedJson((stack) => {
    const vms = workers.map((name, index) =>
      vmIn(
        stack,
        { name, initialization: { ipConfigs: [{ address: `192.168.1.${61 + index}/24` }] } },
        undefined,
        name,
      ),
    );
    clusterIn(stack, {
      controlPlanes: [machineAt("control-1", 51)],
      workers: vms,
      virtualAddress: undefined,
      outputDirectory: directory,
    });
  });
  const { member, members } = resource[Resource.tfResourceType];
  const vms = Object.fromEntries(
    workers.map((name) => [name, { triggers_replace: name === "worker-1" ? generation : "" }]),
  );
  const own = JSON.stringify({
    member: { ...member, depends_on: [] },
    members: { ...members, depends_on: ["null_resource.member"] },
  })
    .replaceAll("null_resource", "terraform_data")
    .replaceAll("proxmox_virtual_environment_vm", "terraform_data")
    .replaceAll('"triggers"', '"triggers_replace"')
    .replaceAll("self.triggers", "self.triggers_replace");
  return { resource: { terraform_data: { ...vms, ...JSON.parse(own) } } };
}

function terraform(...args: string[]) {
  const env = { PATH: `${bin}:${process.env.PATH}`, TF_IN_AUTOMATION: "1" };
  const { status, stdout, stderr } = spawnSync("terraform", [...args, "-no-color"], {
    cwd: directory,
    encoding: "utf8",
    env,
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

function apply(workers: readonly string[], generation = "first") {
  writeFileSync(join(directory, "stack.tf.json"), JSON.stringify(stackOf(workers, generation)));
  return terraform("apply", "-auto-approve");
}

const calls = () => {
  const file = join(directory, "calls");
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  rmSync(file, { force: true });
  return lines;
};

test("Terraform lets a node leave before its machine goes or is replaced, and nobody where all go", () => {
  writeFileSync(join(directory, "stack.tf.json"), "{}");
  terraform("init");
  apply(["worker-1", "worker-2", "worker-3"]);
  expect(calls()).toEqual([]);

  // Not the last one, so that the places of others change.
  const removal = apply(["worker-1", "worker-3"]);
  expect(calls()).toEqual(["drain worker-2", "delete node worker-2"]);
  expect(removal.indexOf("terraform_data.worker-2: Destroying")).toBeGreaterThan(
    removal.indexOf('terraform_data.member["worker-2"]: Destruction complete'),
  );

  const replacement = apply(["worker-1", "worker-3"], "second");
  expect(calls()).toEqual(["drain worker-1", "delete node worker-1"]);
  expect(replacement.indexOf("terraform_data.worker-1: Destroying")).toBeGreaterThan(
    replacement.indexOf('terraform_data.member["worker-1"]: Destruction complete'),
  );
  expect(apply(["worker-1", "worker-3"], "second")).toContain("No changes");

  terraform("destroy", "-auto-approve");
  expect(calls()).toEqual([]);
});
