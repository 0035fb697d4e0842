import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../json";
import type { ResourceChange } from "../terraform";
import { credentials } from "./support/accounts";
import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

/** What the stack does that the configuration written by hand did not, each with its reason. */
const deviations = {
  // Both files go to a directory of the cluster's own, which nobody else may read.
  "local_file.kubeconfig": { actions: ["create"] },
  "local_file.talosconfig": { actions: ["create"] },
  // No talosconfig of another cluster is overwritten, Kubernetes is upgraded before its configuration
  // changes, and there is a snapshot of etcd.
  "null_resource.check_cluster_files": { actions: ["create"] },
  "null_resource.upgrade_kubernetes": { actions: ["create"] },
  "null_resource.first_snapshot": { actions: ["create"] },
  // No minor version of Cilium is skipped.
  "null_resource.cilium_upgrade": { actions: ["create"] },
  // No Helm release stays that has left the stack.
  "null_resource.removed_releases": { actions: ["create"] },
  // They remember that the node was configured, so that it has to show its certificate from then on.
  "null_resource.node_check": { actions: ["create"] },
  "terraform_data.node_configuration": { actions: ["create"] },
  "terraform_data.talos_node_disks": { actions: ["create"] },
  // That the state knows the VM is remembered even if the record of the VM is rewritten.
  "terraform_data.talos_node_known": { actions: ["create"] },
  "null_resource.node_machine": { actions: ["create"] },
  // A bootstrap that is not in the state is noticed.
  "null_resource.bootstrap_begin": { actions: ["create"] },
  "null_resource.bootstrap_end": { actions: ["create"] },
  // Both steps are run again, which changes nothing, as they now depend on the cluster that they wait for.
  "null_resource.wait_for_kubernetes": { actions: ["delete", "create"], attributes: ["id", "triggers"] },
  "null_resource.remove_control_plane_taint": { actions: ["delete", "create"], attributes: ["id", "triggers"] },
  // The boot order is explicit, and an agent that does not answer delays no destroy.
  "proxmox_virtual_environment_vm.talos_node": { actions: ["update"], attributes: ["boot_order", "stop_on_destroy"] },
  // Host name, address, install disk and discovery become part of the machine configuration.
  "talos_machine_configuration_apply.node": {
    actions: ["update"],
    attributes: ["machine_configuration", "machine_configuration_hash", "machine_configuration_input"],
  },
};

/** Names of the attributes that differ; of what is new there is nothing to compare. */
function differences({ before, after }: ResourceChange["change"]): string[] {
  const [old, fresh] = [before, after] as Record<string, unknown>[];
  const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(fresh ?? {})])].sort();
  return names.filter((name) => JSON.stringify(old?.[name]) !== JSON.stringify(fresh?.[name]));
}

test("the state of a configuration written by hand is taken over, but for the listed deviations", async () => {
  const { program, lab, terraform, vmid } = await placed("examples/template.ts");
  const directory = join(lab.directory, "by-hand");
  cpSync(join(__dirname, "../fixtures/verified"), directory, { recursive: true });
  const byHand = lab.terraform(directory, {
    ...credentials,
    TF_VAR_proxmox_url: lab.proxmox.endpoint,
    TF_VAR_image_factory_url: lab.factory.url,
    TF_VAR_node_ip: lab.address,
    TF_VAR_node_gateway: lab.gateway,
  });
  await byHand.init();
  succeeded(await byHand.apply());
  await unchanged(byHand);
  const clones = lab.proxmox.journal.find("POST", /\/clone$/).length;

  copyFileSync(join(directory, "terraform.tfstate"), join(lab.directory, `terraform.${program.stack}.tfstate`));
  // The state does not say yet that the VM of this id is its own.
  const { code, output } = await terraform.plan();
  expect(code).toBe(1);
  const [command = ""] = /terraform apply -target=\S+/.exec(unwrapped(output)) ?? [];
  await terraform.succeed(...command.split(" ").slice(1), "-auto-approve", "-input=false");

  // Cilium and the wait for it are new to the state; whether it can be applied here depends on the Helm provider.
  const changes = (await terraform.changes())
    .filter(({ address }) => !/cilium$/.test(address))
    .map(({ address, change }) => [
      address,
      change.before === null
        ? { actions: change.actions }
        : { actions: change.actions, attributes: differences(change) },
    ]);
  expect(Object.fromEntries(changes)).toEqual(deviations);

  const kubectl = await lab.kubectl(vmid);
  expect((await kubectl.run("get", "nodes", "--output=name")).output).toBe("node/talos-lab\n");
  const applied = await terraform.apply();
  succeeded(applied);
  // The node gets the name of its VM. Kubernetes would keep the node of the old name, on which pods of Cilium would wait.
  expect(applied.output).toMatch(/deleted node talos-lab from Kubernetes: its machine is node \S+ now/);
  expect((await kubectl.run("get", "nodes", "--output=name")).output).not.toContain("talos-lab");
  await unchanged(terraform);
  expect(lab.proxmox.journal.find("POST", /\/clone$/)).toHaveLength(clones);
  expect(await (await lab.node(vmid)).state()).toMatchObject({ stage: "bootstrapped", bootstraps: 1 });
});

interface Steps {
  readonly resource: {
    readonly null_resource: Readonly<Record<string, Step>>;
  };
}

interface Step {
  provider?: string;
  readonly provisioner?: readonly { "local-exec": LocalExec }[];
}

interface LocalExec {
  command: string;
  interpreter?: readonly string[];
  environment: Record<string, string>;
}

/** Steps as those of earlier releases: shell in the JSON of the stack itself, and one provider configuration for all. */
function withShell(configuration: Json): void {
  for (const resource of Object.values((configuration as never as Steps).resource.null_resource)) {
    delete resource.provider;
    for (const { "local-exec": step } of resource.provisioner ?? []) {
      step.environment.SCRIPT = step.command;
      step.command = 'set -eu\neval "$SCRIPT"';
      step.interpreter = ["/bin/sh", "-c"];
    }
  }
}

test.each(["examples/default.ts", "examples/cluster.ts"])(
  "no step of %s runs again because it has become a script, or has another provider configuration",
  async (file) => {
    const { program, lab, terraform } = await placed(file);
    program.placeIn(lab.site, withShell);
    succeeded(await terraform.apply());
    program.placeIn(lab.site);
    await unchanged(terraform);
  },
);
