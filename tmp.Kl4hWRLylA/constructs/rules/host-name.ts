import { matches } from "./condition";
import type { Check, Rule } from "./rule";
import { shown } from "./shown";

export const hostName: Omit<Rule<unknown>, "checks"> = {
  id: "vm-name-dns",
  demands: "a VM's name is a host name: letters, digits and hyphens, at most 63",
  because: "Proxmox refuses other names, and the guest takes its host name from it",
  source: "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm#name",
};

/** Checks that the text at `path` of the props is a host name. */
export const isHostName = (path: string, name: string): Check => ({
  holds: matches(name, /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/),
  problem: `${path} ${shown(name)} is not a host name; write letters, digits and hyphens, as in "talos-gpu"`,
});
