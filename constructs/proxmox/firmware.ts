import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmEfiDisk } from "../../.gen/providers/proxmox/virtual-environment-vm";
import { equal, isUnknown, not, oneOf, or } from "../rules/condition";
import type { Rule } from "../rules/rule";
import { literalOr, objectOf, ruled, text } from "../rules/shape";
import { shown } from "../rules/shown";
import { defaultDatastore } from "./disk";

/** Firmware of a VM: `ovmf` is UEFI. */
export type VmBios = "ovmf" | "seabios" | IResolvable;

/** Where UEFI keeps its variables. */
export interface VmEfiDisk {
  /**
   * Storage to keep it on.
   *
   * @default "local-lvm"
   */
  readonly datastore?: string;

  /**
   * Size of the variable store.
   *
   * @default "4m"
   */
  readonly type?: "4m" | IResolvable;

  /**
   * Enroll the keys of distributions and Microsoft, with which Talos does not boot.
   *
   * @default false
   */
  readonly preEnrolledKeys?: false | IResolvable;
}

export const biosShape = ruled<VmBios>("string");
export const efiDiskShape = literalOr(
  false,
  objectOf<VmEfiDisk>({ datastore: text, type: ruled("string"), preEnrolledKeys: ruled("boolean") }),
);

export function block(efiDisk: VmEfiDisk | false): VirtualEnvironmentVmEfiDisk | undefined {
  if (efiDisk === false) return undefined;
  const { datastore = defaultDatastore, type = "4m", preEnrolledKeys = false } = efiDisk;
  return { datastoreId: datastore, type: type as string, preEnrolledKeys };
}

/** A UEFI machine has an EFI disk. Where only Terraform knows the firmware, it has one too: it does no harm. */
export const withDefaults = (bios: VmBios): VmEfiDisk | false => (bios === "seabios" ? false : {});

const source = "https://www.talos.dev/v1.13/talos-guides/install/virtualized-platforms/proxmox/";

export const rules: readonly Rule<{ readonly bios: VmBios; readonly efiDisk: VmEfiDisk | false }>[] = [
  {
    id: "bios-known",
    demands: "`bios` is ovmf or seabios",
    because: "Proxmox has no other firmware",
    source,
    checks: ({ bios }) => [
      { holds: oneOf(bios, ["ovmf", "seabios"]), problem: `bios is ${shown(bios)}; write "ovmf" or "seabios"` },
    ],
  },
  {
    id: "ovmf-needs-efi-disk",
    demands: "a VM with ovmf has an EFI disk of type 4m without pre-enrolled keys",
    because:
      "without it the firmware forgets its boot entries, and with the pre-enrolled keys Secure Boot refuses to start Talos",
    source,
    checks: ({ bios, efiDisk }) => {
      const seabios = not(equal(bios, "ovmf"));
      if (efiDisk === false) {
        return [
          {
            holds: seabios,
            problem: `efiDisk is false with bios ${shown(bios)}; leave efiDisk out, or write bios: "seabios"`,
          },
        ];
      }
      const { type = "4m", preEnrolledKeys = false } = efiDisk;
      return [
        { holds: or(seabios, equal(type, "4m")), problem: `efiDisk.type is ${shown(type)}; write "4m"` },
        {
          holds: or(
            seabios,
            isUnknown(preEnrolledKeys) ? not(preEnrolledKeys as IResolvable) : preEnrolledKeys === false,
          ),
          problem: `efiDisk.preEnrolledKeys is ${shown(preEnrolledKeys)}; write false or leave it out`,
        },
      ];
    },
  },
];
