import type { Resource } from "@cdktf/provider-null/lib/resource";
import { type IResolvable, Lazy, type Precondition } from "cdktf";
import { Construct } from "constructs";
import type { BackupJob } from "../../.gen/providers/proxmox/backup-job";
import type { DataProxmoxVirtualEnvironmentVms } from "../../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import {
  VirtualEnvironmentVm,
  type VirtualEnvironmentVmDisk,
  type VirtualEnvironmentVmNetworkDevice,
} from "../../.gen/providers/proxmox/virtual-environment-vm";
import { claimIpAddresses, claimMacAddresses } from "../network/address-once";
import { invalidValues } from "../props/field";
import { isInvalid, parseProps } from "../props/schema";
import { placeInStack } from "../rules/argument";
import { claim } from "../rules/claims";
import { enforce, lifecycleWith } from "../rules/rule";
import type { TalosInterface, TalosMachine, TalosMachineDevice } from "../talos/machine";
import { withLogicalId } from "../terraform/logical-id";
import { type ProxmoxGpuVmProps, type Settings, schema, withDefaults } from "./gpu-vm-props";
import { rules } from "./gpu-vm-rules";
import { type Host, hostOf } from "./host/host-facts";
import * as hostMemory from "./host/host-memory";
import * as sameHost from "./host/same-host";
import * as template from "./host/template";
import * as gpu from "./pci/gpu";
import type * as hostDevice from "./pci/host-device";
import { machineDevices } from "./pci/machine-device";
import * as passthrough from "./pci/passthrough";
import type { PciMapping } from "./pci/pci-mapping";
import * as backup from "./vm/backup";
import * as bootMedium from "./vm/boot-medium";
import * as cpu from "./vm/cpu";
import * as description from "./vm/description";
import * as disk from "./vm/disk";
import * as vmFirewall from "./vm/firewall";
import * as firmware from "./vm/firmware";
import type * as guest from "./vm/guest";
import * as initialization from "./vm/initialization";
import * as keptDisks from "./vm/kept-disks";
import * as leftDisks from "./vm/left-disks";
import type * as memory from "./vm/memory";
import * as networkDevice from "./vm/network-device";
import { unlessEmpty } from "./vm/optional-list";
import * as replacement from "./vm/replacement-guard";
import type * as scsiController from "./vm/scsi-controller";
import * as serialDevice from "./vm/serial-device";
import * as tags from "./vm/tags";
import * as usb from "./vm/usb";
import * as vga from "./vm/vga";
import * as vmId from "./vm/vm-id";
import * as vmStorage from "./vm/vm-storage";

/**
 * A Proxmox VM with GPUs passed through, made for Talos unless `guest` says otherwise.
 *
 * @example
 * new ProxmoxGpuVm(stack, "talos_node", {
 *   connection,
 *   name: "talos-gpu",
 *   node: "pve",
 *   boot: { image },
 *   cpu: { cores: 8 },
 *   memory: { dedicated: 16384 },
 *   gpus: [{ mapping: { name: "gpu", address: "01:00" } }],
 *   initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
 * });
 *
 * @see https://pve.proxmox.com/wiki/PCI_Passthrough
 * @see https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/virtualized-platforms/proxmox
 */
export class ProxmoxGpuVm extends Construct implements TalosMachine {
  /** The VM, to set what no prop covers. */
  readonly resource: VirtualEnvironmentVm;
  /** The templates of the name to clone from; undefined when cloning by id or not at all. */
  readonly templates?: DataProxmoxVirtualEnvironmentVms;
  /** Every VM of the Proxmox cluster; undefined without a VM id to look for. */
  readonly allVms?: DataProxmoxVirtualEnvironmentVms;
  /** What the VM was created with, recorded in the state. */
  readonly identity: Resource;
  /** What backs it up; undefined without it. */
  readonly backup?: BackupJob;
  /** Its firewall; undefined without it. */
  readonly firewall?: vmFirewall.Firewall;
  /** Mappings created for this VM's GPUs. */
  readonly pciMappings: readonly PciMapping[];
  /** The devices that are passed through, as far as the app knows where they are on the node. */
  readonly devices: readonly hostDevice.PlacedDevice[];
  /** The same for the guest: each device, known or not. */
  readonly pciDevices: readonly TalosMachineDevice[];
  /** What the Proxmox node reports; undefined with `checkHost: false`. */
  readonly host?: Host;

  /** Host name of the guest. */
  readonly name: string;
  /** Static address of the first network device, with prefix length if the cloud-init drive sets it. */
  readonly address?: string;
  /** Default gateway of that device. */
  readonly gateway?: string;
  /** DNS servers that the cloud-init drive sets. */
  readonly dnsServers?: readonly string[];
  /** MAC address of the first network device. */
  readonly macAddress?: string;
  /** Network devices, as Talos configures them. */
  readonly interfaces?: readonly TalosInterface[];
  /** Disk that the guest sees as its first, such as `/dev/sda`. */
  readonly installDisk: string;
  /** Talos version of the image that it boots; undefined if the image is not known. */
  readonly talosVersion?: string;
  /** Which guest it runs. */
  readonly guest: guest.Guest;
  /** Devices to pass through, as given. */
  readonly gpus: readonly gpu.Gpu[];
  /** Processor, with the defaults. */
  readonly cpu: Required<cpu.VmCpu>;
  /** Memory, with the defaults. */
  readonly memory: Required<memory.VmMemory>;
  /** Name of the Proxmox node that it is on. */
  readonly hostNode: string;
  /** SCSI controller, with the default. */
  readonly scsiHardware: scsiController.ScsiController;
  /** The prop `disksManagedElsewhere`; undefined if it is left out. */
  readonly disksManagedElsewhere?: boolean;
  /** Whether the VM may be replaced, and its disks lost. */
  readonly replaceable: boolean;
  /** Disks, as the resource has them. */
  readonly disks: readonly VirtualEnvironmentVmDisk[];
  /** Network devices, as the resource has them. */
  readonly networkDevices: readonly VirtualEnvironmentVmNetworkDevice[];

  /** What Terraform checks of its disks when it plans. */
  private readonly diskPreconditions: readonly Precondition[];

  constructor(scope: Construct, id: string, props: ProxmoxGpuVmProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const settings = withDefaults(parsed.props);
    const { connection, name, node, boot, disks, networkDevices } = settings;

    this.name = name;
    this.guest = settings.guest;
    this.hostNode = node;
    this.scsiHardware = settings.scsiHardware;
    this.disksManagedElsewhere = settings.disksManagedElsewhere;
    this.replaceable = settings.replaceable === true;
    this.cpu = settings.cpu;
    this.memory = settings.memory;
    this.disks = disks.map((each, index) => disk.block(each, index, index === 0 ? boot.image?.fileId : undefined));
    this.networkDevices = networkDevices.map(networkDevice.block);
    this.allVms = settings.vmId === undefined ? undefined : vmId.allVmsOf(this, connection);
    this.templates = template.templatesOf(this, boot.clone, connection);
    const isSought = boot.clone?.id !== undefined && boot.clone.node === undefined;
    const searched = isSought ? vmId.allVmsOf(this, connection) : undefined;
    const passed = passthrough.passThrough(this, settings.gpus ?? [], node, connection);
    this.gpus = passed.gpus;
    this.pciMappings = passed.pciMappings;
    this.devices = passed.knownDevices;
    this.host = hostOf(connection, node);
    this.pciDevices = machineDevices(this.gpus, this.devices, this.host);
    if (isInvalid(settings.gpus ?? name)) invalidValues.add(this.pciDevices);
    const pinned = { node, dedicated: this.memory.dedicated };
    const pinnedEarlier = hostMemory.pinMemory(connection, pinned, this.gpus, this);

    const guard = replacement.replacementGuard(this, settings, settings.replaceable);
    this.identity = guard.identity;
    this.diskPreconditions = this.keepDisks(settings);
    const preconditions = [
      ...(connection?.preconditions ?? []),
      ...parsed.preconditions,
      ...this.enforceRules(settings, guard, passed, pinnedEarlier),
      ...this.diskPreconditions,
    ];
    this.resource = withLogicalId(id, this.createVm(settings, searched, preconditions));
    if (this.disksManagedElsewhere) this.warnOfLeftDisks();
    this.backup = settings.backup && backup.backupJobOf(this, this.resource, settings.backup);

    this.firewall = settings.firewall && new vmFirewall.Firewall(this, this.resource, settings);

    const { ipConfigs = [], dnsServers } = settings.initialization ?? {};
    this.address = initialization.nodeAddressOf(ipConfigs);
    this.gateway = initialization.nodeGatewayOf(ipConfigs);
    this.dnsServers = unlessEmpty(dnsServers);
    this.interfaces = initialization.interfacesOf(ipConfigs, networkDevices);
    this.macAddress = networkDevices[0]?.macAddress;
    this.talosVersion = sameHost.downloadedImageOf(boot)?.talosVersion;
    this.installDisk = disk.linuxDeviceOf(disks[0] ? disk.interfaceOf(disks[0], 0) : "scsi0");
  }

  /** Lets no plan take a disk away, unless the VM may be replaced, or Terraform leaves its disks as they are. */
  private keepDisks({ disks }: Settings): readonly Precondition[] {
    if (this.replaceable || this.disksManagedElsewhere) return [];
    return enforce(this, keptDisks.rules, { disks, remembered: keptDisks.rememberedDisks(this, disks) });
  }

  /** Applies all rules of a VM. @returns what only Terraform can decide */
  private enforceRules(
    settings: Settings,
    guard: replacement.ReplacementGuard,
    passed: ReturnType<typeof passthrough.passThrough>,
    pinnedEarlier: ReturnType<typeof hostMemory.pinMemory>,
  ): Precondition[] {
    const { connection, vmId: id, boot } = settings;
    const earlierIds = id === undefined ? [] : claim(`VM ids of ${connection?.cluster}`, id, id, this);
    const owner = { kind: "vm", guest: this.guest } as const;
    return enforce(this, rules, {
      ...settings,
      user: this,
      path: this.node.path,
      guard,
      ...passed,
      host: this.host,
      pinnedEarlier,
      allVms: this.allVms,
      templates: this.templates,
      earlierIds,
      sameIpAddresses: claimIpAddresses(this, owner, initialization.addressesOf(settings.initialization)),
      sameMacAddresses: claimMacAddresses(this, owner, networkDevice.macAddressesOf(settings.networkDevices)),
      otherDrives: [
        ...(settings.initialization
          ? [{ interface: initialization.driveInterface, what: "the cloud-init drive" }]
          : []),
        ...(boot.iso ? [{ interface: bootMedium.isoInterface, what: "the ISO" }] : []),
      ],
      planned: {
        scsiHardware: Lazy.stringValue({ produce: () => this.resource.scsiHardware }),
        bios: Lazy.stringValue({ produce: () => this.resource.bios }),
      },
    });
  }

  private createVm(
    settings: Settings,
    searched: DataProxmoxVirtualEnvironmentVms | undefined,
    preconditions: Precondition[],
  ): VirtualEnvironmentVm {
    const { connection, boot, disks } = settings;
    return new VirtualEnvironmentVm(this, "Resource", {
      provider: connection?.provider,
      name: this.name,
      nodeName: settings.node,
      vmId: settings.vmId,
      description: description.block(settings.description),
      poolId: settings.pool,
      tags: tags.block(settings.tags),
      machine: settings.machine,
      bios: settings.bios as string,
      scsiHardware: settings.scsiHardware as string,
      onBoot: settings.onBoot,
      bootOrder: bootOrder(boot, disks),
      // A guest that no longer answers would hold up its own destruction for half an hour.
      stopOnDestroy: true,
      agent: settings.agent,
      cdrom: boot.iso && { fileId: boot.iso.fileId, interface: bootMedium.isoInterface },
      clone: boot.clone && template.cloneBlock(boot.clone, settings.node, { templates: this.templates, vms: searched }),
      cpu: cpu.block(this.cpu),
      disk: unlessEmpty(this.disks),
      efiDisk: firmware.block(settings.efiDisk, vmStorage.datastoreOf(disks)),
      hostpci: unlessEmpty(this.gpus.map(gpu.block)),
      initialization:
        settings.initialization && initialization.block(settings.initialization, vmStorage.datastoreOf(disks)),
      memory: this.memory,
      networkDevice: [...this.networkDevices],
      operatingSystem: { type: "l26" },
      serialDevice: unlessEmpty(serialDevice.block(settings.serialDevices)),
      startup: settings.startup,
      usb: unlessEmpty(settings.usb.map(usb.block)),
      vga: settings.vga && vga.block(settings.vga),
      lifecycle: {
        ...lifecycleWith(preconditions),
        postcondition: [initialization.nothingLeft(settings.initialization)],
        ignoreChanges: unchangedSince(boot, settings),
      },
    });
  }

  /** Adds checks of the VM that Terraform makes when it plans. */
  addPreconditions(preconditions: readonly Precondition[]): void {
    const { lifecycle } = this.resource;
    this.resource.lifecycle = {
      ...lifecycle,
      ...lifecycleWith([...((lifecycle?.precondition as Precondition[]) ?? []), ...preconditions]),
    };
  }

  /** Tells of disks that the stack has and the VM has not, which Terraform does not change. */
  private warnOfLeftDisks(): void {
    enforce(this, leftDisks.rules, { disks: this.disks, present: leftDisks.presentDisks(this.resource) });
  }

  /** Leaves its disks to others, such as a CSI driver, as `disksManagedElsewhere: true` does. */
  leaveDisks(): void {
    if (!this.disksManagedElsewhere) this.warnOfLeftDisks();
    const { lifecycle } = this.resource;
    const others = ((lifecycle?.ignoreChanges ?? []) as string[]).filter((path) => !/^disk\b/.test(path));
    // What the stack has of its disks may follow what was done in Proxmox.
    const precondition = ((lifecycle?.precondition ?? []) as Precondition[]).filter(
      (each) => !this.diskPreconditions.includes(each),
    );
    this.resource.lifecycle = {
      ...lifecycle,
      precondition: unlessEmpty(precondition),
      ignoreChanges: [...others, "disk"],
    };
  }

  /** @deprecated Use `addPreconditions`. */
  demand(preconditions: readonly Precondition[]): void {
    this.addPreconditions(preconditions);
  }

  /** Provider-assigned id, for other resources to wait for. */
  get id(): string {
    return this.resource.id;
  }

  /** Id of the VM in Proxmox. */
  get vmId(): number {
    return this.resource.vmId;
  }

  /** Addresses that the guest agent reports, of each network device. */
  get ipv4Addresses(): IResolvable {
    return this.resource.ipv4Addresses;
  }
}

/**
 * What counts when the VM is made: a new image would detach every disk that the stack does not know, a new template the VM.
 * And what the provider does not take away, and would try to in every plan.
 */
function unchangedSince(
  boot: bootMedium.BootMedium,
  { disksManagedElsewhere, initialization: given }: Pick<ProxmoxGpuVmProps, "disksManagedElsewhere" | "initialization">,
): string[] | undefined {
  const ignored = [
    ...(boot.image && !disksManagedElsewhere ? ["disk[0].import_from"] : []),
    ...(disksManagedElsewhere ? ["disk"] : []),
    ...(boot.clone ? ["clone"] : []),
    ...initialization.notTakenAway(given),
  ];
  return unlessEmpty(ignored);
}

/** The disk first, so that the installed system starts although the ISO is still there. */
function bootOrder(boot: bootMedium.BootMedium, disks: readonly disk.Disk[]): string[] | undefined {
  const order = [...disks.slice(0, 1).map(disk.interfaceOf), ...(boot.iso ? [bootMedium.isoInterface] : [])];
  return order.length > 0 ? order : undefined;
}
