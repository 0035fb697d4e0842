import { argumentType } from "../constructs/rules/argument";
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
    "Every stack is checked against these rules. The synth reports all violations together, each with the path of the",
    "construct and the rule's id, and writes nothing. If a value is a Terraform variable, the rule becomes a precondition",
    "with the same message, which Terraform checks at plan time. A warning is reported, and the stack is written; at plan",
    "time it is a `check` block.",
    "",
    "## The ten that save an evening",
    "",
    "Without them, the deployment fails late or the node lacks its GPU, with a message that does not name the cause.",
    "",
    ...eveningSavers.map((id) => `- [${id}](#${id}): ${requirementOf(id)}`),
    ...Object.entries({ ...rulesByModule, "Functions and constructs": [argumentType] }).flatMap(([noun, rules]) => [
      "",
      `## ${noun}`,
      ...once(rules).flatMap(section),
    ]),
    "",
  ].join("\n");
}

/** The mistakes that take longest to find without the rule. */
const eveningSavers = [
  "pci-address-needs-root-password",
  "gpu-iommu",
  "gpu-group-own",
  "pci-device-once",
  "gpu-driver-generation",
  "cpu-type-host",
  "ovmf-needs-efi-disk",
  "agent-needs-extension",
  "vm-id-free",
  "cilium-talos-values",
];

const requirementOf = (id: string): string => {
  const rule = Object.values(rulesByModule)
    .flat()
    .find((each) => each.id === id);
  if (!rule) throw new Error(`there is no rule ${id}`);
  return sentence(rule.requirement);
};

const section = ({ id, requirement, reason, source, severity = "error" }: RuleDescription): string[] => [
  "",
  `### ${id}`,
  "",
  `${sentence(requirement)}${severity === "warning" ? " (A warning.)" : ""}`,
  "",
  `Why: ${reason}. [Source](${source})`,
];

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;
