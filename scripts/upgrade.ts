import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child";
import { terraformEnvironment } from "./environment";
import { planOf } from "./plan";
import { terraform } from "./prerequisites";
import { localStateOf } from "./state";

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
        type === "null_resource" && /^upgrade_(talos|kubernetes)(_|$)/.test(name) && change.actions.includes("create"),
    )
  );
}

/**
 * Those of the synthesized stacks that upgrade a cluster. Of a stack that cannot be planned without asking for something
 * nothing is known: its apply will say what is in the way.
 *
 * @param names as cdktf takes them, in which `*` stands for anything; where none is a stack's, all are meant
 */
export async function upgradingStacks(output: string, names: readonly string[]): Promise<string[]> {
  const all = existsSync(join(output, "stacks")) ? readdirSync(join(output, "stacks")) : [];
  const patterns = names.map((name) => new RegExp(`^${name.replace(/[^\w*-]/g, ".").replaceAll("*", ".*")}$`));
  const named = all.filter((stack) => patterns.some((pattern) => pattern.test(stack)));
  const upgrading: string[] = [];
  for (const stack of named.length > 0 ? named : all) {
    const directory = join(output, "stacks", stack);
    if (!mayHaveState(directory)) continue;
    console.log(`${stack} is planned first: without talosctl, no cluster of it can be upgraded.`);
    const plan = await planned(directory);
    if (plan !== undefined && upgradesCluster(plan)) upgrading.push(stack);
  }
  return upgrading;
}

/** Where a state is kept elsewhere, only Terraform knows whether there is one. */
function mayHaveState(directory: string): boolean {
  const state = localStateOf(directory);
  return state === undefined || existsSync(state);
}

/** The plan; undefined if Terraform makes none. */
async function planned(directory: string): Promise<Plan | undefined> {
  try {
    const json = await planOf(directory, ["-input=false"], async (args) => {
      const env = terraformEnvironment();
      const { status, said } = await run([terraform, ...args], {
        cwd: directory,
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      if (status !== 0) throw new NoPlan();
      return said;
    });
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof NoPlan) return undefined;
    throw error;
  }
}

class NoPlan extends Error {}
