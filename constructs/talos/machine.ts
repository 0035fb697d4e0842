import { TerraformResource } from "cdktf";
import { type Field, instanceOf, listOf, objectOf, orConstruct, required, string, unchecked } from "../props/schema";
import type { Condition } from "../rules/condition";
import { formatValue } from "../rules/format-value";

/** A network device of a machine, and how Talos is to configure it. */
export interface TalosInterface {
  /**
   * MAC address.
   *
   * @default - the only physical network device
   */
  readonly macAddress?: string;

  /** Static addresses with prefix length, such as `192.168.1.50/24`, of either family. */
  readonly addresses: readonly string[];

  /**
   * Default gateways, one for each family.
   *
   * @default - none
   */
  readonly gateways?: readonly string[];

  /**
   * Ask a DHCP server for the IPv4 address.
   *
   * @default false
   */
  readonly dhcp?: boolean;

  /**
   * Ask a DHCP server for the IPv6 address.
   *
   * @default false
   */
  readonly dhcpv6?: boolean;
}

/** A PCI device that a machine has to itself, such as a passed-through GPU. */
export interface TalosMachineDevice {
  /** Where its props describe it, such as `gpus[0].address`. */
  readonly path: string;

  /** What it is, for messages. */
  readonly description: string;

  /** Whether its vendor and device id is known from the configuration. */
  readonly hasId?: boolean;

  /** Whether it is a virtual function of a device that its host keeps. */
  readonly isVirtualFunction?: boolean;

  /** Whether no card has its address by itself, only as a virtual function, such as `41:00.4` or `41:01.0`. */
  readonly isBeyondCard?: boolean;

  /** Whether it is a device that its host has divided into virtual functions, as far as the host is asked. */
  readonly isDivided?: () => Condition;

  /** Whether its vendor and device id, such as `10de:2684`, has a property; false if the id is not known. */
  readonly isSuch: (property: (deviceId: string) => Condition) => Condition;
}

/** The firewall in front of a machine, which its cluster tells what it needs. */
export interface MachineFirewall {
  /** Lets the machine send from an IP address, or a subnet, that is not its own, such as a virtual IP. */
  addSender(address: string): void;
  /** Lets an IP address, or a subnet, reach the APIs of Talos and Kubernetes on the machine. */
  addManager(address: string): void;
}

/** A disk of a machine. */
export interface TalosMachineDisk {
  /** Bus and number, such as `scsi1`. */
  readonly interface: string;
}

/** What a Talos node has to know of the machine it runs on. A `ProxmoxGpuVm` is one. */
export interface TalosMachine {
  /** Host name: letters, digits and hyphens. */
  readonly name: string;

  /**
   * Static address with prefix length, such as `192.168.1.50/24`, at which the machine answers from its first boot; without
   * prefix length, such as `192.168.1.50`, where a DHCP server has reserved it and `interfaces` say so.
   */
  readonly address?: string;

  /**
   * Default gateway.
   *
   * @default - none
   */
  readonly gateway?: string;

  /**
   * DNS servers.
   *
   * @default - Talos's own, 1.1.1.1 and 8.8.8.8
   */
  readonly dnsServers?: readonly string[];

  /**
   * MAC address of the network device that has the address.
   *
   * @default - the address goes to the only physical network device
   */
  readonly macAddress?: string;

  /**
   * Network devices, the first of which has the address.
   *
   * @default - one, with `address`, `gateway` and `macAddress`
   */
  readonly interfaces?: readonly TalosInterface[];

  /** Disk to install to, such as `/dev/sda`. */
  readonly installDisk: string;

  /**
   * Version of Talos that it boots, such as `v1.14.7`. A `ProxmoxGpuVm` knows that of an image of the Image Factory.
   *
   * @default - not known
   */
  readonly talosVersion?: string;

  /**
   * PCI devices that are passed through to the machine. A `ProxmoxGpuVm` knows its own.
   *
   * @default - not known
   */
  readonly pciDevices?: readonly TalosMachineDevice[];

  /**
   * Firewall in front of the machine. A `ProxmoxGpuVm` knows its own.
   *
   * @default - none
   */
  readonly firewall?: MachineFirewall;

  /**
   * Disks of the machine, the one that it boots from first. A `ProxmoxGpuVm` knows its own.
   *
   * @default - not known
   */
  readonly disks?: readonly TalosMachineDisk[];

  /**
   * Whether the machine may be replaced or removed, and the data on its disks destroyed.
   *
   * @default false
   */
  readonly replaceable?: boolean;

  /**
   * Operating system that the machine is made for.
   *
   * @default "talos"
   */
  readonly guest?: string;

  /**
   * What creates the machine. It comes first. If it is replaced, the new machine is configured and bootstrapped.
   *
   * @default - the machine exists already
   */
  readonly resource?: TerraformResource;
}

/** What a construct reports about itself; users do not write it. */
const device: Field<TalosMachineDevice> = {
  invalid: () => ({ path: "", description: "", isSuch: () => false }),
  parse: (value, path, report) => {
    const isDevice = typeof value === "object" && value !== null && "isSuch" in value;
    if (!isDevice) report(false, `${path} is ${formatValue(value)}; leave pciDevices to a ProxmoxGpuVm`);
    return isDevice ? (value as TalosMachineDevice) : device.invalid();
  },
};

const firewall: Field<MachineFirewall> = {
  invalid: () => ({ addSender: () => {}, addManager: () => {} }),
  parse: (value, path, report) => {
    const isFirewall = typeof value === "object" && value !== null && "addSender" in value && "addManager" in value;
    if (!isFirewall) report(false, `${path} is ${formatValue(value)}; leave firewall to a ProxmoxGpuVm`);
    return isFirewall ? (value as MachineFirewall) : firewall.invalid();
  },
};

/** A VM's disk has more than that. */
const disk: Field<TalosMachineDisk> = {
  invalid: () => ({ interface: "" }),
  parse: (value, path, report) => {
    const isDisk = typeof value === "object" && value !== null && "interface" in value;
    if (!isDisk) report(false, `${path} is ${formatValue(value)}; write a disk as in { interface: "scsi1" }`);
    return isDisk ? (value as TalosMachineDisk) : disk.invalid();
  },
};

export const schema = orConstruct(
  objectOf<TalosMachine>({
    name: required(string),
    address: required(string),
    gateway: string,
    dnsServers: listOf(string),
    macAddress: string,
    interfaces: listOf(
      objectOf<TalosInterface>({
        macAddress: string,
        addresses: required(listOf(string)),
        gateways: listOf(string),
        dhcp: unchecked(),
        dhcpv6: unchecked(),
      }),
    ),
    installDisk: required(string),
    talosVersion: unchecked(),
    pciDevices: listOf(device),
    firewall,
    disks: listOf(disk),
    replaceable: unchecked(),
    guest: unchecked(),
    resource: instanceOf(TerraformResource),
  }),
);
