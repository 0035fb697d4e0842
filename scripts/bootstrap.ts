import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { noteName } from "../constructs/talos/bootstrap-note";
import { folderOf, type StackState, storedAttributes } from "./stack-state";
import { inQuotes } from "./state";

/**
 * Clusters that were bootstrapped by an apply that ended before it wrote that down, a sentence for each. The provider would
 * try again for ten minutes.
 */
export function forgottenBootstraps(states: readonly StackState[]): string[] {
  return states.flatMap(({ stack, directory, state }) => {
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

/** Whether etcd of the node answers; on a machine without talosctl or the talosconfig, whether Kubernetes does. */
function hasEtcd(talosconfig: string, node: string): boolean {
  if (!existsSync(talosconfig)) return hasKubernetes(node);
  const of = ["--talosconfig", talosconfig, "--endpoints", node, "--nodes", node];
  const { error, status } = spawnSync("talosctl", [...of, "etcd", "members"], { stdio: "ignore", timeout: 20_000 });
  return error && "code" in error && error.code === "ENOENT" ? hasKubernetes(node) : status === 0;
}

/** Whether the API of the node answers, if only with a refusal. It does so only where etcd runs. It is sent no credentials. */
function hasKubernetes(node: string): boolean {
  const server = `--server=https://${node.includes(":") ? `[${node}]` : node}:6443`;
  const asNobody = ["--kubeconfig=/dev/null", "--token=none", "--insecure-skip-tls-verify", "--request-timeout=10s"];
  const { status, stderr } = spawnSync("kubectl", [...asNobody, server, "get", "--raw", "/version"], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return status === 0 || /forbidden|unauthorized/i.test(stderr ?? "");
}
