import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { localStateOf, stacksIn } from "./state";

/** What is asked of a state. */
interface State {
  readonly resources?: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
  }[];
}

/**
 * Clusters that were bootstrapped by an apply that ended before it wrote that down, a sentence for each. The provider would
 * try again for ten minutes.
 */
export function forgottenBootstraps(output: string): string[] {
  return stacksIn(output).flatMap((stack) => {
    const directory = join(output, "stacks", stack);
    const file = localStateOf(directory);
    if (file === undefined || !existsSync(file)) return [];
    const state: State = JSON.parse(readFileSync(file, "utf8"));
    const one = (type: string) => state.resources?.find((each) => each.type === type)?.instances[0]?.attributes;
    const node = one("talos_machine_configuration_apply")?.node;
    const talosconfig = state.resources
      ?.flatMap(({ type, instances }) => (type === "local_file" ? instances : []))
      .map(({ attributes }) => String(attributes.filename))
      .find((name) => name.endsWith("/talosconfig"));
    if (one("talos_machine_bootstrap") !== undefined || node === undefined || talosconfig === undefined) return [];
    if (!hasEtcd(join(directory, talosconfig), String(node))) return [];
    return [
      `etcd of ${stack} is bootstrapped already, which its state does not know; tell it, then deploy again: (cd '${directory}' && terraform init && terraform import talos_machine_bootstrap.cluster ${stack})`,
    ];
  });
}

/** Whether etcd of the node answers. Without talosctl that is not known. */
function hasEtcd(talosconfig: string, node: string): boolean {
  const of = ["--talosconfig", talosconfig, "--endpoints", node, "--nodes", node];
  return spawnSync("talosctl", [...of, "etcd", "members"], { stdio: "ignore", timeout: 20_000 }).status === 0;
}
