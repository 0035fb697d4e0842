import type { IResolvable } from "cdktf";
import { equal, not } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { choice } from "../rules/shape";
import { shown } from "../rules/shown";
import { type Guest, ofTalos } from "./guest";

const controllers = ["virtio-scsi-pci", "virtio-scsi-single", "lsi", "lsi53c810", "megasas", "pvscsi"] as const;

/** SCSI controller of a VM. */
export type ScsiController = (typeof controllers)[number] | IResolvable;

export const shape = choice(controllers);

export const defaultScsiController = "virtio-scsi-pci";

export const rules: readonly Rule<{ readonly scsiHardware: ScsiController; readonly guest: Guest }>[] = [
  {
    id: "scsi-controller",
    severity: "warning",
    demands: "the SCSI controller of a Talos guest is not virtio-scsi-single",
    because: "Talos documents against it: bootstrap has been seen to hang",
    source: "https://github.com/siderolabs/talos/issues/11173",
    checks: ({ scsiHardware, guest }) =>
      ofTalos(guest, {
        holds: not(equal(scsiHardware, "virtio-scsi-single")),
        problem: `scsiHardware is ${shown(scsiHardware)}, with which Talos has been seen to hang; write "virtio-scsi-pci"`,
      }),
  },
];
