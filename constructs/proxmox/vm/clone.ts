import { isInvalid } from "../../props/schema";
import { and, equal, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import type { BootMedium } from "./boot-medium";
import type { VmBios } from "./firmware";
import type { ScsiController } from "./scsi-controller";

/** What a VM has of its own, if it is no clone. */
export interface Kept {
  readonly scsiHardware: ScsiController;
  readonly bios: VmBios;
}

/**
 * What the provider does not send to a clone, as the values equal its defaults. The clone keeps what its template has, the plan
 * does not show it, and no data source has it.
 */
const unsent = {
  scsiHardware: { value: "virtio-scsi-pci", noun: "SCSI controller", unset: "lsi" },
  bios: { value: "seabios", noun: "firmware", unset: "seabios" },
} as const;
const names = ["scsiHardware", "bios"] as const;

const source = "https://github.com/bpg/terraform-provider-proxmox/issues/1806";

type Cloned = Kept & {
  readonly boot: BootMedium;
  readonly serialDevices: readonly string[];
  /** The same settings as attributes of the VM, which only Terraform reads. */
  readonly planned: Readonly<Record<keyof Kept, string>>;
};

export const rules: readonly Rule<Cloned>[] = [
  {
    id: "clone-keeps-template",
    requirement:
      "a clone has the same controller, firmware and serial devices as its template if the provider cannot set them",
    reason: "the provider does not send values equal to its defaults, and no plan shows the difference",
    source,
    checks: ({ boot: { clone }, serialDevices, ...settings }) =>
      ifSet(clone, (clone) => [
        ...names.flatMap((name) =>
          ifSet(clone[name], (templates) => ({
            condition: or(not(equal(settings[name], unsent[name].value)), equal(templates, unsent[name].value)),
            message: `${name} is ${formatValue(settings[name])}, but the clone keeps ${formatValue(templates)} of its template; set it on the template, or write ${name}: ${formatValue(templates)}`,
          })),
        ),
        {
          condition: serialDevices.length > 0 || isInvalid(serialDevices),
          message: "serialDevices is empty, but the clone keeps those of its template; leave it out",
        },
      ]),
  },
  {
    id: "clone-template-known",
    severity: "warning",
    requirement: "the settings that a clone keeps from its template are written in `clone`",
    reason: "a template without a SCSI controller of its own has lsi, which is slow and which Talos may not know",
    source,
    checks: ({ boot: { clone }, planned, ...settings }) =>
      ifSet(clone, (clone) => {
        const unsaid = names.filter(
          (name) => clone[name] === undefined && equal(settings[name], unsent[name].value) !== false,
        );
        return {
          condition: and(...unsaid.map((name) => not(equal(planned[name], unsent[name].value)))),
          message: `the clone keeps its template's ${unsaid.map((name) => unsent[name].noun).join(" and ")}, which the props do not say; write ${unsaid.join(" and ")} beside the template as \`qm config\` shows it, ${unsaid.map((name) => formatValue(unsent[name].unset)).join(" and ")} where it shows none`,
        };
      }),
  },
];
