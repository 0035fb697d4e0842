import { accessSync, constants } from "node:fs";
import { delimiter, resolve } from "node:path";

/** Terraform, or what TERRAFORM_BINARY_NAME puts in its place, as cdktf has it. */
export const terraform = process.env.TERRAFORM_BINARY_NAME || "terraform";

/** Where programs that no npm package has are had. */
const sources: Record<string, string> = {
  terraform:
    "https://developer.hashicorp.com/terraform/install has it; or use OpenTofu, with TERRAFORM_BINARY_NAME=tofu",
  tofu: "https://opentofu.org/docs/intro/install has it",
  kubectl: "https://kubernetes.io/docs/tasks/tools has it",
  talosctl: "https://docs.siderolabs.com/talos/v1.13/getting-started/talosctl has it",
  go: "https://go.dev/doc/install has it",
};

/** Which of the programs that a task needs this machine lacks: a sentence for each, with where the program is had. */
export function missing(task: string, programs: readonly string[]): string[] {
  return programs
    .filter((program) => !isHere(program))
    .map((program) => {
      const source = sources[program] ?? "TERRAFORM_BINARY_NAME asks for it";
      return `${task} needs ${program}, which is not on the PATH: ${source}`;
    });
}

/** @param program name, or path as cdktf takes it too */
function isHere(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(resolve(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
