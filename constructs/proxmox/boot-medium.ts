import type { IResolvable } from "cdktf";
import { Construct } from "constructs";
import { type Condition, equal, not } from "../rules/condition";
import { given, type Rule } from "../rules/rule";
import { eitherOf, flag, isStandIn, number, objectOf, orConstruct, required, type Shape, text } from "../rules/shape";
import { shown } from "../rules/shown";
import * as firmware from "./firmware";
import { isNode, isVolume, proxmoxName } from "./name";
import * as scsiController from "./scsi-controller";
import { isVmId } from "./vm-id";

/** What is known of the software that a VM boots. */
interface BootSoftware {
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
   * Copy the disks; a linked clone needs its template for ever.
   *
   * @default true
   */
  readonly full?: boolean | IResolvable;

  /**
   * SCSI controller of the template, as `qm config` shows it; `lsi` where it shows none. A clone keeps it where the VM is to
   * have virtio-scsi-pci, which the provider does not send.
   *
   * @default - not known, which the plan warns of
   */
  readonly scsiHardware?: scsiController.ScsiController;

  /**
   * Firmware of the template. A clone keeps it where the VM is to have seabios, which the provider does not send.
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

const fileShape: Shape<DiskImage & IsoImage> = { fileId: required(text), guestAgent: flag };

const cloneShape: Shape<CloneSource> = {
  name: text,
  id: number,
  node: text,
  full: flag,
  guestAgent: flag,
  scsiHardware: scsiController.shape,
  bios: firmware.biosShape,
};

export const shape = eitherOf<BootMedium>(
  { image: orConstruct(objectOf(fileShape)), clone: eitherOf<CloneSource>(cloneShape, "id"), iso: objectOf(fileShape) },
  "image",
);

/** Where a CD drive is that holds an ISO. Cloud-init takes ide2. */
export const isoInterface = "ide0";

export function hasGuestAgent({ image, clone, iso }: BootMedium): Condition {
  const medium = image ?? clone ?? iso;
  return isStandIn(medium) || (medium?.guestAgent ?? false);
}

const source = "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm";

export const rules: readonly Rule<{ readonly boot: BootMedium; readonly vmId?: number }>[] = [
  {
    id: "boot-medium",
    demands: "a VM boots from exactly one of an imported image, a clone of a template, an ISO",
    because: "the provider would use one of them and ignore the others",
    source,
    checks: ({ boot }) => {
      const given = Object.entries(boot).flatMap(([name, medium]) => (medium === undefined ? [] : name));
      return [
        {
          holds: given.length === 1,
          problem: `boot has ${given.join(" and ") || "nothing"}; write one of image, clone and iso`,
        },
      ];
    },
  },
  {
    ...proxmoxName,
    checks: ({ boot: { image, iso, clone } }) => [
      // A downloaded image has names of its own making.
      ...given(Construct.isConstruct(image) ? undefined : image?.fileId, (id) =>
        isVolume("import")("boot.image.fileId", id),
      ),
      ...given(iso?.fileId, (id) => isVolume("iso")("boot.iso.fileId", id)),
      ...given(clone?.node, (node) => isNode("boot.clone.node", node)),
    ],
  },
  {
    id: "clone-source",
    demands: "a template is found by its name or by its id",
    because: "the two could name different templates",
    source: `${source}#clone`,
    checks: ({ boot: { clone }, vmId }) =>
      given(clone, ({ name, id }) => [
        {
          holds: (name === undefined) !== (id === undefined),
          problem: `boot.clone has ${name === undefined ? "neither name nor id" : `both name ${shown(name)} and id ${shown(id)}`}; write one of them`,
        },
        ...given(id, (id) => [
          isVmId("boot.clone.id", id),
          {
            holds: vmId === undefined || not(equal(id, vmId)),
            problem: `boot.clone.id ${shown(id)} is vmId, the VM's own; write the id of the template`,
          },
        ]),
      ]),
  },
];
