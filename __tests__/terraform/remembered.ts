import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "remembered-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Terraform, in a folder for each test. */
export function terraform(...words: string[]) {
  const { status, stdout, stderr } = spawnSync("terraform", [...words, "-no-color", "-input=false"], {
    cwd: directory,
    encoding: "utf8",
  });
  return { status, output: `${stdout}${stderr}`.replace(/[│\s]+/g, " ") };
}

/** Writes resources of Terraform's own, which need no provider. */
export function write(terraform_data: object): void {
  writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ resource: { terraform_data } }));
  if (terraform("init").status !== 0) throw new Error("terraform init failed");
}

/** Applies what is written. @returns "applied", or what the precondition says that refused it */
export function apply(): string {
  const { status, output } = terraform("apply", "-auto-approve");
  return status === 0 ? "applied" : (/Resource precondition failed.*?\[ ?\d+\]: (.*)/.exec(output)?.[1] ?? output);
}

export function loseState(): void {
  rmSync(join(directory, "terraform.tfstate"));
}
