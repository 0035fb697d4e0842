import type { IResolvable } from "cdktf";
import type { VirtualEnvironmentVmEfiDisk } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { boolean, enumOf, objectOf, optionalLiteral, string } from "../../props/schema";
import { equal, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import { checkStorageName, proxmoxName } from "../name";
import { type Guest, ifTalos } from "./guest";

const bioses = ["ovmf", "seabios"] as const;
const efiTypes = ["4m", "2m"] as const;

/** Firmware of a VM: `ovmf` is UEFI. */
export type VmBios = (typeof bioses)[number] | IResolvable;

/** Where UEFI keeps its variables. */
export interface VmEfiDisk {
  /**
   * Storage to keep it on.
   *
   * @default - that of the first disk
   */
  readonly datastore?: string;

  /**
   * Size of the variable store. Talos needs 4m.
   *
   * @default "4m"
   */
  readonly type?: (typeof efiTypes)[number] | IResolvable;

  /**
   * Enroll the keys of distributions and Microsoft, with which Talos does not boot.
   *
   * @default false
   */
  readonly preEnrolledKeys?: boolean | IResolvable;
}

export const biosShape = enumOf(bioses);
export const efiDiskShape = optionalLiteral(
  false,
  objectOf<VmEfiDisk>({ datastore: string, type: enumOf(efiTypes), preEnrolledKeys: boolean }),
);

export function block(efiDisk: VmEfiDisk | false, ofFirstDisk: string): VirtualEnvironmentVmEfiDisk | undefined {
  if (efiDisk === false) return undefined;
  const { datastore = ofFirstDisk, preEnrolledKeys = false } = efiDisk;
  return { datastoreId: datastore, type: typeOf(efiDisk) as string, preEnrolledKeys };
}

/** The size of its variable store. */
export const typeOf = ({ type = "4m" }: VmEfiDisk): NonNullable<VmEfiDisk["type"]> => type;

/** A UEFI machine has an EFI disk. Where only Terraform knows the firmware, it has one too: it does no harm. */
export const withDefaults = (bios: VmBios): VmEfiDisk | false => (bios === "seabios" ? false : {});

const source = talosDocs("platform-specific-installations/virtualized-platforms/proxmox");

export const rules: readonly Rule<{
  readonly bios: VmBios;
  readonly efiDisk: VmEfiDisk | false;
  readonly guest: Guest;
}>[] = [
  {
    ...proxmoxName,
    checks: ({ efiDisk }) =>
      ifSet(efiDisk === false ? undefined : efiDisk.datastore, (datastore) =>
        checkStorageName("efiDisk.datastore", datastore),
      ),
  },
  {
    id: "ovmf-needs-efi-disk",
    requirement: "a VM with ovmf has an EFI disk; a Talos guest's has type 4m and no pre-enrolled keys",
    reason:
      "without it the firmware forgets its boot entries, and with the pre-enrolled keys Secure Boot refuses to start Talos",
    source,
    checks: ({ bios, efiDisk, guest }) => {
      const seabios = not(equal(bios, "ovmf"));
      if (efiDisk === false) {
        return [
          {
            condition: seabios,
            message: `efiDisk is false with bios ${formatValue(bios)}; leave efiDisk out, or write bios: "seabios"`,
          },
        ];
      }
      const { preEnrolledKeys = false } = efiDisk;
      const type = typeOf(efiDisk);
      return ifTalos(
        guest,
        { condition: or(seabios, equal(type, "4m")), message: `efiDisk.type is ${formatValue(type)}; write "4m"` },
        {
          condition: or(seabios, not(preEnrolledKeys)),
          message: `efiDisk.preEnrolledKeys is ${formatValue(preEnrolledKeys)}; write false or leave it out`,
        },
      );
    },
  },
];
