import { equal, not } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { shown } from "../rules/shown";

export const defaultScsiController = "virtio-scsi-pci";

export const rules: readonly Rule<{ readonly scsiHardware: string }>[] = [
  {
    id: "scsi-controller",
    severity: "warning",
    demands: "the SCSI controller is not virtio-scsi-single",
    because: "Talos documents against it: bootstrap has been seen to hang",
    source: "https://github.com/siderolabs/talos/issues/11173",
    checks: ({ scsiHardware }) => [
      {
        holds: not(equal(scsiHardware, "virtio-scsi-single")),
        problem: `scsiHardware is ${shown(scsiHardware)}, with which Talos has been seen to hang; write "virtio-scsi-pci"`,
      },
    ],
  },
];
