import type { IResolvable } from "cdktf";
import { Construct } from "constructs";
import type { DataProxmoxVirtualEnvironmentVms } from "../../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import {
  VirtualEnvironmentVm,
  type VirtualEnvironmentVmDisk,
  type VirtualEnvironmentVmNetworkDevice,
} from "../../.gen/providers/proxmox/virtual-environment-vm";
import { claim } from "../rules/claims";
import { isUnknown } from "../rules/condition";
import { hostName, isHostName } from "../rules/host-name";
import { enforce, lifecycleWith, type Rule } from "../rules/rule";
import { type Fitted, fitProps, flag, instanceOf, listOf, number, required, type Shape, text } from "../rules/shape";
import type { TalosMachine } from "../talos/machine";
import { addressed, addressRules, at } from "../terraform/address";
import * as agent from "./agent";
import * as bootMedium from "./boot-medium";
import { ProxmoxConnection } from "./connection";
import * as cpu from "./cpu";
import * as disk from "./disk";
import * as firmware from "./firmware";
import * as gpu from "./gpu";
import * as initialization from "./initialization";
import * as memory from "./memory";
import * as networkDevice from "./network-device";
import { PciMapping } from "./pci-mapping";
import * as scsiController from "./scsi-controller";
import * as startup from "./startup";
import * as template from "./template";
import * as vga from "./vga";
import * as vmId from "./vm-id";

export interface ProxmoxGpuVmProps {
  /** The Proxmox API, and as whom the VM is created. */
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
   * Devices to pass through, in the order of their slots.
   *
   * @default - none
   */
  readonly gpus?: readonly gpu.Gpu[];

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
   * Disks, the first of which is the system's.
   *
   * @default - one of 100 GiB at scsi0; a clone's are those of its template
   */
  readonly disks?: readonly disk.Disk[];

  /**
   * Where the firmware keeps its variables.
   *
   * @default - 4 MB on local-lvm without pre-enrolled keys where `bios` is ovmf
   */
  readonly efiDisk?: firmware.VmEfiDisk | false;

  /**
   * Network devices.
   *
   * @default - one virtio device at vmbr0
   */
  readonly networkDevices?: readonly networkDevice.NetworkDevice[];

  /**
   * What the cloud-init drive tells the guest: its addresses.
   *
   * @default - no cloud-init drive
   */
  readonly initialization?: initialization.Initialization;

  /**
   * QEMU guest agent.
   *
   * @default - on where the boot medium contains it
   */
  readonly agent?: agent.VmAgent;

  /**
   * Firmware.
   *
   * @default "ovmf"
   */
  readonly bios?: firmware.VmBios;

  /**
   * Machine type.
   *
   * @default "q35"
   */
  readonly machine?: string;

  /**
   * SCSI controller.
   *
   * @default "virtio-scsi-pci"
   */
  readonly scsiHardware?: string;

  /**
   * Serial devices: `socket`, or a device of the host, which only root@pam may give.
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
   * Start the VM with its host.
   *
   * @default true
   */
  readonly onBoot?: boolean | IResolvable;

  /**
   * Tags, which Proxmox keeps in lower case.
   *
   * @default - none
   */
  readonly tags?: readonly string[];

  /**
   * Description, shown in the Proxmox interface.
   *
   * @default - none
   */
  readonly description?: string;
}

export const shape: Shape<ProxmoxGpuVmProps> = {
  connection: required(instanceOf(ProxmoxConnection)),
  name: required(text),
  node: required(text),
  vmId: number,
  boot: required(bootMedium.shape),
  gpus: listOf(gpu.shape),
  cpu: cpu.shape,
  memory: memory.shape,
  disks: listOf(disk.shape),
  efiDisk: firmware.efiDiskShape,
  networkDevices: listOf(networkDevice.shape),
  initialization: initialization.shape,
  agent: agent.shape,
  bios: firmware.biosShape,
  machine: text,
  scsiHardware: text,
  serialDevices: listOf(text),
  vga: vga.shape,
  startup: startup.shape,
  onBoot: flag,
  tags: listOf(text),
  description: text,
};

const withDefaults = (props: Fitted<ProxmoxGpuVmProps>) => {
  const { boot, bios = "ovmf" } = props;
  return {
    ...props,
    bios,
    machine: props.machine ?? "q35",
    scsiHardware: props.scsiHardware ?? scsiController.defaultScsiController,
    serialDevices: props.serialDevices ?? ["socket"],
    networkDevices: props.networkDevices ?? [{}],
    disks: props.disks ?? (boot.clone ? [] : [{ size: 100 }]),
    efiDisk: props.efiDisk ?? firmware.withDefaults(bios),
    cpu: cpu.withDefaults(props.cpu),
    memory: memory.withDefaults(props.memory),
    agent: agent.block(props.agent, boot),
    onBoot: props.onBoot ?? true,
  };
};

export const nameRules: readonly Rule<{ readonly name: string }>[] = [
  { ...hostName, checks: ({ name }) => [isHostName("name", name)] },
];

/** All that a VM is held to, in the order in which problems are told. */
const rules = [
  ...nameRules,
  ...vmId.rules,
  ...template.rules,
  ...scsiController.rules,
  ...gpu.rules,
  ...bootMedium.rules,
  ...cpu.rules,
  ...memory.rules,
  ...firmware.rules,
  ...disk.rules,
  ...networkDevice.rules,
  ...initialization.rules,
  ...agent.rules,
];

/**
 * A Proxmox VM made for Talos, with GPUs passed through.
 *
 * @see https://pve.proxmox.com/wiki/PCI_Passthrough
 * @see https://www.talos.dev/v1.13/talos-guides/install/virtualized-platforms/proxmox/
 */
export class ProxmoxGpuVm extends Construct implements TalosMachine {
  readonly resource: VirtualEnvironmentVm;
  /** The templates of the name to clone from; undefined when cloning by id or not at all. */
  readonly templates?: DataProxmoxVirtualEnvironmentVms;
  /** Every VM of the Proxmox cluster; undefined without a VM id to look for. */
  readonly allVms?: DataProxmoxVirtualEnvironmentVms;
  /** Mappings created for this VM's GPUs. */
  readonly pciMappings: PciMapping[] = [];

  readonly name: string;
  readonly address?: string;
  readonly gateway?: string;
  readonly nameServers?: readonly string[];
  readonly macAddress?: string;
  readonly installDisk: string;
  readonly gpus: readonly gpu.Gpu[];
  readonly cpu: Required<cpu.VmCpu>;
  readonly memory: Required<memory.VmMemory>;
  readonly disks: readonly VirtualEnvironmentVmDisk[];
  readonly networkDevices: readonly VirtualEnvironmentVmNetworkDevice[];

  constructor(scope: Construct, id: string, props: ProxmoxGpuVmProps) {
    super(scope, id);
    const fitted = fitProps(this, props, shape);
    const settings = withDefaults(fitted.props);
    const { connection, name, node, boot, disks, networkDevices } = settings;

    this.name = name;
    this.cpu = settings.cpu;
    this.memory = settings.memory;
    this.disks = disks.map((each, place) => disk.block(each, place, place === 0 ? boot.image?.fileId : undefined));
    this.networkDevices = networkDevices.map(networkDevice.block);
    this.gpus = (settings.gpus ?? []).map((each, slot) => this.withMappingMade(each, slot, node));
    this.allVms = settings.vmId === undefined ? undefined : vmId.allVmsOf(this);
    this.templates = template.templatesOf(this, boot.clone);

    const cluster = String(connection?.endpoint);
    const earlierIds =
      settings.vmId === undefined ? [] : claim(`VM ids of ${cluster}`, settings.vmId, settings.vmId, this);
    const earlierDevices = this.gpus
      .flatMap(gpu.addressesOf)
      .flatMap((address) => claim(`devices of ${cluster} ${node}`, address.device, address, this));
    enforce(this, addressRules, addressed(this, "VMs"));
    const preconditions = [
      ...(connection?.preconditions ?? []),
      ...fitted.preconditions,
      ...enforce(this, rules, {
        ...settings,
        gpus: this.gpus,
        allVms: this.allVms,
        templates: this.templates,
        earlierIds,
        earlierDevices,
      }),
    ];

    this.resource = at(
      id,
      new VirtualEnvironmentVm(this, "Resource", {
        name,
        nodeName: node,
        vmId: settings.vmId,
        description: settings.description,
        tags: settings.tags && [...settings.tags],
        machine: settings.machine,
        bios: settings.bios as string,
        scsiHardware: settings.scsiHardware,
        onBoot: settings.onBoot,
        bootOrder: bootOrder(boot, disks),
        // A guest that no longer answers would hold up its own destruction for half an hour.
        stopOnDestroy: true,
        agent: settings.agent,
        cdrom: boot.iso && { fileId: boot.iso.fileId, interface: isoInterface },
        clone: boot.clone && template.cloneBlock(boot.clone, this.templates),
        cpu: cpu.block(this.cpu),
        disk: blocks(this.disks),
        efiDisk: firmware.block(settings.efiDisk),
        hostpci: blocks(this.gpus.map(gpu.block)),
        initialization: settings.initialization && initialization.block(settings.initialization),
        memory: this.memory,
        networkDevice: [...this.networkDevices],
        operatingSystem: { type: "l26" },
        serialDevice: blocks(settings.serialDevices.map((device) => ({ device }))),
        startup: settings.startup,
        vga: settings.vga,
        lifecycle: lifecycleWith(preconditions),
      }),
    );

    const [ipConfig] = settings.initialization?.ipConfigs ?? [];
    this.address = ipConfig?.address;
    this.gateway = ipConfig?.gateway;
    this.nameServers = settings.initialization?.dnsServers;
    this.macAddress = networkDevices[0]?.macAddress;
    this.installDisk = disk.linuxDeviceOf(disks[0] ? disk.interfaceOf(disks[0], 0) : "scsi0");
  }

  /** Provider-assigned id, for other resources to wait for. */
  get id(): string {
    return this.resource.id;
  }

  get vmId(): number {
    return this.resource.vmId;
  }

  /** Addresses that the guest agent reports, of each network device. */
  get ipv4Addresses(): IResolvable {
    return this.resource.ipv4Addresses;
  }

  private withMappingMade(device: gpu.Gpu, slot: number, node: string): gpu.Gpu {
    if (typeof device.mapping !== "object") return device;
    const { name } = device.mapping;
    const id = isUnknown(name) ? `${this.node.id}_gpu${slot}` : name;
    const mapping = new PciMapping(this, id, { ...device.mapping, node });
    this.pciMappings.push(mapping);
    return { ...device, mapping: mapping.name };
  }
}

const blocks = <Block>(list: readonly Block[]): Block[] | undefined => (list.length > 0 ? [...list] : undefined);

/** A q35 machine has the IDE slots 0 and 2, and cloud-init takes the second. */
const isoInterface = "ide0";

/** The disk first, so that the installed system starts although the ISO is still there. */
function bootOrder(boot: bootMedium.BootMedium, disks: readonly disk.Disk[]): string[] | undefined {
  const order = [...disks.slice(0, 1).map(disk.interfaceOf), ...(boot.iso ? [isoInterface] : [])];
  return order.length > 0 ? order : undefined;
}
