import type {
  VirtualEnvironmentVm,
  VirtualEnvironmentVmDisk,
} from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { and, equal, less, not } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { eachOf, type Rows, RowsAtPlan, some } from "../../terraform/rows";

/** A disk that a VM has. */
interface PresentDisk {
  readonly interface: string;
  /** GiB. */
  readonly size: number;
}

const eachDisk = eachOf<PresentDisk>("disk", { interface: ["interface", "text"], size: ["size", "amount"] });

/** The disks that the VM has in Proxmox. */
export const presentDisks = (vm: VirtualEnvironmentVm): Rows<PresentDisk> =>
  new RowsAtPlan(expression`${vm.fqn}.disk`, eachDisk);

export const rules: readonly Rule<{
  readonly disks: readonly Pick<VirtualEnvironmentVmDisk, "interface" | "size">[];
  readonly present: Rows<PresentDisk>;
}>[] = [
  {
    id: "disk-left",
    severity: "warning",
    requirement: "a VM whose disks Terraform leaves as they are has the disks of the stack",
    reason: "another disk and a larger size in the stack have no effect, and no plan shows that",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#disk"),
    checks: ({ disks, present }) =>
      disks.map(({ interface: place, size = 0 }, index) => ({
        condition: some(present, (found) => and(equal(found.interface, place), not(less(found.size, size)))),
        message: `disks[${index}] is ${formatValue(place)} with ${formatValue(size)} GiB, which the VM lacks, and Terraform leaves its disks as they are; add or grow the disk in Proxmox`,
      })),
  },
];
