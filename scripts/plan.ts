import { rmSync } from "node:fs";
import { join } from "node:path";

/**
 * The plan of a stack as JSON. The file that Terraform writes holds secrets, and does not stay.
 *
 * @param options of those of Terraform's commands that may ask
 * @param terraform runs Terraform in the stack's directory, and answers with what it wrote
 */
export async function planOf(
  directory: string,
  options: readonly string[],
  terraform: (args: readonly string[]) => Promise<string>,
): Promise<string> {
  const file = "review.tfplan";
  try {
    await terraform(["init", ...options]);
    await terraform(["plan", ...options, `-out=${file}`]);
    return await terraform(["show", "-json", file]);
  } finally {
    rmSync(join(directory, file), { force: true });
  }
}
