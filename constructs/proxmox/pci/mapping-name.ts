import { matches } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";

export const mappingName: Omit<Rule<unknown>, "checks"> = {
  id: "mapping-name",
  requirement: 'a resource mapping\'s name is a letter and then letters, digits, "_" and "-", two characters or more',
  reason:
    "Proxmox refuses other names, and the Terraform address of a mapping that the stack creates contains its name",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping",
};

/** Checks that the text at `path` of the props can be the name of a resource mapping. */
export const checkMappingName = (path: string, name: string): Check => ({
  condition: matches(name, mappingNamePattern),
  message: `${path} ${formatValue(name)} is not the name of a mapping; begin with a letter, then write letters, digits, "_" and "-", as in "gpu-4090"`,
});

export const mappingNamePattern = /^[a-zA-Z][a-zA-Z0-9_-]+$/;
