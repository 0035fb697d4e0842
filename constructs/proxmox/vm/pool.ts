import { matches } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";

export const rules: readonly Rule<{ readonly pool?: string }>[] = [
  {
    id: "pool-name",
    requirement: "a pool is named with letters, digits, ., - and _, and at most two parents before slashes",
    reason: "Proxmox refuses other names when the VM is created",
    source: "https://pve.proxmox.com/pve-docs/chapter-pveum.html#pveum_pools",
    checks: ({ pool }) =>
      ifSet(pool, (pool) => ({
        condition: matches(pool, /^[A-Za-z0-9._-]+([/][A-Za-z0-9._-]+){0,2}$/),
        message: `pool ${formatValue(pool)} is not the name of a pool; write it as in "talos"`,
      })),
  },
];
