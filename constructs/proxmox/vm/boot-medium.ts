import type { IResolvable } from "cdktf";
import { Construct } from "constructs";
import {
  boolean,
  isInvalid,
  number,
  objectOf,
  orConstruct,
  required,
  type Schema,
  string,
  unionOf,
} from "../../props/schema";
import { type Condition, equal, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { checkNodeName, checkVolumeName, proxmoxName } from "../name";
import * as firmware from "./firmware";
import * as scsiController from "./scsi-controller";
import { checkVmId } from "./vm-id";

/** What is known of the software that a VM boots. */
export interface BootSoftware {
  /**
   * The software contains the QEMU guest agent, for Talos the extension `siderolabs/qemu-guest-agent`.
   *
   * @default false
   */
  readonly guestAgent?: boolean | IResolvable;
}

/** A disk image on a storage with the content type `import`. */
export interface DiskImage extends BootSoftware {
  /** Volume id, such as `local:import/talos.qcow2`. */
  readonly fileId: string;
}

/** A template to clone, found by name or by id. */
export interface CloneSource extends BootSoftware {
  /**
   * Name of the template, of which there must be exactly one: on the VM's own node, or else in the cluster.
   *
   * @default - found by id
   */
  readonly name?: string;

  /**
   * VM id of the template.
   *
   * @default - found by name
   */
  readonly id?: number;

  /**
   * Node that holds the template.
   *
   * @default - where the template is found; of several of one name, the VM's own node
   */
  readonly node?: string;

  /**
   * Copy the disks; a linked clone always needs its template.
   *
   * @default true
   */
  readonly full?: boolean | IResolvable;

  /**
   * SCSI controller of the template, as `qm config` shows it; `lsi` if it shows none. A clone keeps it if the VM should
   * have virtio-scsi-pci, which the provider does not send.
   *
   * @default - not known, which the plan warns of
   */
  readonly scsiHardware?: scsiController.ScsiController;

  /**
   * Firmware of the template. A clone keeps it if the VM should have seabios, which the provider does not send.
   *
   * @default - not known, which the plan warns of
   */
  readonly bios?: firmware.VmBios;
}

/** An ISO image on a storage, from which the guest installs itself to the first disk. */
export interface IsoImage extends BootSoftware {
  /** Volume id, such as `local:iso/talos.iso`. */
  readonly fileId: string;
}

/** What a VM boots from: exactly one of these. */
export type BootMedium =
  | { readonly image: DiskImage; readonly clone?: never; readonly iso?: never }
  | { readonly clone: CloneSource; readonly image?: never; readonly iso?: never }
  | { readonly iso: IsoImage; readonly image?: never; readonly clone?: never };

const fileShape: Schema<DiskImage & IsoImage> = { fileId: required(string), guestAgent: boolean };

const cloneShape: Schema<CloneSource> = {
  name: string,
  id: number,
  node: string,
  full: boolean,
  guestAgent: boolean,
  scsiHardware: scsiController.schema,
  bios: firmware.biosShape,
};

export const schema = unionOf<BootMedium>(
  {
    image: orConstruct(objectOf(fileShape)),
    clone: unionOf<CloneSource>(cloneShape, "id", "name"),
    iso: objectOf(fileShape),
  },
  "image",
  "clone",
  "iso",
);

/** Where a CD drive is that holds an ISO. Cloud-init takes ide2. */
export const isoInterface = "ide0";

/** Whether there is something to boot from. */
export const isBootMedium = ({ image, clone, iso }: BootMedium): boolean =>
  (image ?? iso) !== undefined || (clone?.id ?? clone?.name) !== undefined;

export function hasGuestAgent({ image, clone, iso }: BootMedium): Condition {
  const medium = image ?? clone ?? iso;
  return isInvalid(medium) || (medium?.guestAgent ?? false);
}

const source = providerDocs("bpg/proxmox", "/resources/virtual_environment_vm");

export const rules: readonly Rule<{ readonly boot: BootMedium; readonly vmId?: number }>[] = [
  {
    id: "boot-medium",
    requirement: "a VM boots from exactly one of an imported image, a clone of a template, an ISO",
    reason: "the provider would use one of them and ignore the others",
    source,
    checks: ({ boot }) => {
      const given = Object.entries(boot).flatMap(([name, medium]) => (medium === undefined ? [] : name));
      return [
        {
          condition: given.length === 1,
          message: `boot has ${given.join(" and ") || "nothing"}; write one of image, clone and iso`,
        },
      ];
    },
  },
  {
    ...proxmoxName,
    checks: ({ boot: { image, iso, clone } }) => [
      // A downloaded image has names of its own making.
      ...ifSet(Construct.isConstruct(image) ? undefined : image?.fileId, (id) =>
        checkVolumeName("import")("boot.image.fileId", id),
      ),
      ...ifSet(iso?.fileId, (id) => checkVolumeName("iso")("boot.iso.fileId", id)),
      ...ifSet(clone?.node, (node) => checkNodeName("boot.clone.node", node)),
    ],
  },
  {
    id: "clone-source",
    requirement: "a template is found by its name or by its id",
    reason: "the two could name different templates",
    source: `${source}#clone`,
    checks: ({ boot: { clone }, vmId }) =>
      ifSet(clone, ({ name, id }) => [
        {
          condition: (name === undefined) !== (id === undefined),
          message: `boot.clone has ${name === undefined ? "neither name nor id" : `both name ${formatValue(name)} and id ${formatValue(id)}`}; write one of them`,
        },
        ...ifSet(id, (id) => [
          checkVmId("boot.clone.id", id),
          {
            condition: vmId === undefined || not(equal(id, vmId)),
            message: `boot.clone.id ${formatValue(id)} is vmId, the VM's own; write the id of the template`,
          },
        ]),
      ]),
  },
];
