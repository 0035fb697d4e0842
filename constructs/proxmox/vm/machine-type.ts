import { and, type Condition, matches } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";

/** The types of every supported Proxmox, each in a version of its own or as its newest; and the vIOMMU of a q35. */
const type =
  /^(pc|pc(-i440fx)?-[0-9]+([.][0-9]+)+([+]pve[0-9]+)?([.]pxe)?|q35(,viommu=(intel|virtio))?|pc-q35-[0-9]+([.][0-9]+)+([+]pve[0-9]+)?([.]pxe)?|virt(-[0-9]+([.][0-9]+)+)?([+]pve[0-9]+)?)$/;

/** Whether Proxmox knows the machine type. */
export const isMachineType = (machine: string): Condition =>
  and(matches(machine, type), matches(machine, /^[^,]{1,40}(,|$)/));

export const rules: readonly Rule<{ readonly machine: string }>[] = [
  {
    id: "machine-type",
    requirement: "a machine type is q35, pc or virt, optionally with a version",
    reason: "Proxmox knows no other",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_machine_type",
    checks: ({ machine }) => [
      {
        condition: isMachineType(machine),
        message: `machine ${formatValue(machine)} is not a machine type; write it as in "q35" or "pc-q35-9.2"`,
      },
    ],
  },
];
