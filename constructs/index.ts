// The public interface, name by name: what main.ts, the examples and other stacks import.
export { StrictApp } from "../synth/strict-app";
export { CiliumInstall, type CiliumInstallProps, type Hubble } from "./cilium/install";
export type { AddressBlock, AddressPool, L2Announcements } from "./cilium/load-balancer";
export type { CiliumValues } from "./cilium/values";
export { NvidiaInstall, type NvidiaInstallProps } from "./nvidia/install";
export type { GpuSharing } from "./nvidia/sharing";
export type { VmAgent } from "./proxmox/agent";
export type { BackupRetention, VmBackup } from "./proxmox/backup";
export type { BootMedium, CloneSource, DiskImage, IsoImage } from "./proxmox/boot-medium";
export { ProxmoxConnection, type ProxmoxConnectionProps, type ProxmoxCredentials } from "./proxmox/connection";
export type { CpuType, VmCpu } from "./proxmox/cpu";
export type { Disk } from "./proxmox/disk";
export { DownloadedImage, type DownloadedImageProps, type ImageFile } from "./proxmox/downloaded-image";
export type { VmBios, VmEfiDisk } from "./proxmox/firmware";
export type { Gpu, GpuAtAddress, GpuByMapping, GpuOptions } from "./proxmox/gpu";
export { ProxmoxGpuVm, type ProxmoxGpuVmProps } from "./proxmox/gpu-vm";
export type { Guest } from "./proxmox/guest";
export type { Initialization, IpConfig, Ipv6Config } from "./proxmox/initialization";
export type { VmMemory } from "./proxmox/memory";
export type { NetworkDevice } from "./proxmox/network-device";
export { PciAddress } from "./proxmox/pci-address";
export {
  type AlternativeDevice,
  type MappedDevice,
  PciMapping,
  type PciMappingDevice,
  type PciMappingProps,
} from "./proxmox/pci-mapping";
export type { ScsiController } from "./proxmox/scsi-controller";
export type { VmStartup } from "./proxmox/startup";
export type { Usb, UsbAtHost, UsbByMapping } from "./proxmox/usb";
export type { VmVga } from "./proxmox/vga";
export {
  and,
  type Condition,
  equal,
  isBoolean,
  isUnknown,
  matches,
  not,
  oneOf,
  or,
  wholeNumber,
} from "./rules/condition";
export { addPreconditions, type Check, enforce, type Rule } from "./rules/rule";
export { formatValue } from "./rules/shown";
export {
  TalosCluster,
  type TalosClusterMachine,
  type TalosClusterProps,
  type TalosMachineWithRelease,
} from "./talos/cluster";
export { TalosImage, type TalosImageProps, type TalosRelease } from "./talos/image";
export type { TalosInterface, TalosMachine, TalosMachineDevice } from "./talos/machine";
export type { NvidiaDriver } from "./talos/nvidia-driver";
export type { TalosPatch } from "./talos/patch";
export { TalosSingleNode, type TalosSingleNodeProps } from "./talos/single-node";
export { TalosGpuCluster, type TalosGpuClusterProps, type TalosGpuClusterTalos } from "./talos-gpu-cluster";
