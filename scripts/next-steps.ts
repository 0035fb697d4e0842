import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { terraform } from "./prerequisites";
import { stacksNamed } from "./state";

interface Stack {
  readonly output?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/**
 * What to do with the clusters that were deployed: commands for this folder, whole, which cdktf's own list of outputs quotes.
 *
 * @param names those of the stacks, as cdktf takes them; of none, all that were synthesized last are meant
 */
export function nextSteps(output: string, names: readonly string[]): string {
  return stacksNamed(output, names)
    .map((stack) => stepsOf(join(output, "stacks", stack), stack))
    .join("");
}

function stepsOf(directory: string, name: string): string {
  const file = join(directory, "cdk.tf.json");
  const stack: Stack = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const access = stack.output?.access_instructions?.value;
  // What only Terraform knows, its own output shows.
  if (typeof access !== "string" || /(^|[^$])\$\{/.test(access)) return "";
  const commands = access.replaceAll("$${", "${").split("\n");
  const pod = [
    `${terraform} -chdir=${directory} output -raw gpu_example_pod | kubectl apply -f -`,
    "kubectl logs -f gpu-example",
  ];
  return [
    "",
    `To use the cluster of ${name}, in this folder:`,
    "",
    ...commands.map((command) => `  ${command}`),
    ...(stack.output?.gpu_example_pod === undefined
      ? []
      : ["", "To run a pod on its GPU, then:", "", ...pod.map((command) => `  ${command}`)]),
    "",
    "For all outputs, with the commands that restore etcd:",
    "",
    `  ${terraform} -chdir=${directory} output`,
    "",
  ].join("\n");
}
