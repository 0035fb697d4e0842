import { Fn } from "cdktf";
import { isUnknown, matches } from "../../rules/condition";
import { lowerCase } from "../../rules/expression";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import { unlessEmpty } from "./optional-list";

/** The tags as Proxmox stores them: in lower case, sorted, each once. In any other form they differ in every plan. */
export function block(tags: readonly string[] = []): string[] | undefined {
  const stored = tags.map(lowerCase);
  return tags.some(isUnknown) ? Fn.sort(Fn.distinct(stored)) : unlessEmpty([...new Set(stored)].sort());
}

export const rules: readonly Rule<{ readonly tags?: readonly string[] }>[] = [
  {
    id: "tag",
    requirement: "a tag has letters, digits and _, and after the first character also -, + and .",
    reason: "Proxmox refuses other tags when the VM is created",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_tags",
    checks: ({ tags = [] }) =>
      tags.map((tag, index) => ({
        condition: matches(tag, /^[a-zA-Z0-9_][a-zA-Z0-9_+.-]*$/),
        message: `tags[${index}] ${formatValue(tag)} is not a tag; write it as in "gpu"`,
      })),
  },
];
