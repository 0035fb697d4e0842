import { matches } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";

export const hostName: Omit<Rule<unknown>, "checks"> = {
  id: "vm-name-dns",
  requirement: "a VM's name is a host name: letters, digits and hyphens, at most 63",
  reason: "Proxmox refuses other names, and the guest takes its host name from it",
  source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#name"),
};

/** Checks that the text at `path` of the props is a host name. */
export const checkHostName = (path: string, name: string): Check => ({
  condition: matches(name, /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/),
  message: `${path} ${formatValue(name)} is not a host name; write letters, digits and hyphens, as in "talos-gpu"`,
});
