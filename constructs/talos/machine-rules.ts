import { Construct } from "constructs";
import { ipAddressOnce, macAddressOnce } from "../network/address-once";
import { checkDnsServers, dnsServer } from "../network/dns-server";
import {
  checkGatewayHasAddress,
  checkGatewayReachable,
  checkOneGatewayPerFamily,
  gatewayInSubnet,
  gatewayOnce,
} from "../network/gateway";
import { checkHostName, hostName } from "../network/host-name";
import { isAddress, isHostCidr, withoutPrefix } from "../network/ip-address";
import { checkMacAddress, checkMacAddressOfEach, macAddress, macAddressOfEach } from "../network/mac-address";
import { checkMachineAddress, checkNodeAddress } from "../network/node-address";
import { isInvalid } from "../props/schema";
import { checkStaticBoolean } from "../props/static-boolean";
import { and, type Condition, equal, matches, not, or } from "../rules/condition";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import type { TalosInterface, TalosMachine } from "./machine";
import type { SameAddresses } from "./network-claims";
import type { Member } from "./node";

const installDisk: Omit<Rule<unknown>, "checks"> = {
  id: "install-disk-matches-bus",
  requirement: "the install disk is a device, named as its bus is: /dev/sdX on scsi, /dev/vdX on virtio",
  reason: "Talos would wait for a disk that never appears, in maintenance mode",
  source: "https://github.com/siderolabs/talos/issues/11940",
};

const nodeAddress: Omit<Rule<unknown>, "checks"> = {
  id: "node-address",
  requirement: "the node has a static address with its prefix length, or one that a DHCP server has reserved",
  reason: "Terraform applies the machine configuration to that address, which no DHCP server may change",
  source: talosDocs("platform-specific-installations/virtualized-platforms/proxmox"),
};

/** Rules of a machine that is no construct, which has rules of its own. */
export const plainMachineRules: readonly Rule<Pick<Member, "path" | "machine"> & SameAddresses>[] = [
  { ...hostName, checks: ({ path, machine: { name } }) => [checkHostName(`${path}.name`, name)] },
  {
    ...gatewayInSubnet,
    checks: ({ path, machine: { gateway, address, interfaces = [] } }) => [
      ...checkGatewayReachable(`${path}.gateway`, gateway, address),
      ...interfaces.flatMap(({ addresses, gateways = [] }, index) =>
        gateways.flatMap((gateway, which) =>
          // That the first device lacks the machine's address is reported already.
          index === 0 && addresses.length === 0
            ? []
            : checkReachableFromAny(`${path}.interfaces[${index}].gateways[${which}]`, gateway, addresses),
        ),
      ),
    ],
  },
  {
    ...gatewayOnce,
    checks: ({ path, machine: { interfaces = [] } }) =>
      checkOneGatewayPerFamily(
        interfaces.flatMap(({ gateways = [] }, index) =>
          gateways.map((gateway, which) => ({ path: `${path}.interfaces[${index}].gateways[${which}]`, gateway })),
        ),
      ),
  },
  {
    id: "machine-network",
    requirement:
      "a machine's network is described by `interfaces`, the first of which has the address, or by `gateway` and `macAddress`",
    reason: "beside `interfaces` the others are ignored, and Terraform would look for the machine at the wrong address",
    source: talosDocs("networking/configuration/device-selectors"),
    checks: ({ path, machine: { address, interfaces, gateway, macAddress } }) => [
      ...Object.entries({ gateway, macAddress }).flatMap(([name, value]) =>
        ifSet(value, (value) => ({
          condition: interfaces === undefined,
          message: `${path}.${name} ${formatValue(value)} is given beside interfaces; write it there`,
        })),
      ),
      ...(interfaces ?? []).flatMap((each, index) => checkInterface(`${path}.interfaces[${index}]`, each)),
      ...ifSet(interfaces, (interfaces) => checkHasAddress(path, address, interfaces)),
    ],
  },
  {
    ...nodeAddress,
    checks: ({ path, machine: { address, interfaces = [] } }) => [
      ...checkNodeAddress(`${path}.address`, address),
      ...interfaces.flatMap(({ addresses }, index) =>
        addresses.flatMap((each, which) =>
          each === address ? [] : checkMachineAddress(`${path}.interfaces[${index}].addresses[${which}]`, each),
        ),
      ),
    ],
  },
  {
    ...macAddress,
    checks: ({ path, machine: { macAddress, interfaces = [] } }) => [
      ...ifSet(macAddress, (mac) => checkMacAddress(`${path}.macAddress`, mac)),
      ...interfaces.flatMap(({ macAddress }, index) =>
        ifSet(macAddress, (mac) => checkMacAddress(`${path}.interfaces[${index}].macAddress`, mac)),
      ),
    ],
  },
  {
    ...macAddressOfEach,
    checks: ({ path, machine: { interfaces = [] } }) =>
      interfaces.length < 2 || interfaces.some(isInvalid)
        ? []
        : checkMacAddressOfEach(`${path}.interfaces`, interfaces),
  },
  { ...ipAddressOnce, checks: ({ sameIpAddresses }) => [...sameIpAddresses] },
  { ...macAddressOnce, checks: ({ sameMacAddresses }) => [...sameMacAddresses] },
  { ...dnsServer, checks: ({ path, machine: { dnsServers } }) => checkDnsServers(`${path}.dnsServers`, dnsServers) },
  {
    ...installDisk,
    checks: ({ path, machine: { installDisk } }) => [
      {
        condition: isDevice(installDisk),
        message: `${path}.installDisk ${formatValue(installDisk)} is not a device; write it as in "/dev/sda"`,
      },
      checkWholeDisk(`${path}.installDisk`, installDisk),
    ],
  },
];

/** As the kernel and udev name partitions. */
const checkWholeDisk = (path: string, device: string): Check => ({
  condition: not(matches(device, /^[/]dev[/]([sv]d[a-z]+|nvme[0-9]+n[0-9]+p|mmcblk[0-9]+p|disk[/].*-part)[0-9]+$/)),
  message: `${path} ${formatValue(device)} is a partition, and Talos partitions the disk itself; write the disk, as in "/dev/sda"`,
});

const isDevice = (path: string): Condition => matches(path, /^[/]dev[/][!-~]+$/);

function checkInterface(path: string, { addresses, dhcp, dhcpv6 }: TalosInterface): Check[] {
  return [
    ...addresses.map((address, index) => ({
      condition: isHostCidr(address),
      message: `${path}.addresses[${index}] ${formatValue(address)} is not an address with prefix length from 8; write it as in "192.168.1.50/24"`,
    })),
    ...Object.entries({ dhcp, dhcpv6 }).flatMap(([name, value]) =>
      ifSet(value, (value) => checkStaticBoolean(`${path}.${name}`, value)),
    ),
  ];
}

/** Checks that the machine has its address, or gets it by DHCP, at the first of its network devices. */
function checkHasAddress(path: string, address = "", interfaces: readonly TalosInterface[]): Check {
  const [first] = interfaces;
  if (first === undefined) {
    return {
      condition: isInvalid(interfaces),
      message: `${path}.interfaces is empty; write the network device that has ${formatValue(address)}, or leave it out`,
    };
  }
  const own = withoutPrefix(address);
  // What is no address other rules refuse.
  const areAddresses = [own, ...first.addresses.map(withoutPrefix)].every((each) => isAddress(each) !== false);
  return {
    condition: or(
      isInvalid(first.addresses) || !areAddresses,
      ...first.addresses.map((each) => equal(withoutPrefix(each), own)),
      isReserved(address, interfaces),
    ),
    message: `${path}.interfaces[0].addresses lacks the machine's own, ${formatValue(address)}; write it there`,
  };
}

/** Checks that the gateway can be reached from one of the addresses of its network device. */
function checkReachableFromAny(path: string, gateway: string, addresses: readonly string[]): Check[] {
  if (isInvalid(addresses)) return [];
  const [only, ...others] = addresses.map((address) => checkGatewayReachable(path, gateway, address));
  if (only === undefined) return [checkGatewayHasAddress(path, gateway)];
  if (others.length === 0) return only;
  return [
    {
      condition: or(...[only, ...others].map((checks) => and(...checks.map(({ condition }) => condition)))),
      message: `${path} ${formatValue(gateway)} is in the subnet of none of ${addresses.map(formatValue).join(", ")}; write a router in one of these subnets`,
    },
  ];
}

/** Whether the rule of a plain machine's address refuses it already. */
const isRefused = (machine: TalosMachine): boolean =>
  !Construct.isConstruct(machine) && checkNodeAddress("", machine.address).some(({ condition }) => condition === false);

/** Whether the address is one that a DHCP server has reserved for the first of the network devices. */
const isReserved = (address: string | undefined, [first]: readonly TalosInterface[] = []): Condition =>
  first?.dhcp || first?.dhcpv6 ? isAddress(address) : false;

export const machineRules: readonly Rule<Pick<Member, "path" | "machine" | "installDisk" | "release">>[] = [
  {
    id: "machine-for-talos",
    requirement: "a node's machine has the guest talos",
    reason: "the requirements of Talos are not checked for another guest",
    source: talosDocs("platform-specific-installations/virtualized-platforms/proxmox"),
    checks: ({ path, machine: { guest } }) =>
      ifSet(guest, (guest) => ({
        condition: guest === "talos",
        message: `${path}.guest is ${formatUnlessVariable(guest)}; write "talos" or leave it out`,
      })),
  },
  {
    id: "machine-boots-release",
    requirement: "a node's machine boots the Talos version that the node runs",
    reason: "its first configuration is made for the node's version, which another one may refuse",
    source: talosDocs("learn-more/image-factory"),
    checks: ({ path, machine: { talosVersion }, release }) =>
      ifSet(talosVersion, (version) => ({
        condition: equal(version, release.talos.version),
        message: `${path} boots Talos ${formatValue(version)}, and ${release.path}.version is ${formatValue(release.talos.version)}; use an image of that version, or write the image's version`,
      })),
  },
  {
    ...nodeAddress,
    checks: ({ path, machine, machine: { name, address, interfaces } }) => [
      {
        condition:
          (address === undefined && isInvalid(name)) ||
          isRefused(machine) ||
          or(isHostCidr(address), isReserved(address, interfaces)),
        message: `${path}.address is ${formatValue(address)}; give it a static one with prefix length from 8, such as "192.168.1.50/24", or one that a DHCP server has reserved`,
      },
    ],
  },
  {
    ...installDisk,
    checks: ({ installDisk, machine }) => {
      const onBus = (bus: string) => {
        const device = new RegExp(`^[/]dev[/]${bus}[a-z]+$`);
        return and(matches(installDisk, device), matches(machine.installDisk, device));
      };
      return [
        {
          // What is no device another rule refuses.
          condition: or(
            isDevice(machine.installDisk) === false,
            equal(installDisk, machine.installDisk),
            onBus("sd"),
            onBus("vd"),
          ),
          message: `installDisk ${formatValue(installDisk)} is not on the bus of the machine's disk; write ${formatValue(machine.installDisk)} or leave it out`,
        },
      ];
    },
  },
];
