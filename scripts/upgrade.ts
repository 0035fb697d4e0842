import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { terraform } from "./prerequisites";

/** What is asked of `terraform show -json`. */
export interface Plan {
  readonly resource_changes?: readonly {
    readonly type: string;
    readonly name: string;
    readonly change: { readonly actions: readonly string[] };
  }[];
  readonly prior_state?: { readonly values?: { readonly root_module?: { readonly resources?: readonly Resource[] } } };
}

interface Resource {
  readonly type: string;
}

/** Whether applying the plan runs the upgrade of Talos or Kubernetes on a cluster that is there. */
export function upgradesCluster({ resource_changes = [], prior_state }: Plan): boolean {
  const { resources = [] } = prior_state?.values?.root_module ?? {};
  return (
    resources.some(({ type }) => type === "talos_machine_bootstrap") &&
    resource_changes.some(
      ({ type, name, change }) =>
        type === "null_resource" && /^upgrade_(talos|kubernetes)$/.test(name) && change.actions.includes("create"),
    )
  );
}

/**
 * Those of the synthesized stacks that upgrade a cluster. Of a stack that cannot be planned without asking for something
 * nothing is known: its apply will say what is in the way.
 *
 * @param names as cdktf takes them, in which `*` stands for anything; where none is a stack's, all are meant
 */
export function upgradingStacks(output: string, names: readonly string[]): string[] {
  const all = existsSync(join(output, "stacks")) ? readdirSync(join(output, "stacks")) : [];
  const patterns = names.map((name) => new RegExp(`^${name.replace(/[^\w*-]/g, ".").replaceAll("*", ".*")}$`));
  const named = all.filter((stack) => patterns.some((pattern) => pattern.test(stack)));
  return (named.length > 0 ? named : all).filter((stack) => {
    const directory = join(output, "stacks", stack);
    if (!mayHaveState(directory)) return false;
    console.log(`${stack} is planned first: without talosctl, no cluster of it can be upgraded.`);
    const plan = planned(directory);
    return plan !== undefined && upgradesCluster(plan);
  });
}

/** Where a state is kept elsewhere, only Terraform knows whether there is one. */
function mayHaveState(directory: string): boolean {
  const { backend } = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")).terraform ?? {};
  return backend?.local === undefined || existsSync(resolve(directory, backend.local.path));
}

/** The plan as JSON, which holds secrets, and does not stay. */
function planned(directory: string): Plan | undefined {
  const file = "upgrade.tfplan";
  const run = (...args: string[]) =>
    spawnSync(terraform, args, { cwd: directory, encoding: "utf8", maxBuffer: Number.POSITIVE_INFINITY });
  try {
    if (run("init", "-input=false").status !== 0) return undefined;
    if (run("plan", "-input=false", `-out=${file}`).status !== 0) return undefined;
    const { status, stdout } = run("show", "-json", file);
    return status === 0 ? JSON.parse(stdout) : undefined;
  } finally {
    rmSync(join(directory, file), { force: true });
  }
}
