import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { noteName } from "../constructs/talos/bootstrap-note";
import { folderOf, stateOf, storedAttributes } from "./stack-state";
import { inQuotes, stacksIn } from "./state";

/**
 * Clusters that were bootstrapped by an apply that ended before it wrote that down, a sentence for each. The provider would
 * try again for ten minutes.
 */
export function forgottenBootstraps(output: string): string[] {
  return stacksIn(output).flatMap((stack) => {
    const directory = join(output, "stacks", stack);
    const state = stateOf(directory);
    if (state === undefined) return [];
    const one = (type: string) => storedAttributes(state, type)[0]?.attributes;
    const node = one("talos_machine_configuration_apply")?.node;
    const folder = folderOf(state);
    if (one("talos_machine_bootstrap") !== undefined || node === undefined || folder === undefined) return [];
    if (!hasEtcd(join(directory, folder, "talosconfig"), String(node))) return [];
    // `terraform import` does not configure the Helm provider, whose cluster it does not know yet.
    const block = JSON.stringify({ import: [{ to: "talos_machine_bootstrap.cluster", id: stack }] });
    const steps = [
      `rm -f ${inQuotes(join(folder, noteName))}`,
      `echo ${inQuotes(block)} >import.tf.json`,
      "terraform init",
    ];
    return [
      `etcd of ${stack} is bootstrapped already, which its state does not know; record it, then deploy again: (cd ${inQuotes(directory)} && ${steps.join(" && ")} && terraform apply; rm import.tf.json)`,
    ];
  });
}

/** Whether etcd of the node answers. Without talosctl that is not known. */
function hasEtcd(talosconfig: string, node: string): boolean {
  const of = ["--talosconfig", talosconfig, "--endpoints", node, "--nodes", node];
  return spawnSync("talosctl", [...of, "etcd", "members"], { stdio: "ignore", timeout: 20_000 }).status === 0;
}
