import { matches } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";

export const proxmoxName: Omit<Rule<unknown>, "checks"> = {
  id: "proxmox-name",
  requirement: "nodes, storages, volumes and bridges have names that Proxmox accepts",
  reason: "Proxmox refuses other names, but only when the VM is created",
  source: "https://pve.proxmox.com/pve-docs/api-viewer/#/nodes/{node}/qemu",
};

const named =
  (kind: string, pattern: RegExp, example: string) =>
  (path: string, name: string): Check => ({
    condition: matches(name, pattern),
    message: `${path} ${formatValue(name)} is not the name of ${kind}; write it as in ${formatValue(example)}`,
  });

/** Checks that the text at `path` of the props is the name of a node. */
export const checkNodeName = named("a node", /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/, "pve");

/** Checks that the text at `path` of the props is the name of a storage. */
export const checkStorageName = named("a storage", /^[a-zA-Z][a-zA-Z0-9_.-]{0,98}[a-zA-Z0-9]$/, "local-lvm");

/** Checks that the text at `path` of the props is the name of a bridge. */
export const checkBridgeName = named("a bridge", /^[a-zA-Z0-9_.-]{1,20}$/, "vmbr0");

/** What the names of files end in, by the content that they are. */
const endings = { import: "([.]qcow2|[.]raw|[.]vmdk)", iso: "[.]([iI][sS][oO]|[iI][mM][gG])" };

/** Checks that the text at `path` of the props is the id of a volume, in a folder of that content. */
export const checkVolumeName = (content: keyof typeof endings) =>
  named(
    `a volume with the content ${content}`,
    new RegExp(`^[a-zA-Z][a-zA-Z0-9_.-]*[a-zA-Z0-9]:${content}[/][a-zA-Z0-9_.+=-]*${endings[content]}$`),
    content === "import" ? "local:import/talos.qcow2" : "local:iso/talos.iso",
  );
