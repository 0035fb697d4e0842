import { rmSync } from "node:fs";
import { join } from "node:path";

/**
 * The plan of a stack as JSON. The file that Terraform writes holds secrets, and does not stay.
 *
 * @param options of those of Terraform's commands that may ask
 * @param terraform runs Terraform in the stack's directory, and answers with what it wrote
 * @param more options of the plan alone, and what looks at the file while it is there
 */
export async function planOf(
  directory: string,
  options: readonly string[],
  terraform: (args: readonly string[]) => Promise<string>,
  more: { readonly ofPlan?: readonly string[]; readonly look?: (json: string, file: string) => Promise<void> } = {},
): Promise<string> {
  const file = "review.tfplan";
  try {
    await terraform(["init", ...options]);
    await terraform(["plan", ...options, ...(more.ofPlan ?? []), `-out=${file}`]);
    const json = await terraform(["show", "-json", file]);
    await more.look?.(json, file);
    return json;
  } finally {
    rmSync(join(directory, file), { force: true });
  }
}
