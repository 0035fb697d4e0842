import { Fn, Token } from "cdktf";
import type { EarlierClaim } from "../rules/claims";
import { and, type Condition, equal, isUnknown, matches, or, wholeNumber } from "../rules/condition";
import { asArgument } from "../rules/expression";
import { gatewayInSubnet, isReachableGateway } from "../rules/gateway";
import { hostName, isHostName } from "../rules/host-name";
import { endpointHttps, isHttpsEndpoint, port } from "../rules/https-endpoint";
import { isAddress, isCidr } from "../rules/ip-address";
import { hasMacAddressOfEach, macAddressOfEach } from "../rules/mac-address";
import { given, type Rule } from "../rules/rule";
import { asText, shown } from "../rules/shown";
import type { TalosMachine } from "./machine";

/** Rules of a machine that is no construct, which has rules of its own. */
export const plainMachineRules: readonly Rule<TalosMachine>[] = [
  { ...hostName, checks: ({ name }) => [isHostName("machine.name", name)] },
  { ...gatewayInSubnet, checks: ({ gateway, address }) => isReachableGateway("machine.gateway", gateway, address) },
  {
    id: "machine-network",
    demands: "a machine's network is told by `interfaces`, or by `gateway` and `macAddress`",
    because: "with the one, the others would be ignored",
    source: "https://docs.siderolabs.com/talos/v1.13/networking/configuration/device-selectors",
    checks: ({ interfaces, gateway, macAddress }) =>
      Object.entries({ gateway, macAddress }).flatMap(([name, value]) =>
        given(value, (value) => ({
          holds: interfaces === undefined,
          problem: `machine.${name} ${shown(value)} is given beside interfaces; write it there`,
        })),
      ),
  },
  {
    ...macAddressOfEach,
    checks: ({ interfaces = [] }) =>
      interfaces.length < 2 ? [] : hasMacAddressOfEach("machine.interfaces", interfaces),
  },
];

export const rules: readonly Rule<{
  readonly clusterName: string;
  readonly machine: TalosMachine;
  readonly endpoint?: string;
  readonly installDisk: string;
  readonly version: string;
  /** The installer image, where it is not one made for the version. */
  readonly installer?: string;
  readonly readyTimeout: number;
  readonly earlierClusters: readonly EarlierClaim<string>[];
}>[] = [
  {
    id: "node-address",
    demands: "the node has a static address with its prefix length, or one that a DHCP server has reserved",
    because: "Terraform applies the machine configuration to that address, which no DHCP server may change",
    source: "https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/virtualized-platforms/proxmox",
    checks: ({ machine: { address, interfaces } }) => [
      {
        holds: or(isCidr(address), interfaces?.[0]?.dhcp || interfaces?.[0]?.dhcpv6 ? isAddress(address) : false),
        problem: `the machine's address is ${shown(address)}; give it a static one with prefix length, such as "192.168.1.50/24", or one that a DHCP server has reserved`,
      },
    ],
  },
  {
    ...endpointHttps,
    checks: ({ endpoint }) =>
      given(endpoint, (endpoint) =>
        isHttpsEndpoint(
          endpoint,
          new RegExp(`^https:[/][/]([^/@: {}[]+|[[][0-9a-fA-F:.]+])(${port})?$`),
          'an https URL of a host, without user and path; write it as in "https://192.168.1.50:6443"',
        ),
      ),
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
  {
    id: "installer-version",
    demands: "the installer image is of the node's Talos version",
    because: "the node would get a configuration of one version and run another, which may refuse it",
    source: "https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/upgrading-talos",
    checks: ({ installer, version }) =>
      given(installer, (installer) => ({
        holds: hasTag(installer, version),
        problem: `talos.installer ${shown(installer)} is not of Talos ${shown(version)}; write an image with that tag, as in "factory.talos.dev/nocloud-installer/<schematic>:${asText(version)}"`,
      })),
  },
  {
    id: "cluster-name",
    demands: "a cluster's name has letters, digits, hyphens and dots",
    because: "it names the cluster's directory and its context in kubeconfig",
    source: "https://www.talos.dev/v1.13/reference/configuration/v1alpha1/config/",
    checks: ({ clusterName }) => [
      {
        holds: matches(clusterName, /^[a-zA-Z0-9][a-zA-Z0-9.-]*$/),
        problem: `clusterName ${shown(clusterName)} has other characters; write one such as "talos-gpu"`,
      },
    ],
  },
  {
    id: "ready-timeout",
    demands: "the wait for Kubernetes is bounded, by whole seconds",
    because: "a node that never comes up would be waited for without end",
    source: "https://developer.hashicorp.com/terraform/language/resources/provisioners/local-exec",
    checks: ({ readyTimeout }) => [
      {
        holds: wholeNumber(readyTimeout, 1, 86_400),
        problem: `readyTimeout is ${shown(readyTimeout)}; write whole seconds, from 1 to 86400`,
      },
    ],
  },
  {
    id: "cluster-once-per-stack",
    demands: "a stack has one cluster",
    because: "the addresses of its resources are fixed, so that an existing state fits",
    source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
    checks: ({ earlierClusters }) =>
      earlierClusters.map(({ by }) => ({
        holds: false,
        problem: `the stack has the cluster ${by} already; put this one into a stack of its own`,
      })),
  },
];

/** Whether the image has the tag, with a digest behind it or without. */
function hasTag(image: string, tag: string): Condition {
  if (!isUnknown(image) && !isUnknown(tag)) return image.split("@")[0]?.endsWith(`:${tag}`) ?? false;
  const withoutDigest = Token.asString(Fn.element(Fn.split("@", asArgument(image)), 0));
  return Token.asAny(Fn.endswith(withoutDigest, Fn.join(":", ["", asArgument(tag)])));
}
