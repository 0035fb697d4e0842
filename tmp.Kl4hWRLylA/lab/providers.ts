import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { build, built } from "./build";

/** Where Terraform takes its providers from. */
export interface Providers {
  /** Content of Terraform's command line configuration. */
  readonly cliConfiguration: string;
}

const mirrored = (directory: string): string =>
  `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = "${directory}"\n  }\n}\n`;

/** Whether the public registry can be reached, which decides when `LAB_PROVIDERS` is not set. */
async function registryAnswers(): Promise<boolean> {
  try {
    const url = "https://registry.terraform.io/.well-known/terraform.json";
    return (await fetch(url, { signal: AbortSignal.timeout(3000) })).ok;
  } catch {
    return false;
  }
}

let answer: Promise<Providers> | undefined;

/** The providers that `LAB_PROVIDERS` asks for, found once. */
export function providers(): Promise<Providers> {
  answer ??= providersFrom(process.env.LAB_PROVIDERS, () => {
    build("providers");
    return built.mirror;
  });
  return answer;
}

/**
 * Reads `LAB_PROVIDERS`: `stand-in`, `registry`, or a directory that is a Terraform filesystem mirror.
 *
 * @param standIns makes the mirror of what the lab builds itself
 */
export async function providersFrom(setting: string | undefined, standIns: () => string): Promise<Providers> {
  const chosen = setting || ((await registryAnswers()) ? "registry" : "stand-in");
  if (chosen === "registry") return { cliConfiguration: "disable_checkpoint = true\n" };
  if (chosen === "stand-in") return { cliConfiguration: mirrored(standIns()) };
  const directory = resolve(chosen);
  if (!existsSync(directory)) {
    throw new Error(
      `LAB_PROVIDERS is "${setting}", which is no directory; write "stand-in", "registry" or the directory of a filesystem mirror`,
    );
  }
  return { cliConfiguration: mirrored(directory) };
}
