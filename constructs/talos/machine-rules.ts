import { and, type Condition, equal, matches, or } from "../rules/condition";
import { areDnsServers, dnsServer } from "../rules/dns-server";
import {
  areOfOneEachFamily,
  gatewayInSubnet,
  gatewayOnce,
  goesWithNoAddress,
  isReachableGateway,
} from "../rules/gateway";
import { hostName, isHostName } from "../rules/host-name";
import { isAddress, isHostCidr, withoutPrefix } from "../rules/ip-address";
import { hasMacAddressOfEach, isMacAddress, macAddress, macAddressOfEach } from "../rules/mac-address";
import { ipAddressOnce, macAddressOnce } from "../rules/network-once";
import { isOfMachine, isOfNode } from "../rules/node-address";
import { type Check, given, type Rule } from "../rules/rule";
import { isStandIn } from "../rules/shape";
import { shown, shownUnlessVariable } from "../rules/shown";
import { isTrueOrFalse } from "../rules/true-or-false";
import type { TalosInterface } from "./machine";
import type { SameAddresses } from "./network-claims";
import type { Member } from "./node";

const installDisk: Omit<Rule<unknown>, "checks"> = {
  id: "install-disk-matches-bus",
  demands: "the install disk is a device, named as its bus is: /dev/sdX on scsi, /dev/vdX on virtio",
  because: "Talos would wait for a disk that never appears, in maintenance mode",
  source: "https://github.com/siderolabs/talos/issues/11940",
};

const nodeAddress: Omit<Rule<unknown>, "checks"> = {
  id: "node-address",
  demands: "the node has a static address with its prefix length, or one that a DHCP server has reserved",
  because: "Terraform applies the machine configuration to that address, which no DHCP server may change",
  source: "https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/virtualized-platforms/proxmox",
};

/** Rules of a machine that is no construct, which has rules of its own. */
export const plainMachineRules: readonly Rule<Pick<Member, "path" | "machine"> & SameAddresses>[] = [
  { ...hostName, checks: ({ path, machine: { name } }) => [isHostName(`${path}.name`, name)] },
  {
    ...gatewayInSubnet,
    checks: ({ path, machine: { gateway, address, interfaces = [] } }) => [
      ...isReachableGateway(`${path}.gateway`, gateway, address),
      ...interfaces.flatMap(({ addresses, gateways = [] }, place) =>
        gateways.flatMap((gateway, which) =>
          isReachableFromAny(`${path}.interfaces[${place}].gateways[${which}]`, gateway, addresses),
        ),
      ),
    ],
  },
  {
    ...gatewayOnce,
    checks: ({ path, machine: { interfaces = [] } }) =>
      areOfOneEachFamily(
        interfaces.flatMap(({ gateways = [] }, place) =>
          gateways.map((gateway, which) => ({ path: `${path}.interfaces[${place}].gateways[${which}]`, gateway })),
        ),
      ),
  },
  {
    id: "machine-network",
    demands:
      "a machine's network is told by `interfaces`, the first of which has the address, or by `gateway` and `macAddress`",
    because: "with the one, the others would be ignored, and the machine would be sought where it is not",
    source: "https://docs.siderolabs.com/talos/v1.13/networking/configuration/device-selectors",
    checks: ({ path, machine: { address, interfaces, gateway, macAddress } }) => [
      ...Object.entries({ gateway, macAddress }).flatMap(([name, value]) =>
        given(value, (value) => ({
          holds: interfaces === undefined,
          problem: `${path}.${name} ${shown(value)} is given beside interfaces; write it there`,
        })),
      ),
      ...(interfaces ?? []).flatMap((each, place) => interfaceChecks(`${path}.interfaces[${place}]`, each)),
      ...given(interfaces, (interfaces) => hasAddress(path, address, interfaces)),
    ],
  },
  {
    ...nodeAddress,
    checks: ({ path, machine: { address, interfaces = [] } }) => [
      ...isOfNode(`${path}.address`, address),
      ...interfaces.flatMap(({ addresses }, place) =>
        addresses.flatMap((each, which) =>
          each === address ? [] : isOfMachine(`${path}.interfaces[${place}].addresses[${which}]`, each),
        ),
      ),
    ],
  },
  {
    ...macAddress,
    checks: ({ path, machine: { macAddress, interfaces = [] } }) => [
      ...given(macAddress, (mac) => isMacAddress(`${path}.macAddress`, mac)),
      ...interfaces.flatMap(({ macAddress }, place) =>
        given(macAddress, (mac) => isMacAddress(`${path}.interfaces[${place}].macAddress`, mac)),
      ),
    ],
  },
  {
    ...macAddressOfEach,
    checks: ({ path, machine: { interfaces = [] } }) =>
      interfaces.length < 2 ? [] : hasMacAddressOfEach(`${path}.interfaces`, interfaces),
  },
  { ...ipAddressOnce, checks: ({ sameIpAddresses }) => [...sameIpAddresses] },
  { ...macAddressOnce, checks: ({ sameMacAddresses }) => [...sameMacAddresses] },
  { ...dnsServer, checks: ({ path, machine: { dnsServers } }) => areDnsServers(`${path}.dnsServers`, dnsServers) },
  {
    ...installDisk,
    checks: ({ path, machine: { installDisk } }) => [
      {
        holds: matches(installDisk, /^[/]dev[/][!-~]+$/),
        problem: `${path}.installDisk ${shown(installDisk)} is not a device; write it as in "/dev/sda"`,
      },
    ],
  },
];

function interfaceChecks(path: string, { addresses, dhcp, dhcpv6 }: TalosInterface): Check[] {
  return [
    ...addresses.map((address, place) => ({
      holds: isHostCidr(address),
      problem: `${path}.addresses[${place}] ${shown(address)} is not an address with prefix length from 8; write it as in "192.168.1.50/24"`,
    })),
    ...Object.entries({ dhcp, dhcpv6 }).flatMap(([name, value]) =>
      given(value, (value) => isTrueOrFalse(`${path}.${name}`, value)),
    ),
  ];
}

/** Checks that the machine has its address, or gets it by DHCP, at the first of its network devices. */
function hasAddress(path: string, address = "", interfaces: readonly TalosInterface[]): Check {
  const [first] = interfaces;
  if (first === undefined) {
    return {
      holds: isStandIn(interfaces),
      problem: `${path}.interfaces is empty; write the network device that has ${shown(address)}, or leave it out`,
    };
  }
  const own = withoutPrefix(address);
  return {
    holds: or(
      isStandIn(first.addresses),
      ...first.addresses.map((each) => equal(withoutPrefix(each), own)),
      isReserved(address, interfaces),
    ),
    problem: `${path}.interfaces[0].addresses lacks the machine's own, ${shown(address)}; write it there`,
  };
}

/** Checks that the gateway can be reached from one of the addresses of its network device. */
function isReachableFromAny(path: string, gateway: string, addresses: readonly string[]): Check[] {
  if (isStandIn(addresses)) return [];
  const [only, ...others] = addresses.map((address) => isReachableGateway(path, gateway, address));
  if (only === undefined) return [goesWithNoAddress(path, gateway)];
  if (others.length === 0) return only;
  return [
    {
      holds: or(...[only, ...others].map((checks) => and(...checks.map(({ holds }) => holds)))),
      problem: `${path} ${shown(gateway)} is the router of none of ${addresses.map(shown).join(", ")}; write one in the network of an address`,
    },
  ];
}

/** Whether the address is one that a DHCP server has reserved for the first of the network devices. */
const isReserved = (address: string | undefined, [first]: readonly TalosInterface[] = []): Condition =>
  first?.dhcp || first?.dhcpv6 ? isAddress(address) : false;

export const machineRules: readonly Rule<Pick<Member, "path" | "machine" | "installDisk" | "release">>[] = [
  {
    id: "machine-for-talos",
    demands: "a node's machine is made for Talos",
    because: "of a machine for another guest it is not checked whether Talos can run there",
    source: "https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/virtualized-platforms/proxmox",
    checks: ({ path, machine: { guest } }) =>
      given(guest, (guest) => ({
        holds: guest === "talos",
        problem: `${path}.guest is ${shownUnlessVariable(guest)}; write "talos" or leave it out`,
      })),
  },
  {
    id: "machine-boots-release",
    demands: "a node's machine boots the Talos that the node runs",
    because: "its first configuration is made for the node's version, which another one may refuse",
    source: "https://docs.siderolabs.com/talos/v1.13/learn-more/image-factory",
    checks: ({ path, machine: { talosVersion }, release }) =>
      given(talosVersion, (version) => ({
        holds: equal(version, release.talos.version),
        problem: `${path} boots Talos ${shown(version)}, and ${release.path}.version is ${shown(release.talos.version)}; make its image of that version, or write the image's`,
      })),
  },
  {
    ...nodeAddress,
    checks: ({ path, machine: { name, address, interfaces } }) => [
      {
        holds: (address === undefined && isStandIn(name)) || or(isHostCidr(address), isReserved(address, interfaces)),
        problem: `${path}.address is ${shown(address)}; give it a static one with prefix length from 8, such as "192.168.1.50/24", or one that a DHCP server has reserved`,
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
          holds: or(equal(installDisk, machine.installDisk), onBus("sd"), onBus("vd")),
          problem: `installDisk ${shown(installDisk)} is not on the bus of the machine's disk; write ${shown(machine.installDisk)} or leave it out`,
        },
      ];
    },
  },
];
