import type { Terraform } from "../../terraform";

/** Plans, which must find nothing to do; otherwise what it found is told. */
export async function unchanged(terraform: Terraform, ...options: string[]): Promise<void> {
  const { code, output } = await terraform.plan(...options);
  if (code !== 0) throw new Error(`the plan is not empty:\n${output}`);
}
