import { writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { built } from "./build";
import type { Providers } from "./providers";

/** Variables that Terraform and the providers would read from the environment of whoever runs the lab. */
const foreign = Object.keys(process.env).filter((name) => /^(TF_|PROXMOX_VE_|PM_VE_|KUBE|HELM_)/.test(name));

const fileName = "terraform.rc";

/** Writes where Terraform takes its providers from. */
export const cliConfigurationIn = (directory: string, { cliConfiguration }: Providers): void =>
  writeFileSync(join(directory, fileName), cliConfiguration);

/** What a command needs to work in the lab's directory alone. */
export const environmentIn = (directory: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(foreign.map((name) => [name, undefined])),
  TF_CLI_CONFIG_FILE: join(directory, fileName),
  // OpenTofu is here when the machine has none of its own.
  PATH: `${process.env.PATH}${delimiter}${dirname(built.opentofu)}`,
  TF_IN_AUTOMATION: "1",
  CHECKPOINT_DISABLE: "1",
  // As the test framework of Terraform's plugins has it: keys and certificates for the dozen provider processes of a
  // command are half of its work. https://github.com/hashicorp/terraform/blob/v1.11.4/internal/command/meta_providers.go
  TF_DISABLE_PLUGIN_TLS: "1",
  HOME: directory,
  TMPDIR: directory,
});
