import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { scriptFolder } from "../constructs/terraform/script";
import { folderOf, type StackState, type State, storedAttributes } from "./stack-state";
import { inQuotes } from "./state";

/** A node that has its configuration, and whose check an earlier apply ended without creating it again. */
interface UncheckedNode {
  readonly name: string;
  readonly address: string;
  readonly ca: string;
  readonly folder: string;
}

/**
 * A check of a node ends before the configuration is sent, and is created again after it. If sending it failed, the state has
 * the node without its check, and Terraform would send the configuration again, unchecked.
 */
function uncheckedIn(state: State): UncheckedNode[] {
  const checks = storedAttributes(state, "null_resource").map(({ name }) => name);
  return storedAttributes(state, "talos_machine_configuration_apply").flatMap(({ name, isTainted, attributes }) => {
    const { ca_certificate: ca } = (attributes.client_configuration ?? {}) as { readonly ca_certificate?: string };
    if (isTainted || checks.includes(`${name}_check`) || ca === undefined) return [];
    const folder = folderOf(state, ca);
    return folder === undefined ? [] : [{ name, address: String(attributes.node), ca, folder }];
  });
}

/** Seconds to wait for a node: one that does not answer is waited for by the apply. */
const patience = 20;

/** The check of the project, in the stack's folder, with what a stack gives to it. */
function check(directory: string, { name, address, ca, folder }: UncheckedNode) {
  const { PATH, TMPDIR } = process.env;
  return spawnSync("sh", [join(scriptFolder, "check-node.sh")], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH, TMPDIR, NODE: address, MACHINE: name, CA: ca, DIRECTORY: folder, TIMEOUT: String(patience) },
  });
}

/** Whether a synthesized stack has nodes that are checked. */
export const hasCheckedNodes = (directory: string): boolean =>
  existsSync(join(directory, scriptFolder, "check-node.sh"));

/** Configured nodes that another machine answers for, before Terraform sends a configuration: a sentence for each. */
export function strangeNodes(states: readonly StackState[]): string[] {
  return states.flatMap(({ stack, directory, state }) => {
    if (!hasCheckedNodes(directory)) return [];
    return uncheckedIn(state).flatMap((node) => {
      const { status, stdout, stderr } = check(directory, node);
      if (status === 0) process.stdout.write(stdout);
      if (!/\[node-without-configuration\]\s*$/.test(stderr)) return [];
      const answer = /The answer: (.*) \[node-without-configuration\]/.exec(stderr)?.[1] ?? "";
      return [
        `${stack}: ${node.address} does not show a certificate of this cluster, and an earlier apply ended before it had sent the node its configuration: another machine may have the address. Nothing was sent to it. If you have reset or reinstalled the node yourself, apply once with Terraform, which does not ask: terraform -chdir=${inQuotes(directory)} apply. The answer: ${answer} [node-without-configuration]`,
      ];
    });
  });
}
