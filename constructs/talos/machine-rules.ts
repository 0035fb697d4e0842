import { and, equal, matches, or } from "../rules/condition";
import { gatewayInSubnet, isReachableGateway } from "../rules/gateway";
import { hostName, isHostName } from "../rules/host-name";
import { isAddress, isCidr } from "../rules/ip-address";
import { hasMacAddressOfEach, macAddressOfEach } from "../rules/mac-address";
import { given, type Rule } from "../rules/rule";
import { shown } from "../rules/shown";
import type { Member } from "./node";

/** Rules of a machine that is no construct, which has rules of its own. */
export const plainMachineRules: readonly Rule<Pick<Member, "path" | "machine">>[] = [
  { ...hostName, checks: ({ path, machine: { name } }) => [isHostName(`${path}.name`, name)] },
  {
    ...gatewayInSubnet,
    checks: ({ path, machine: { gateway, address } }) => isReachableGateway(`${path}.gateway`, gateway, address),
  },
  {
    id: "machine-network",
    demands: "a machine's network is told by `interfaces`, or by `gateway` and `macAddress`",
    because: "with the one, the others would be ignored",
    source: "https://docs.siderolabs.com/talos/v1.13/networking/configuration/device-selectors",
    checks: ({ path, machine: { interfaces, gateway, macAddress } }) =>
      Object.entries({ gateway, macAddress }).flatMap(([name, value]) =>
        given(value, (value) => ({
          holds: interfaces === undefined,
          problem: `${path}.${name} ${shown(value)} is given beside interfaces; write it there`,
        })),
      ),
  },
  {
    ...macAddressOfEach,
    checks: ({ path, machine: { interfaces = [] } }) =>
      interfaces.length < 2 ? [] : hasMacAddressOfEach(`${path}.interfaces`, interfaces),
  },
];

export const machineRules: readonly Rule<Pick<Member, "path" | "machine" | "installDisk">>[] = [
  {
    id: "node-address",
    demands: "the node has a static address with its prefix length, or one that a DHCP server has reserved",
    because: "Terraform applies the machine configuration to that address, which no DHCP server may change",
    source: "https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/virtualized-platforms/proxmox",
    checks: ({ path, machine: { address, interfaces } }) => [
      {
        holds: or(isCidr(address), interfaces?.[0]?.dhcp || interfaces?.[0]?.dhcpv6 ? isAddress(address) : false),
        problem: `${path}.address is ${shown(address)}; give it a static one with prefix length, such as "192.168.1.50/24", or one that a DHCP server has reserved`,
      },
    ],
  },
  {
    id: "install-disk-matches-bus",
    demands: "the install disk is named as its bus is: /dev/sdX on scsi, /dev/vdX on virtio",
    because: "Talos would wait for a disk that never appears, in maintenance mode",
    source: "https://github.com/siderolabs/talos/issues/11940",
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
