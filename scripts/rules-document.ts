import { type RuleDescription, rulesByModule } from "../constructs/rules-by-module";

/** docs/rules.md, from the rules themselves. */
export function rulesDocument(): string {
  const told = new Set<string>();
  const once = (rules: readonly RuleDescription[]): RuleDescription[] =>
    rules.filter(({ id }) => !told.has(id) && told.add(id));
  return [
    "# Rules",
    "",
    "<!-- Written by `npm run docs` from the rules in constructs/. -->",
    "",
    "What a stack is held to. A broken rule is reported when the stack is synthesized, together with all others, with the",
    "path of the construct and the rule's id; nothing is written then. Where a value is a Terraform variable, the rule is",
    "in the stack as a precondition with the same message, and Terraform decides it when it plans. A warning is reported",
    "and lets the stack pass; where Terraform decides it, it is a `check` block.",
    ...Object.entries(rulesByModule).flatMap(([noun, rules]) => ["", `## ${noun}`, ...once(rules).flatMap(section)]),
    "",
  ].join("\n");
}

const section = ({ id, requirement, reason, source, severity = "error" }: RuleDescription): string[] => [
  "",
  `### ${id}`,
  "",
  `${sentence(requirement)}${severity === "warning" ? " (A warning.)" : ""}`,
  "",
  `Why: ${reason}. [Source](${source})`,
];

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;
