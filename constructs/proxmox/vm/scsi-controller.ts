import type { IResolvable } from "cdktf";
import { enumOf } from "../../props/schema";
import { equal, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import { type Guest, ifTalos } from "./guest";

const controllers = ["virtio-scsi-pci", "virtio-scsi-single", "lsi", "lsi53c810", "megasas", "pvscsi"] as const;

/** SCSI controller of a VM. */
export type ScsiController = (typeof controllers)[number] | IResolvable;

export const schema = enumOf(controllers);

export const defaultScsiController = "virtio-scsi-pci";

export const rules: readonly Rule<{ readonly scsiHardware: ScsiController; readonly guest: Guest }>[] = [
  {
    id: "scsi-controller",
    severity: "warning",
    requirement: "the SCSI controller of a Talos guest is not virtio-scsi-single",
    reason: "Talos documents against it: bootstrap has been seen to hang",
    source: "https://github.com/siderolabs/talos/issues/11173",
    checks: ({ scsiHardware, guest }) =>
      ifTalos(guest, {
        condition: not(equal(scsiHardware, "virtio-scsi-single")),
        message: `scsiHardware is ${formatValue(scsiHardware)}, with which Talos has been seen to hang; write "virtio-scsi-pci"`,
      }),
  },
];
