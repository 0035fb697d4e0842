import type { IResolvable } from "cdktf";
import {
  boolean,
  instanceOf,
  listOf,
  number,
  type Parsed,
  required,
  type Schema,
  staticBoolean,
  string,
  unchecked,
} from "../props/schema";
import { ProxmoxConnection } from "./connection";
import * as gpu from "./pci/gpu";
import * as agent from "./vm/agent";
import * as backup from "./vm/backup";
import * as bootMedium from "./vm/boot-medium";
import * as cpu from "./vm/cpu";
import * as disk from "./vm/disk";
import * as vmFirewall from "./vm/firewall";
import * as firmware from "./vm/firmware";
import * as guest from "./vm/guest";
import * as initialization from "./vm/initialization";
import * as memory from "./vm/memory";
import * as networkDevice from "./vm/network-device";
import * as scsiController from "./vm/scsi-controller";
import * as serialDevice from "./vm/serial-device";
import * as startup from "./vm/startup";
import * as usb from "./vm/usb";
import * as vga from "./vm/vga";

/** A VM and its devices. */
export interface ProxmoxGpuVmProps {
  /** The Proxmox API, and the account that creates the VM. */
  readonly connection: ProxmoxConnection;

  /** Name, which is also the guest's host name: letters, digits and hyphens. */
  readonly name: string;

  /** Proxmox node to run on. */
  readonly node: string;

  /**
   * Id, 100 to 999999999, that no other VM of the cluster has.
   *
   * @default - the next free one
   */
  readonly vmId?: number;

  /** What to boot from. */
  readonly boot: bootMedium.BootMedium;

  /**
   * Guest operating system. With `talos` the VM must meet the requirements of Talos; with `linux`, any other Linux,
   * only those of Proxmox and of passthrough.
   *
   * @default "talos"
   */
  readonly guest?: guest.Guest;

  /**
   * Devices to pass through, in the order of their slots.
   *
   * @default - none
   */
  readonly gpus?: readonly gpu.Gpu[];

  /**
   * USB devices to pass through, four at most.
   *
   * @default - none
   */
  readonly usb?: readonly usb.Usb[];

  /**
   * Processor.
   *
   * @default - 4 cores of type host
   */
  readonly cpu?: cpu.VmCpu;

  /**
   * Memory.
   *
   * @default - 8192 MiB, no ballooning
   */
  readonly memory?: memory.VmMemory;

  /**
   * Disks. The first one is the system disk.
   *
   * @default - one of 100 GiB at scsi0; a clone's are those of its template
   */
  readonly disks?: readonly disk.Disk[];

  /**
   * Where the firmware keeps its variables.
   *
   * @default - 4 MB on the storage of the first disk, without pre-enrolled keys, if `bios` is ovmf
   */
  readonly efiDisk?: firmware.VmEfiDisk | false;

  /**
   * Network devices.
   *
   * @default - one virtio device at vmbr0
   */
  readonly networkDevices?: readonly networkDevice.NetworkDevice[];

  /**
   * Proxmox's firewall: the VM sends only from its own IP addresses, and only the subnets in `management` reach its
   * APIs. `{}` is the IP filter alone.
   *
   * @default - none
   */
  readonly firewall?: vmFirewall.VmFirewall;

  /**
   * IP addresses and DNS servers that the cloud-init drive gives to the guest.
   *
   * @default - no cloud-init drive
   */
  readonly initialization?: initialization.Initialization;

  /**
   * QEMU guest agent.
   *
   * @default - enabled if the boot medium contains it
   */
  readonly agent?: agent.VmAgent;

  /**
   * Firmware.
   *
   * @default "ovmf"
   */
  readonly bios?: firmware.VmBios;

  /**
   * Machine type: `q35` or `pc`, or a version of one, such as `pc-q35-9.2`.
   *
   * @default "q35"
   */
  readonly machine?: string;

  /**
   * SCSI controller. With the default, a clone keeps its template's controller: write that one in `boot.clone.scsiHardware`.
   *
   * @default "virtio-scsi-pci"
   */
  readonly scsiHardware?: scsiController.ScsiController;

  /**
   * Serial devices: `socket`, or a device of the host, which only root@pam may pass through.
   *
   * @default - a socket, for the console `ttyS0`
   */
  readonly serialDevices?: readonly string[];

  /**
   * Display.
   *
   * @default - Proxmox's own
   */
  readonly vga?: vga.VmVga;

  /**
   * Place in the host's start-up order, which needs `Sys.Modify` on `/`.
   *
   * @default - none
   */
  readonly startup?: startup.VmStartup;

  /**
   * Backups of its disks, which need `Sys.Modify` on `/`.
   *
   * @default - none
   */
  readonly backup?: backup.VmBackup;

  /**
   * Start the VM with its host.
   *
   * @default true
   */
  readonly onBoot?: boolean | IResolvable;

  /**
   * Existing pool to create the VM in. Permissions on a pool apply to its VMs only. Only an administrator of Proxmox
   * can move a VM to another pool.
   *
   * @default - none
   */
  readonly pool?: string;

  /**
   * Tags. They are written as Proxmox stores them: in lower case and sorted.
   *
   * @default - none
   */
  readonly tags?: readonly string[];

  /**
   * Allow changes that replace the VM and destroy the data on its disks. Otherwise the plan fails on them. Destroying
   * the stack is always possible.
   *
   * @default false
   */
  readonly replaceable?: boolean;

  /**
   * Something other than Terraform, such as a CSI driver, attaches disks to the VM. Any change of a disk would detach them, so the
   * VM's own disks are created with it and never changed.
   *
   * @default false
   * @see https://github.com/bpg/terraform-provider-proxmox/issues/2596
   */
  readonly disksManagedElsewhere?: boolean;

  /**
   * Description, shown in the Proxmox interface: up to 8192 characters. Blanks and line ends around it are left out.
   *
   * @default - none
   */
  readonly description?: string;
}

export const schema: Schema<ProxmoxGpuVmProps> = {
  connection: required(instanceOf(ProxmoxConnection)),
  name: required(string),
  node: required(string),
  vmId: number,
  boot: required(bootMedium.schema),
  guest: guest.schema,
  gpus: listOf(gpu.schema),
  usb: listOf(usb.schema),
  cpu: cpu.schema,
  memory: memory.schema,
  disks: listOf(disk.schema),
  efiDisk: firmware.efiDiskShape,
  networkDevices: listOf(networkDevice.schema),
  firewall: vmFirewall.schema,
  initialization: initialization.schema,
  agent: agent.schema,
  bios: firmware.biosShape,
  machine: string,
  scsiHardware: scsiController.schema,
  serialDevices: serialDevice.schema,
  vga: vga.schema,
  startup: startup.schema,
  backup: backup.schema,
  onBoot: boolean,
  pool: string,
  tags: listOf(string),
  replaceable: unchecked(),
  disksManagedElsewhere: staticBoolean,
  description: string,
};

/** The props, with the defaults of each part. */
export const withDefaults = (props: Parsed<ProxmoxGpuVmProps>) => {
  const { boot, bios = "ovmf" } = props;
  const networkDevices = vmFirewall.withFirewall(props.networkDevices ?? [{}], props.firewall);
  return {
    ...props,
    bios,
    guest: props.guest ?? "talos",
    machine: props.machine ?? "q35",
    scsiHardware: props.scsiHardware ?? scsiController.defaultScsiController,
    serialDevices: serialDevice.withDefaults(props.serialDevices),
    usb: usb.withDefaults(props.usb),
    networkDevices,
    disks: props.disks ?? (boot.clone ? [] : [{ size: 100 }]),
    efiDisk: props.efiDisk ?? firmware.withDefaults(bios),
    cpu: cpu.withDefaults(props.cpu),
    memory: memory.withDefaults(props.memory),
    agent: agent.block(props.agent, boot, networkDevices),
    backup: backup.withDefaults(props.backup),
    onBoot: props.onBoot ?? true,
    replaceable: props.replaceable ?? false,
  };
};

/** What a VM is made from. */
export type Settings = ReturnType<typeof withDefaults>;
