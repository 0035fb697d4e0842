import { checkSection } from "./check";
import { commandSection, type Scripts } from "./command";
import { elementSection } from "./element";
import { hostSection } from "./host";
import { type Markdown, text } from "./markdown";
import { type Plan, planSection } from "./plan";
import { secretSection } from "./secret";
import type { Stack } from "./stack";
import { type PinnedProvider, versionSection } from "./version";

/**
 * What whoever approves a stack has to know of it: the same on every run, and without a secret.
 *
 * @param scripts the files in its folder of scripts
 * @param pins the providers that the project is built for
 * @param plan what Terraform will change, where that is known
 */
export const pageOf = (
  name: string,
  stack: Stack,
  scripts: Scripts,
  pins: readonly PinnedProvider[],
  plan?: Plan,
): Markdown =>
  `${[
    `# Review of ${text(name)}`,
    ...(plan === undefined ? [] : [planSection(plan)]),
    elementSection(stack),
    commandSection(stack, scripts),
    secretSection(stack),
    checkSection(stack),
    versionSection(stack, pins),
    hostSection(stack),
  ].join("\n\n")}\n`;
