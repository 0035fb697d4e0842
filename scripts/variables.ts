import { entriesOf, type Json, objectOf, textOf } from "../review/json";

/**
 * Asks for the variables of a stack that have no value, once for all runs of Terraform that follow. Without a terminal, Terraform
 * says which they are.
 *
 * @param options for Terraform, some of which give variables their values
 */
export async function askForVariables(stack: Json, options: readonly string[]): Promise<void> {
  if (!process.stdin.isTTY || options.some((option) => option.startsWith("-var-file="))) return;
  for (const [name, block] of entriesOf(stack.variable)) {
    const isSet =
      process.env[`TF_VAR_${name}`] !== undefined || options.some((each) => each.startsWith(`-var=${name}=`));
    const { default: usual, description, sensitive } = objectOf(block);
    if (isSet || usual !== undefined) continue;
    const message = `var.${name}: ${textOf(description) ?? ""}`;
    const { input, password } = await import("@inquirer/prompts");
    process.env[`TF_VAR_${name}`] = sensitive ? await password({ message, mask: false }) : await input({ message });
  }
}
