import { type Charts, chartAdditions } from "./chart";
import { checkSection } from "./check";
import { commandAdditions, commandSection, type Scripts } from "./command";
import { elementSection } from "./element";
import { elementAdditions } from "./element-addition";
import { factsOf } from "./fact";
import { fingerprintOf } from "./fingerprint";
import { hostSection } from "./host";
import { machineSection } from "./machine";
import { type Markdown, text } from "./markdown";
import { omissionSection } from "./omission";
import { outputAdditions } from "./output-addition";
import { patchAdditions, schematicAdditions } from "./patch-addition";
import { type Plan, planSection } from "./plan";
import { releaseAdditions } from "./release-addition";
import { secretSection } from "./secret";
import { sourceAdditions, sourceSection } from "./source-section";
import type { Stack } from "./stack";
import { stackAdditions } from "./stack-addition";
import { additionSection, summarySection } from "./summary";
import { textAdditions } from "./text-addition";
import { type Measure, versionSection } from "./version";

/**
 * What whoever approves a stack has to know of it: the same on every run of a day, and without a secret.
 *
 * @param scripts the files in its folder of scripts
 * @param measure what its versions are judged by
 * @param plan what Terraform will change, where that is known
 * @param charts the files of the charts in its folder
 */
export function pageOf(
  name: string,
  stack: Stack,
  scripts: Scripts,
  measure: Measure,
  plan?: Plan,
  charts: Charts = new Map(),
): Markdown {
  const facts = factsOf(stack);
  const additions = [
    ...textAdditions(stack),
    ...commandAdditions(stack, scripts, facts),
    ...chartAdditions(charts),
    ...stackAdditions(stack),
    ...outputAdditions(stack, facts),
    ...elementAdditions(stack, facts),
    ...schematicAdditions(stack),
    ...patchAdditions(stack, facts),
    ...releaseAdditions(stack),
    ...sourceAdditions(stack, facts),
  ];
  return `${[
    `# Review of ${text(name)}`,
    summarySection(stack, scripts, measure, additions, fingerprintOf(stack, scripts, charts), plan),
    ...(plan === undefined ? [] : [planSection(plan)]),
    additionSection(additions),
    machineSection(stack),
    commandSection(stack, scripts),
    sourceSection(stack, facts),
    secretSection(stack),
    elementSection(stack),
    versionSection(stack, measure),
    checkSection(stack),
    hostSection(stack),
    omissionSection(),
  ].join("\n\n")}\n`;
}
