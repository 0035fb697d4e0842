import { Fn, type IResolvable, Token } from "cdktf";
import { Construct } from "constructs";
import { DataProxmoxVirtualEnvironmentVms } from "../../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import {
  VirtualEnvironmentVm,
  type VirtualEnvironmentVmDisk,
  type VirtualEnvironmentVmNetworkDevice,
} from "../../.gen/providers/proxmox/virtual-environment-vm";
import { claim } from "../rules/claims";
import { equal, isUnknown, not, shown, wholeNumber } from "../rules/condition";
import { enforce, lifecycleWith, type Rule } from "../rules/rule";
import { fitProps, flag, instanceOf, listOf, number, objectOf, required, type Shape, text } from "../rules/shape";
import { hostName, isHostName, type TalosMachine } from "../talos/machine";
import { addressed, addressRules, at } from "../terraform/address";
import { oncePerStack } from "../terraform/once";
import { agentBlock, agentRules, type VmAgent, vmAgentShape } from "./agent";
import { type BootMedium, bootMediumRules, bootMediumShape, type CloneSource, vmIds } from "./boot-medium";
import { ProxmoxConnection } from "./connection";
import { cpuRules, cpuWithDefaults, type VmCpu, vmCpuShape } from "./cpu";
import { type Disk, diskBlock, diskRules, diskShape, interfaceOf, linuxDeviceOf } from "./disk";
import { efiDiskBlock, efiDiskFor, firmwareRules, type VmBios, type VmEfiDisk, vmEfiDiskShape } from "./firmware";
import { addressesOf, type Gpu, gpuRules, gpuShape, hostpci } from "./gpu";
import { type Initialization, initializationBlock, initializationRules, initializationShape } from "./initialization";
import { memoryRules, memoryWithDefaults, type VmMemory, vmMemoryShape } from "./memory";
import { type NetworkDevice, networkDeviceBlock, networkDeviceRules, networkDeviceShape } from "./network-device";
import { PciMapping } from "./pci-mapping";

export interface VmStartup {
  /** Place in the order in which the host starts its VMs. */
  readonly order: number;

  /**
   * Seconds to wait before the next VM starts.
   *
   * @default - none
   */
  readonly upDelay?: number;

  /**
   * Seconds to wait before the next VM is shut down.
   *
   * @default - none
   */
  readonly downDelay?: number;
}

export interface VmVga {
  /**
   * Display: `std`, `none`, `serial0`, `virtio`, `qxl` and others.
   *
   * @default - std
   */
  readonly type?: string;

  /**
   * Video memory in MiB.
   *
   * @default - 16
   */
  readonly memory?: number;
}

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
  readonly boot: BootMedium;

  /**
   * Devices to pass through, in the order of their slots.
   *
   * @default - none
   */
  readonly gpus?: readonly Gpu[];

  /**
   * Processor.
   *
   * @default - 4 cores of type host
   */
  readonly cpu?: VmCpu;

  /**
   * Memory.
   *
   * @default - 8192 MiB, no ballooning
   */
  readonly memory?: VmMemory;

  /**
   * Disks, the first of which is the system's.
   *
   * @default - one of 100 GiB at scsi0; a clone's are those of its template
   */
  readonly disks?: readonly Disk[];

  /**
   * Where the firmware keeps its variables.
   *
   * @default - 4 MB on local-lvm without pre-enrolled keys where `bios` is ovmf
   */
  readonly efiDisk?: VmEfiDisk | false;

  /**
   * Network devices.
   *
   * @default - one virtio device at vmbr0
   */
  readonly networkDevices?: readonly NetworkDevice[];

  /**
   * What the cloud-init drive tells the guest: its addresses.
   *
   * @default - no cloud-init drive
   */
  readonly initialization?: Initialization;

  /**
   * QEMU guest agent.
   *
   * @default - on where the boot medium contains it
   */
  readonly agent?: VmAgent;

  /**
   * Firmware.
   *
   * @default "ovmf"
   */
  readonly bios?: VmBios;

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
  readonly vga?: VmVga;

  /**
   * Place in the host's start-up order, which needs `Sys.Modify` on `/`.
   *
   * @default - none
   */
  readonly startup?: VmStartup;

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

export const proxmoxGpuVmShape: Shape<ProxmoxGpuVmProps> = {
  connection: required(instanceOf(ProxmoxConnection)),
  name: required(text),
  node: required(text),
  vmId: number,
  boot: required(bootMediumShape),
  gpus: listOf(gpuShape),
  cpu: vmCpuShape,
  memory: vmMemoryShape,
  disks: listOf(diskShape),
  efiDisk: vmEfiDiskShape,
  networkDevices: listOf(networkDeviceShape),
  initialization: initializationShape,
  agent: vmAgentShape,
  bios: text,
  machine: text,
  scsiHardware: text,
  serialDevices: listOf(text),
  vga: objectOf<VmVga>({ type: text, memory: number }),
  startup: objectOf<VmStartup>({ order: required(number), upDelay: number, downDelay: number }),
  onBoot: flag,
  tags: listOf(text),
  description: text,
};

/** A VM as its rules see it: with all defaults, and with what the rest of the app has claimed. */
interface VmSettings {
  readonly name: string;
  readonly vmId?: number;
  readonly scsiHardware: string;
  readonly sameId: readonly { readonly value: number; readonly by: string }[];
  readonly allVms?: DataProxmoxVirtualEnvironmentVms;
  readonly templates?: DataProxmoxVirtualEnvironmentVms;
  readonly boot: BootMedium;
}

const vmDocs = "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm";

export const vmRules: readonly Rule<VmSettings>[] = [
  { ...hostName, checks: ({ name }) => (name === undefined ? [] : [isHostName("name", name)]) },
  {
    id: "vm-id-range",
    demands: `a VM id is a whole number from ${vmIds.least} to ${vmIds.most}`,
    because: "Proxmox keeps the ids below for itself and knows none above",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ vmId }) =>
      vmId === undefined
        ? []
        : [
            {
              holds: wholeNumber(vmId, vmIds.least, vmIds.most),
              problem: `vmId ${shown(vmId)} is no VM id; write a whole number from ${vmIds.least} to ${vmIds.most}`,
            },
          ],
  },
  {
    id: "vm-id-once",
    demands: "no two VMs of a Proxmox cluster have the same id",
    because: "the second would take the first one over",
    source: vmDocs,
    checks: ({ vmId, sameId }) =>
      sameId.map((other) => ({
        holds: not(equal(vmId, other.value)),
        problem: `vmId ${shown(vmId)} is already that of ${other.by}; choose another id`,
      })),
  },
  {
    id: "vm-id-free",
    demands: "no VM of another name has this id when Terraform plans",
    because: "the provider takes an existing VM of that id over without a word, and destroy deletes it",
    source: vmDocs,
    checks: ({ vmId, name, allVms }) => {
      if (!allVms) return [];
      const names = Fn.zipmap(column(allVms, "vm_id"), column(allVms, "name"));
      return [
        {
          holds: equal(Fn.lookup(names, Token.asString(vmId), name), name),
          problem: `vmId ${shown(vmId)} belongs to a VM of another name than ${shown(name)}; choose a free id, or if it is this very VM, rename it in Proxmox first`,
        },
      ];
    },
  },
  {
    id: "clone-source-once",
    demands: "exactly one template has the name to clone from when Terraform plans",
    because: "with none there is nothing to clone, with two Terraform would pick either",
    source: `${vmDocs}#clone`,
    checks: ({ boot, templates }) =>
      templates
        ? [
            {
              holds: equal(Fn.lengthOf(Token.asList(templates.interpolationForAttribute("vms"))), 1),
              problem: `boot.clone.name ${shown(boot.clone?.name)} is not the name of exactly one template; give the template's id instead, or a name of its own`,
            },
          ]
        : [],
  },
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

const column = (vms: DataProxmoxVirtualEnvironmentVms, name: string): string[] =>
  Token.asList(vms.interpolationForAttribute(`vms[*].${name}`));

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
  readonly pciMappings: PciMapping[];

  readonly name: string;
  readonly address?: string;
  readonly gateway?: string;
  readonly nameServers?: readonly string[];
  readonly macAddress?: string;
  readonly installDisk: string;
  readonly gpus: readonly Gpu[];
  readonly cpu: Required<VmCpu>;
  readonly memory: Required<VmMemory>;
  readonly disks: readonly VirtualEnvironmentVmDisk[];
  readonly networkDevices: readonly VirtualEnvironmentVmNetworkDevice[];

  constructor(scope: Construct, id: string, props: ProxmoxGpuVmProps) {
    super(scope, id);
    const given = fitProps(this, props, proxmoxGpuVmShape);
    const { connection, name, node, vmId, boot = {} as BootMedium, initialization, startup, vga } = given;
    const { machine = "q35", bios = "ovmf", scsiHardware = "virtio-scsi-pci", serialDevices = ["socket"] } = given;
    const { networkDevices = [{}], disks = boot.clone ? [] : [{ size: 100 }], efiDisk = efiDiskFor(bios) } = given;
    this.cpu = cpuWithDefaults(given.cpu);
    this.memory = memoryWithDefaults(given.memory);
    this.disks = disks.map((disk, place) => diskBlock(disk, place, place === 0 ? boot.image?.fileId : undefined));
    this.networkDevices = networkDevices.map(networkDeviceBlock);
    const { cpu, memory } = this;
    const agent = agentBlock(given.agent, boot);

    this.name = name;
    this.pciMappings = [];
    this.gpus = (given.gpus ?? []).map((gpu, slot) => this.withMappingMade(gpu, slot, node));
    this.allVms = vmId === undefined ? undefined : allVmsOf(this);
    this.templates = boot.clone?.name === undefined ? undefined : this.templatesNamed(boot.clone);
    const cluster = String(connection?.endpoint);

    const settings = {
      ...given,
      boot,
      gpus: this.gpus,
      machine,
      bios,
      scsiHardware,
      disks,
      efiDisk,
      networkDevices,
      cpu,
      memory,
      agent,
    };
    enforce(this, addressRules, addressed(this, "VMs"));
    const preconditions = [
      ...(connection?.preconditions ?? []),
      ...enforce(this, vmRules, {
        ...settings,
        allVms: this.allVms,
        templates: this.templates,
        sameId: vmId === undefined ? [] : this.claim(`VM ids of ${cluster}`, vmId, vmId),
      }),
      ...enforce(this, gpuRules, {
        ...settings,
        taken: this.gpus
          .flatMap(addressesOf)
          .flatMap((address) => this.claim(`devices of ${cluster} ${node}`, address.device, address)),
      }),
      ...enforce(this, [...bootMediumRules, ...cpuRules, ...memoryRules, ...firmwareRules], settings),
      ...enforce(this, [...diskRules, ...networkDeviceRules, ...initializationRules, ...agentRules], settings),
    ];

    this.resource = at(
      id,
      new VirtualEnvironmentVm(this, "Resource", {
        name,
        nodeName: node,
        vmId,
        description: given.description,
        tags: given.tags && [...given.tags],
        machine,
        bios: bios as string,
        scsiHardware,
        onBoot: given.onBoot ?? true,
        bootOrder: bootOrder(boot, disks),
        // A guest that no longer answers would hold up its own destruction for half an hour.
        stopOnDestroy: true,
        agent,
        cdrom: boot.iso && { fileId: boot.iso.fileId, interface: isoInterface },
        clone: boot.clone && this.cloneBlock(boot.clone),
        cpu: { ...cpu, type: cpu.type as string },
        disk: blocks(this.disks),
        efiDisk: efiDiskBlock(efiDisk),
        hostpci: blocks(this.gpus.map(hostpci)),
        initialization: initialization && initializationBlock(initialization),
        memory,
        networkDevice: [...this.networkDevices],
        operatingSystem: { type: "l26" },
        serialDevice: blocks(serialDevices.map((device) => ({ device }))),
        startup,
        vga,
        lifecycle: lifecycleWith(preconditions),
      }),
    );

    const [ipConfig] = initialization?.ipConfigs ?? [];
    this.address = ipConfig?.address;
    this.gateway = ipConfig?.gateway;
    this.nameServers = initialization?.dnsServers;
    this.macAddress = networkDevices[0]?.macAddress;
    this.installDisk = linuxDeviceOf(disks[0] ? interfaceOf(disks[0], 0) : "scsi0");
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

  private withMappingMade(gpu: Gpu, slot: number, node: string): Gpu {
    if (typeof gpu.mapping !== "object") return gpu;
    const { name } = gpu.mapping;
    const id = name === undefined || isUnknown(name) ? `${this.node.id}_gpu${slot}` : name;
    const mapping = new PciMapping(this, id, { ...gpu.mapping, node });
    this.pciMappings.push(mapping);
    return { ...gpu, mapping: mapping.name };
  }

  /** Claims a value that may exist once, and tells who has claimed it before. */
  private claim<Value>(within: string, key: string | number, value: Value): { value: Value; by: string }[] {
    return claim(within, key, value, this).flatMap(({ value, by }) => (by === this ? [] : { value, by: by.node.path }));
  }

  private templatesNamed({ name = "", node }: CloneSource): DataProxmoxVirtualEnvironmentVms {
    return at(
      `${this.node.id.replace(/_node$/, "")}_template`,
      new DataProxmoxVirtualEnvironmentVms(this, "Templates", {
        nodeName: node,
        filter: [
          { name: "name", values: [name] },
          { name: "template", values: ["true"] },
        ],
      }),
    );
  }

  private cloneBlock({ id, node, full = true }: CloneSource) {
    const vmId = this.templates ? this.templates.vms.get(0).vmId : id;
    return { vmId: vmId as number, nodeName: node, full };
  }
}

const blocks = <Block>(list: readonly Block[]): Block[] | undefined => (list.length > 0 ? [...list] : undefined);

/** One list for all VMs of a stack: it is every VM of the Proxmox cluster. */
const allVmsOf = (scope: Construct): DataProxmoxVirtualEnvironmentVms =>
  oncePerStack(scope, "same_id", (stack, id) => new DataProxmoxVirtualEnvironmentVms(stack, id, {}));

/** A q35 machine has the IDE slots 0 and 2, and cloud-init takes the second. */
const isoInterface = "ide0";

/** The disk first, so that the installed system starts although the ISO is still there. */
function bootOrder(boot: BootMedium, disks: readonly Disk[]): string[] | undefined {
  const order = [...disks.slice(0, 1).map(interfaceOf), ...(boot.iso ? [isoInterface] : [])];
  return order.length > 0 ? order : undefined;
}
