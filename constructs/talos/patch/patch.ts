import { isSingleAddress } from "../../network/gateway";
import { isIpv6 } from "../../network/ip-address";
import { noData } from "../../props/plain-data";
import { isUnknown } from "../../rules/condition";
import { lowerCase } from "../../rules/expression";
import { escapeTemplate } from "../../rules/template";
import { asYaml } from "../../terraform/document";
import type { TalosInterface, TalosMachine } from "../machine";
import { asNetwork, byFamily } from "../node-endpoint";
import { byTalosMinor } from "../version";

/**
 * A strategic merge patch of the machine configuration: an object, or YAML with one document or several.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/system-configuration/patching
 */
export type TalosPatch = string | object;

/** Port at which every Talos node serves the Kubernetes API to itself. */
export const kubePrismPort = 7445;

const rendered = new WeakMap<object, string>();

/**
 * The patch for an attribute. What Terraform would interpolate in it is text as any other. Rendered once: cdktf asks several
 * times for what a stack has, and many patches are the same in all stacks.
 */
export function renderPatch(patch: TalosPatch): string {
  if (typeof patch === "string") return escapeTemplate(patch);
  // What cannot be written is refused; until then it must not be in the way of the other problems.
  if (typeof patch !== "object" || patch === null) return "";
  const document = rendered.get(patch) ?? (noData(patch, "patch").length > 0 ? "" : escapeTemplate(asYaml(patch)));
  rendered.set(patch, document);
  return document;
}

export const installPatch = (disk: string, image: string | undefined): TalosPatch => ({
  machine: { install: image === undefined ? { disk } : { disk, image } },
});

/**
 * The network devices, each with its own addresses.
 *
 * @param virtualAddress an address that the first device shares with other machines
 */
export function networkPatch(machine: TalosMachine, virtualAddress?: string): TalosPatch {
  const { address = "", gateway, dnsServers, macAddress } = machine;
  const only = { macAddress, addresses: [address], gateways: gateway === undefined ? [] : [gateway] };
  return {
    machine: {
      network: {
        interfaces: (machine.interfaces ?? [only]).map((each, index) => ({
          ...interfaceDocument(each),
          ...(index === 0 && virtualAddress !== undefined && { vip: { ip: virtualAddress } }),
        })),
        ...(dnsServers && { nameservers: [...dnsServers] }),
      },
    },
  };
}

/** By the MAC address, or the only physical one: names such as eth0 are not predictable. */
function interfaceDocument({ macAddress, addresses, gateways = [], dhcp = false, dhcpv6 = false }: TalosInterface) {
  return {
    // Talos compares the text with the address as the kernel writes it, and drops a device for which it finds no link.
    deviceSelector: macAddress === undefined ? { physical: true } : { hardwareAddr: lowerCase(macAddress) },
    dhcp: dhcp || dhcpv6,
    ...(dhcpv6 && { dhcpOptions: { ipv4: dhcp, ipv6: true } }),
    ...(addresses.length > 0 && { addresses: [...addresses] }),
    ...(gateways.length > 0 && { routes: gateways.flatMap((gateway) => routesOver(gateway, addresses)) }),
  };
}

/** The default route, and where the gateway is in no network of its own, a way to the gateway itself. */
function routesOver(gateway: string, addresses: readonly string[]): object[] {
  const mayBeOfFamily = addresses.filter((address) => isUnknown(gateway) || isIpv6(address) === isIpv6(gateway));
  const onLink = mayBeOfFamily.some(isSingleAddress) && !/^fe[89ab]/i.test(gateway);
  return [
    ...(onLink ? [{ network: asNetwork(gateway) }] : []),
    { network: byFamily(gateway, { ipv6: "::/0", ipv4: "0.0.0.0/0" }), gateway },
  ];
}

/** Talos 1.12 moved the host name to a document of its own, and refuses it in both places. */
export const hostnamePatch = (version: string, hostname: string): TalosPatch =>
  byTalosMinor(version, ({ hostnameDocument }) =>
    asYaml(
      hostnameDocument
        ? { apiVersion: "v1alpha1", kind: "HostnameConfig", hostname, auto: "off" }
        : { machine: { network: { hostname } } },
    ),
  );

export const timePatch = (servers: readonly string[]): TalosPatch => ({ machine: { time: { servers: [...servers] } } });

/** Control planes are workers too. */
export const schedulingPatch: TalosPatch = { cluster: { allowSchedulingOnControlPlanes: true } };

/** The kubelet registers with this address, whatever other addresses the node gets. */
export const nodeIpPatch = (address: string): TalosPatch => ({
  machine: { kubelet: { nodeIP: { validSubnets: [asNetwork(address)] } } },
});

/** Subnets of which Talos gives pods and services their addresses, and what it takes for the other family. */
export const ownSubnets = {
  podSubnets: { ipv6: ["fc00:db8:10::/56"], ipv4: ["10.244.0.0/16"] },
  serviceSubnets: { ipv6: ["fc00:db8:20::/112"], ipv4: ["10.96.0.0/12"] },
};

/**
 * Talos's own networks of pods and services, of IPv6 where the node is: Kubernetes wants them of its address's family.
 * Talos itself looks at the endpoint, and takes a URL for no address.
 */
export const subnetsPatch = (address: string): TalosPatch | undefined =>
  isIpv6(address) === false
    ? undefined
    : {
        cluster: {
          network: {
            podSubnets: byFamily(address, ownSubnets.podSubnets),
            serviceSubnets: byFamily(address, ownSubnets.serviceSubnets),
          },
        },
      };

/** Kubernetes 1.32 took away the permissions that this registry needs: https://github.com/siderolabs/talos/issues/9980 */
export const discoveryPatch: TalosPatch = {
  cluster: { discovery: { registries: { kubernetes: { disabled: true } } } },
};
