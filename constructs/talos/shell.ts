import type { LocalExecProvisioner } from "cdktf";

/** Programs that a script needs, and where they are had. */
const sources = {
  kubectl: "https://kubernetes.io/docs/tasks/tools/",
  talosctl: "https://docs.siderolabs.com/talos/v1.13/getting-started/talosctl",
};

type Program = keyof typeof sources;

/** Shell that fails with a sentence where the program is missing on the machine that runs Terraform. */
export const requires = (program: Program): string => `if ! command -v ${program} >/dev/null; then
  echo "${program} is missing on the machine that runs Terraform; install it from ${sources[program]}" >&2
  exit 1
fi`;

/** Shell that ends with a sentence. */
export const refusal = `refuse() {
  echo "$*" >&2
  exit 1
}`;

/** Shell for waits of `TIMEOUT` seconds: when one that begins now is over, and whether it is. */
export const patience = `past() { [ "$(date +%s)" -ge "$1" ]; }
within() { echo $(($(date +%s) + TIMEOUT)); }`;

/**
 * Shell that must run where Terraform runs, because no resource does it. It stops with a sentence that says what failed.
 * Values come in through the environment, where no shell reads them as code.
 */
export const localExec = (script: string, environment: Record<string, string>): LocalExecProvisioner => ({
  type: "local-exec",
  interpreter: ["/bin/sh", "-c"],
  environment,
  command: `set -eu\n${script}`,
});

/** A longer script, in the environment too: Terraform prints the command when it runs and when it fails. */
export const script = (text: string, environment: Record<string, string>): LocalExecProvisioner =>
  localExec('eval "$SCRIPT"', { ...environment, SCRIPT: text });
