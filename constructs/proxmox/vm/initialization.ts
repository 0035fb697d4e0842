import type { Postcondition } from "cdktf";
import type { VirtualEnvironmentVmInitialization } from "../../../.gen/providers/proxmox/virtual-environment-vm";
import { ipAddressOnce, type Located } from "../../network/address-once";
import { checkDnsServers, dnsServer } from "../../network/dns-server";
import {
  checkGatewayHasAddress,
  checkGatewayReachable,
  checkOneGatewayPerFamily,
  gatewayInSubnet,
  gatewayOnce,
} from "../../network/gateway";
import { isAddress, isHostCidr, isIpv4Cidr, isIpv6, isIpv6Cidr } from "../../network/ip-address";
import { checkMachineAddress, checkNotLinkLocal } from "../../network/node-address";
import { isInvalid, listOf, objectOf, required, string, unionOf } from "../../props/schema";
import { and, equal, isUnknown, not, oneOf, or } from "../../rules/condition";
import { expression, rawExpression } from "../../rules/expression";
import { formatValue } from "../../rules/format-value";
import { type Check, firstViolation, ifSet, type Rule } from "../../rules/rule";
import { checkStorageName, proxmoxName } from "../name";
import { type Guest, ifTalos } from "./guest";
import type { NetworkDevice } from "./network-device";
import { unlessEmpty } from "./optional-list";

/** IPv6 of one network device. */
export interface Ipv6Config {
  /** Address with prefix length, such as `2001:db8::50/64`; `dhcp`; or `auto`, by router advertisements. */
  readonly address: string;

  /**
   * Default gateway: in the subnet of the address, or link-local, such as `fe80::1`.
   *
   * @default - none
   */
  readonly gateway?: string;
}

/** Addresses of one network device: of either family, or of both. */
export interface IpConfig {
  /**
   * Address with prefix length, such as `192.168.1.50/24`, or `dhcp`. It may be one of IPv6, but not in a Terraform
   * variable: that is for `ipv6`.
   *
   * @default - none in IPv4
   */
  readonly address?: string;

  /**
   * Default gateway: in the subnet of the address, or any address on the link for a single address (`/32`).
   *
   * @default - none
   */
  readonly gateway?: string;

  /**
   * Address without prefix length, such as `192.168.1.50`, that a DHCP server has reserved for the device. A Talos node
   * is reached at it; the network is configured by DHCP.
   *
   * @default - none is known
   */
  readonly reservedAddress?: string;

  /**
   * IPv6, beside or instead of `address`.
   *
   * @default - none
   */
  readonly ipv6?: Ipv6Config;
}

/** What the cloud-init drive tells the guest at its first boot. */
export interface Initialization {
  /** Addresses of each network device, in their order. */
  readonly ipConfigs: readonly IpConfig[];

  /**
   * DNS servers.
   *
   * @default - those of the host
   */
  readonly dnsServers?: readonly string[];

  /**
   * Storage of the cloud-init drive.
   *
   * @default - that of the first disk
   */
  readonly datastore?: string;
}

export const schema = objectOf<Initialization>({
  ipConfigs: required(
    listOf(
      unionOf<IpConfig>(
        {
          address: string,
          gateway: string,
          reservedAddress: string,
          ipv6: objectOf<Ipv6Config>({ address: required(string), gateway: string }),
        },
        "address",
        "ipv6",
      ),
    ),
  ),
  dnsServers: listOf(string),
  datastore: string,
});

/** Where the provider puts the cloud-init drive. */
export const driveInterface = "ide2";

/** The two families apart. */
function byFamily({ address, gateway, ipv6 }: IpConfig): { readonly ipv4?: Ipv6Config; readonly ipv6?: Ipv6Config } {
  if (address === undefined) return { ipv6 };
  return isIpv6(address) === true ? { ipv6: { address, gateway } } : { ipv4: { address, gateway }, ipv6 };
}

export function block(initialization: Initialization, ofFirstDisk: string): VirtualEnvironmentVmInitialization {
  const servers = unlessEmpty(initialization.dnsServers);
  return {
    datastoreId: initialization.datastore ?? ofFirstDisk,
    ipConfig: initialization.ipConfigs.map(byFamily),
    dns: servers && { servers },
  };
}

/** What the VM keeps if a prop is removed later. */
export const notTakenAway = (initialization: Initialization | undefined): string[] =>
  initialization && !unlessEmpty(initialization.dnsServers) ? ["initialization[0].dns"] : [];

/**
 * Fails the apply while the VM has more of a cloud-init drive than the stack: the provider deletes neither the drive nor the
 * addresses of a network device, reads them again after the apply, and plans the same change for ever.
 */
export function nothingLeft(initialization: Initialization | undefined): Postcondition {
  const drives = rawExpression("self.initialization");
  const deletion = (what: string): string =>
    `delete it in Proxmox, and apply again: qm set \${self.vm_id} --delete ${what}`;
  if (!initialization) {
    return {
      condition: expression`length(${drives}) == 0`,
      errorMessage: `initialization is missing, and the provider does not delete the VM's cloud-init drive; write initialization again, or ${deletion(driveInterface)}`,
    };
  }
  const count = initialization.ipConfigs.length;
  return {
    condition: expression`try(length(${drives}[0].ip_config), 0) <= ${count}`,
    errorMessage: `initialization.ipConfigs has ${count} entries, and the provider does not delete the VM's next one; write that again, or ${deletion(`ipconfig${count}`)}`,
  };
}

const isStatic = (address: string): boolean => !["dhcp", "auto"].includes(address);

/** The network devices as the guest is to configure them. */
export const interfacesOf = (ipConfigs: readonly IpConfig[], networkDevices: readonly NetworkDevice[]) =>
  ipConfigs.map((ipConfig, index) => {
    const { ipv4, ipv6 } = byFamily(ipConfig);
    const families = [ipv4, ipv6].flatMap((family) => family ?? []);
    return {
      macAddress: networkDevices[index]?.macAddress,
      addresses: families.map(({ address }) => address).filter(isStatic),
      gateways: families.flatMap(({ gateway }) => gateway ?? []),
      dhcp: ipv4?.address === "dhcp",
      dhcpv6: ipv6?.address === "dhcp",
    };
  });

/** All addresses that are known, with or without prefix length. */
export const addressesOf = ({ ipConfigs = [] }: Partial<Initialization> = {}): Located[] =>
  ipConfigs.flatMap(({ address, ipv6, reservedAddress }, index) =>
    Object.entries({ address, "ipv6.address": ipv6?.address, reservedAddress }).flatMap(([prop, address]) =>
      address !== undefined && isStatic(address)
        ? [{ path: `initialization.ipConfigs[${index}].${prop}`, address }]
        : [],
    ),
  );

/** The address at which the first network device is known to answer. */
export function nodeAddressOf(ipConfigs: readonly IpConfig[]): string | undefined {
  const [first] = ipConfigs;
  if (isInvalid(ipConfigs) || isInvalid(first)) return string.invalid();
  if (first === undefined) return undefined;
  const { address, reservedAddress, ipv6 } = first;
  const own = [address, ipv6?.address].find((each) => each !== undefined && isStatic(each)) ?? address;
  if (reservedAddress === undefined) return isMistaken(own) ? string.invalid() : own;
  return isAddress(reservedAddress) === false ? string.invalid() : reservedAddress;
}

/** The gateway of that address. */
export function nodeGatewayOf([first]: readonly IpConfig[]): string | undefined {
  return first?.gateway ?? first?.ipv6?.gateway;
}

const source = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init";

function checkAddresses(path: string, config: IpConfig): Check[] {
  if (isInvalid(config)) return [];
  const { address, ipv6, reservedAddress } = config;
  const dhcp = equal(address, "dhcp");
  const dhcpv6 = ipv6 === undefined ? false : equal(ipv6.address, "dhcp");
  return [
    {
      condition: address !== undefined || ipv6 !== undefined,
      message: `${path} has no address; write address: "192.168.1.50/24", or "dhcp"`,
    },
    ...ifSet(address, (address) =>
      firstViolation([
        isUnknown(address)
          ? {
              condition: or(equal(address, "dhcp"), isIpv4Cidr(address)),
              message: `${path}.address ${formatValue(address)} is not an IPv4 address with prefix length from 8; write it as in "192.168.1.50/24", and one of IPv6 as ipv6: { address: … }`,
            }
          : {
              condition: address === "dhcp" || isHostCidr(address),
              message: `${path}.address ${formatValue(address)} is not an address with prefix length from 8; write it as in "192.168.1.50/24"`,
            },
        {
          condition: ipv6 === undefined || isUnknown(address) || not(isIpv6(address)),
          message: `${path}.address ${formatValue(address)} is one of IPv6 beside ipv6; write one of them`,
        },
        ...checkMachineAddress(`${path}.address`, address),
      ]),
    ),
    ...ifSet(ipv6, ({ address }) =>
      firstViolation([
        {
          condition: or(oneOf(address, ["dhcp", "auto"]), isIpv6Cidr(address)),
          message: `${path}.ipv6.address ${formatValue(address)} is not an IPv6 address with prefix length from 8; write it as in "2001:db8::50/64", or "dhcp" or "auto"`,
        },
        ...checkMachineAddress(`${path}.ipv6.address`, address),
      ]),
    ),
    ...ifSet(reservedAddress, (reserved) => [
      {
        condition: isAddress(reserved),
        message: `${path}.reservedAddress ${formatValue(reserved)} is not an IP address without a prefix length; write it as in "192.168.1.50"`,
      },
      {
        // What is no address, or none at all, another check refuses.
        condition: or(
          isMistaken(address) || (address === undefined && ipv6 === undefined),
          and(dhcp, dhcpv6),
          and(dhcp, not(isIpv6(reserved))),
          and(dhcpv6, isIpv6(reserved)),
        ),
        message: `${path}.reservedAddress ${formatValue(reserved)} has no "dhcp" beside it; write "dhcp" as the address of its IP family, or the address with its prefix length instead`,
      },
      ...checkMachineAddress(`${path}.reservedAddress`, reserved),
    ]),
  ];
}

/** Whether the address is known to be none that a network device can have. */
const isMistaken = (address: string | undefined): boolean =>
  address !== undefined && or(equal(address, "dhcp"), isHostCidr(address)) === false;

/** Checks that the DHCP server knows the device by its MAC address, which Proxmox would choose when the VM is created. */
const checkReservation = (
  index: number,
  { reservedAddress }: IpConfig,
  networkDevices: readonly NetworkDevice[],
): Check[] =>
  ifSet(reservedAddress, (reserved) => {
    const device = networkDevices[index];
    // What is no network device another rule refuses.
    if (device === undefined || isInvalid(networkDevices) || isInvalid(device)) return [];
    return {
      condition: device.macAddress !== undefined,
      message: `initialization.ipConfigs[${index}].reservedAddress ${formatValue(reserved)} is reserved for a MAC address, and networkDevices[${index}].macAddress is missing; write the one that the DHCP server knows, such as "BC:24:11:00:00:01"`,
    };
  });

/** Checks that a node is reached at the address of the first network device that its cluster knows it by. */
function checkNodeAddresses(ipConfigs: readonly IpConfig[]): Check[] {
  const address = nodeAddressOf(ipConfigs);
  const { address: own, reservedAddress } = ipConfigs[0] ?? {};
  const prop = reservedAddress === address ? "reservedAddress" : own === address ? "address" : "ipv6.address";
  return checkNotLinkLocal(`initialization.ipConfigs[0].${prop}`, address);
}

const checkGateways = (path: string, gateway: string | undefined, address: string | undefined): Check[] =>
  gateway === undefined || (address !== undefined && isStatic(address))
    ? checkGatewayReachable(path, gateway, address)
    : [checkGatewayHasAddress(path, gateway)];

export const rules: readonly Rule<{
  readonly initialization?: Initialization;
  readonly networkDevices: readonly NetworkDevice[];
  readonly guest: Guest;
  /** The messages about addresses that another network device of the app has. */
  readonly sameIpAddresses: readonly Check[];
}>[] = [
  {
    ...proxmoxName,
    checks: ({ initialization }) =>
      ifSet(initialization?.datastore, (datastore) => checkStorageName("initialization.datastore", datastore)),
  },
  {
    id: "node-address",
    requirement: "an address is an IP address with its prefix length, or left to DHCP",
    reason: "the node would not answer where Terraform waits for it",
    source,
    checks: ({ initialization: { ipConfigs = [] } = {}, networkDevices, guest }) => [
      ...ipConfigs.flatMap((ipConfig, index) => [
        ...checkAddresses(`initialization.ipConfigs[${index}]`, ipConfig),
        ...checkReservation(index, ipConfig, networkDevices),
      ]),
      ...ifTalos(guest, ...checkNodeAddresses(ipConfigs)),
    ],
  },
  { ...ipAddressOnce, checks: ({ sameIpAddresses }) => [...sameIpAddresses] },
  {
    ...gatewayInSubnet,
    checks: ({ initialization }) =>
      (initialization?.ipConfigs ?? []).flatMap(({ address, gateway, ipv6 }, index) => {
        const path = `initialization.ipConfigs[${index}]`;
        return [
          ...checkGateways(`${path}.gateway`, gateway, address),
          ...checkGateways(`${path}.ipv6.gateway`, ipv6?.gateway, ipv6?.address),
        ];
      }),
  },
  {
    ...gatewayOnce,
    checks: ({ initialization }) =>
      checkOneGatewayPerFamily(
        (initialization?.ipConfigs ?? []).flatMap(({ gateway, ipv6 }, index) => {
          const path = `initialization.ipConfigs[${index}]`;
          return [
            ...(gateway === undefined ? [] : [{ path: `${path}.gateway`, gateway }]),
            ...(ipv6?.gateway === undefined ? [] : [{ path: `${path}.ipv6.gateway`, gateway: ipv6.gateway }]),
          ];
        }),
      ),
  },
  {
    id: "ip-config-has-network-device",
    requirement: "every IP configuration belongs to a network device",
    reason: "Proxmox does not pass others to the guest",
    source,
    checks: ({ initialization, networkDevices }) =>
      ifSet(initialization, ({ ipConfigs }) => ({
        condition: ipConfigs.length <= networkDevices.length || isInvalid(networkDevices),
        message: `initialization.ipConfigs has ${ipConfigs.length} entries for ${networkDevices.length} network devices; leave some out, or write more networkDevices`,
      })),
  },
  {
    ...dnsServer,
    checks: ({ initialization }) => checkDnsServers("initialization.dnsServers", initialization?.dnsServers),
  },
];
