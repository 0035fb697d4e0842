import { unchecked } from "../../props/schema";
import { formatUnlessVariable, formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";

const guests = ["talos", "linux"] as const;

/**
 * The operating system of a VM: Talos, or another Linux, for which only the requirements of Proxmox and passthrough
 * apply.
 */
export type Guest = (typeof guests)[number];

export const schema = unchecked<Guest>();

/** Checks of what Talos demands of a machine; none for another guest. */
export const ifTalos = (guest: Guest, ...checks: Check[]): Check[] => (guest === "linux" ? [] : checks);

export const rules: readonly Rule<{ readonly guest: Guest }>[] = [
  {
    id: "guest-known",
    requirement: `a guest is ${guests.join(" or ")}, and no variable`,
    reason: "the requirements of Talos are checked only for a Talos guest, before Terraform runs",
    source: talosDocs("platform-specific-installations/virtualized-platforms/proxmox"),
    checks: ({ guest }) => [
      {
        condition: guests.includes(guest),
        message: `guest is ${formatUnlessVariable(guest)}; write ${guests.map(formatValue).join(" or ")}`,
      },
    ],
  },
];
