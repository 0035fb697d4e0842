import type { Check, Rule } from "../rules/rule";
import { literal } from "../rules/shape";
import { shown, shownUnlessVariable } from "../rules/shown";

const guests = ["talos", "linux"] as const;

/** The operating system of a VM: Talos, or another Linux, of which only what Proxmox and passthrough demand holds. */
export type Guest = (typeof guests)[number];

export const shape = literal<Guest>();

/** Checks of what Talos demands of a machine; none for another guest. */
export const ofTalos = (guest: Guest, ...checks: Check[]): Check[] => (guest === "linux" ? [] : checks);

export const rules: readonly Rule<{ readonly guest: Guest }>[] = [
  {
    id: "guest-known",
    demands: `a guest is ${guests.join(" or ")}, and no variable`,
    because: "what Talos demands of a machine is checked of a Talos guest only, before Terraform runs",
    source: "https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/virtualized-platforms/proxmox",
    checks: ({ guest }) => [
      {
        holds: guests.includes(guest),
        problem: `guest is ${shownUnlessVariable(guest)}; write ${guests.map(shown).join(" or ")}`,
      },
    ],
  },
];
