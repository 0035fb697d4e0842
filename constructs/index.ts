// The public interface, name by name: what main.ts, the examples and other stacks import.
export { StrictApp } from "../synth/strict-app";
export { CiliumInstall } from "./cilium/install";
export type { CiliumInstallProps, Hubble } from "./cilium/install-props";
export type { AddressBlock, AddressPool, L2Announcements } from "./cilium/load-balancer";
export type { CiliumValues } from "./cilium/values";
export * from "./deprecated";
export { GpuInstall, NvidiaInstall } from "./gpu/install";
export type { GpuInstallProps, NvidiaInstallProps } from "./gpu/install-props";
export type { MethodName as NvidiaMethod } from "./gpu/nvidia";
export type { GpuSharing, SharingStrategy } from "./gpu/sharing";
export { HelmInstall, type HelmInstallProps } from "./helm/install";
export type { PodSecurity } from "./helm/namespace";
export type { ReleaseProps } from "./helm/release-props";
export type { SecretValues } from "./helm/secret-values";
export type { ChartValues } from "./helm/values";
export { ProxmoxConnection, type ProxmoxConnectionProps, type ProxmoxCredentials } from "./proxmox/connection";
export { ProxmoxGpuVm } from "./proxmox/gpu-vm";
export type { ProxmoxGpuVmProps } from "./proxmox/gpu-vm-props";
export { DownloadedImage, type DownloadedImageProps, type ImageFile } from "./proxmox/host/downloaded-image";
export type { ImageChecksum } from "./proxmox/host/image-checksum";
export type { Gpu, GpuAtAddress, GpuByMapping, GpuOptions } from "./proxmox/pci/gpu";
export { PciAddress } from "./proxmox/pci/pci-address";
export { PciMapping } from "./proxmox/pci/pci-mapping";
export type {
  AlternativeDevice,
  MappedDevice,
  PciMappingDevice,
  PciMappingProps,
} from "./proxmox/pci/pci-mapping-props";
export type { VmAgent } from "./proxmox/vm/agent";
export type { BackupRetention, VmBackup } from "./proxmox/vm/backup";
export type { BootMedium, BootSoftware, CloneSource, DiskImage, IsoImage } from "./proxmox/vm/boot-medium";
export type { CpuType, VmCpu } from "./proxmox/vm/cpu";
export type { Disk } from "./proxmox/vm/disk";
export type { VmFirewall } from "./proxmox/vm/firewall";
export type { VmBios, VmEfiDisk } from "./proxmox/vm/firmware";
export type { Guest } from "./proxmox/vm/guest";
export type { Initialization, IpConfig, Ipv6Config } from "./proxmox/vm/initialization";
export type { VmMemory } from "./proxmox/vm/memory";
export type { NetworkDevice } from "./proxmox/vm/network-device";
export type { ScsiController } from "./proxmox/vm/scsi-controller";
export type { VmStartup } from "./proxmox/vm/startup";
export type { Usb, UsbAtHost, UsbByMapping } from "./proxmox/vm/usb";
export type { VmVga } from "./proxmox/vm/vga";
export type { Condition } from "./rules/condition";
export { addPreconditions } from "./rules/own-rules";
export * as rules from "./rules/public";
export type { Check, Rule } from "./rules/rule";
export { StateEncryption, type StateEncryptionProps } from "./state-encryption";
export { LocalStorage, type LocalStorageProps } from "./storage/local-storage";
export { ProxmoxCsi, type ProxmoxCsiProps } from "./storage/proxmox-csi";
export type { ProxmoxStorageClass } from "./storage/proxmox-storage-class";
export type { AmdDriver } from "./talos/amd-driver";
export {
  TalosCluster,
  type TalosClusterMachine,
  type TalosClusterProps,
  type TalosMachineWithRelease,
} from "./talos/cluster";
export type { TalosClusterBaseProps } from "./talos/cluster-props";
export type { GpuDriver, GpuVendor, NvidiaGpuDriver } from "./talos/driver";
export { TalosImage, type TalosImageProps, type TalosRelease } from "./talos/image";
export type { TalosFirewall } from "./talos/ingress-firewall";
export type { IntelDriver } from "./talos/intel-driver";
export type {
  MachineFirewall,
  TalosInterface,
  TalosMachine,
  TalosMachineDevice,
  TalosMachineDisk,
} from "./talos/machine";
export type { NvidiaDriver } from "./talos/nvidia-driver";
export type { TalosPatch } from "./talos/patch/patch";
export type { Registries, RegistryCredentials, RegistryMirror } from "./talos/registries";
export { TalosSingleNode, type TalosSingleNodeProps } from "./talos/single-node";
export { TalosGpuCluster, type TalosGpuClusterProps, type TalosGpuClusterTalos } from "./talos-gpu-cluster";
export type { TalosGpuClusterMachine } from "./talos-gpu-machines";
