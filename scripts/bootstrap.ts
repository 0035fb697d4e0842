import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { noteName } from "../constructs/talos/bootstrap-note";
import { terraform } from "./prerequisites";
import { inQuotes, localStateOf, stacksIn } from "./state";

/** What is asked of a state. */
interface State {
  readonly resources?: readonly {
    readonly type: string;
    readonly instances?: readonly { readonly attributes?: Readonly<Record<string, unknown>> }[];
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
    const state = stateIn(file, directory);
    const one = (type: string) => state.resources?.find((each) => each.type === type)?.instances?.[0]?.attributes;
    const node = one("talos_machine_configuration_apply")?.node;
    const talosconfig = state.resources
      ?.flatMap(({ type, instances }) => (type === "local_file" ? (instances ?? []) : []))
      .map(({ attributes }) => String(attributes?.filename))
      .find((name) => name.endsWith("/talosconfig"));
    if (one("talos_machine_bootstrap") !== undefined || node === undefined || talosconfig === undefined) return [];
    if (!hasEtcd(join(directory, talosconfig), String(node))) return [];
    // `terraform import` does not configure the Helm provider, whose cluster it does not know yet.
    const block = JSON.stringify({ import: [{ to: "talos_machine_bootstrap.cluster", id: stack }] });
    const steps = [
      `rm -f ${inQuotes(join(dirname(talosconfig), noteName))}`,
      `echo ${inQuotes(block)} >import.tf.json`,
      "terraform init",
    ];
    return [
      `etcd of ${stack} is bootstrapped already, which its state does not know; record it, then deploy again: (cd ${inQuotes(directory)} && ${steps.join(" && ")} && terraform apply; rm import.tf.json)`,
    ];
  });
}

/** The state in a file, which OpenTofu decrypts if need be. Of one that it cannot read nothing is known: its apply says why. */
function stateIn(file: string, directory: string): State {
  const state = JSON.parse(readFileSync(file, "utf8"));
  if (!("encrypted_data" in state)) return state;
  const { status, stdout } = spawnSync(terraform, ["state", "pull"], { cwd: directory, encoding: "utf8" });
  return status === 0 ? JSON.parse(stdout) : {};
}

/** Whether etcd of the node answers. Without talosctl that is not known. */
function hasEtcd(talosconfig: string, node: string): boolean {
  const of = ["--talosconfig", talosconfig, "--endpoints", node, "--nodes", node];
  return spawnSync("talosctl", [...of, "etcd", "members"], { stdio: "ignore", timeout: 20_000 }).status === 0;
}
