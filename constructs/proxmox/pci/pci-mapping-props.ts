import { instanceOf, listOf, number, objectOf, required, type Schema, string } from "../../props/schema";
import { ProxmoxConnection } from "../connection";

/** A physical device, by what Proxmox compares with the hardware when a VM starts. */
export interface MappedDevice {
  /**
   * Address as `lspci` prints it, such as `01:00`; without a function it stands for the whole device.
   */
  readonly address: string;

  /**
   * Vendor and device id from `lspci -nn`, such as `10de:2684`.
   *
   * @default - the host's own; required with `checkHost: false`
   */
  readonly deviceId?: string;

  /**
   * Vendor and device id of the subsystem, from `lspci -nnv`, such as `1458:40bf`.
   *
   * @default - the host's own; with `checkHost: false` none, which Proxmox accepts only for a device without one
   */
  readonly subsystemId?: string;

  /**
   * IOMMU group of the device.
   *
   * @default - the host's own; required with `checkHost: false`
   */
  readonly iommuGroup?: number;
}

/** A device that Proxmox uses if the mapped one is taken, or on another node. */
export interface AlternativeDevice extends MappedDevice {
  /**
   * Proxmox node that holds the device.
   *
   * @default - that of the mapped device
   */
  readonly node?: string;
}

/** A physical device of a Proxmox node, to be mapped under a name. */
export interface PciMappingDevice extends MappedDevice {
  /** Name by which VMs refer to the device, such as `gpu`. */
  readonly name: string;

  /**
   * Further devices of the mapping. When a VM starts, Proxmox takes the first free device on the VM's node.
   *
   * @default - none
   */
  readonly alternatives?: readonly AlternativeDevice[];
}

/** A mapping, and the Proxmox cluster to create it in. */
export interface PciMappingProps extends PciMappingDevice {
  /** The Proxmox API. */
  readonly connection: ProxmoxConnection;

  /** Proxmox node that holds the device. */
  readonly node: string;
}

const mappedShape: Schema<MappedDevice> = {
  address: required(string),
  deviceId: string,
  subsystemId: string,
  iommuGroup: number,
};
export const deviceShape: Schema<PciMappingDevice> = {
  name: required(string),
  ...mappedShape,
  alternatives: listOf(objectOf<AlternativeDevice>({ ...mappedShape, node: string })),
};
export const schema: Schema<PciMappingProps> = {
  ...deviceShape,
  connection: required(instanceOf(ProxmoxConnection)),
  node: required(string),
};
