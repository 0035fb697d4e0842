import { Fn } from "cdktf";
import { parseAllDocuments } from "yaml";
import { isUnknown } from "../rules/condition";
import { isIpv6, withoutPrefix } from "../rules/ip-address";
import { renderDocument } from "../terraform/document";
import type { TalosMachine } from "./machine";
import { byTalosMinor } from "./version";

/**
 * A strategic merge patch of the machine configuration: an object, or YAML with one document or several.
 *
 * @see https://www.talos.dev/v1.13/talos-guides/configuration/patching/
 */
export type TalosPatch = string | object;

/** Port at which every Talos node serves the Kubernetes API to itself. */
export const kubePrismPort = 7445;

export const renderPatch = (patch: TalosPatch): string => (typeof patch === "string" ? patch : renderDocument(patch));

/** The documents of a patch that is known now; none of one that is not YAML. */
export function documentsOf(patch: TalosPatch): unknown[] {
  if (isUnknown(patch)) return [];
  return typeof patch === "string" ? [parseAllDocuments(patch)].flat().map((document) => document.toJS()) : [patch];
}

export const installPatch = (disk: string, image: string | undefined): TalosPatch => ({
  machine: { install: image === undefined ? { disk } : { disk, image } },
});

/** The only physical device, or the one of the MAC address: names such as eth0 are not predictable. */
export function networkPatch({ address = "", gateway, nameServers, macAddress }: TalosMachine): TalosPatch {
  const defaultNetwork = isIpv6(address) ? "::/0" : "0.0.0.0/0";
  return {
    machine: {
      network: {
        interfaces: [
          {
            deviceSelector: macAddress === undefined ? { physical: true } : { hardwareAddr: macAddress },
            dhcp: false,
            addresses: [address],
            ...(gateway !== undefined && { routes: [{ network: defaultNetwork, gateway }] }),
          },
        ],
        ...(nameServers && { nameservers: [...nameServers] }),
      },
    },
  };
}

/** Talos 1.12 moved the host name to a document of its own, and refuses it in both places. */
export const hostnamePatch = (version: string, hostname: string): TalosPatch =>
  byTalosMinor(version, ({ hostnameDocument }) =>
    renderDocument(
      hostnameDocument
        ? { apiVersion: "v1alpha1", kind: "HostnameConfig", hostname, auto: "off" }
        : { machine: { network: { hostname } } },
    ),
  );

export const timePatch = (servers: readonly string[]): TalosPatch => ({ machine: { time: { servers: [...servers] } } });

/** The only node is control plane and worker. */
export const schedulingPatch: TalosPatch = { cluster: { allowSchedulingOnControlPlanes: true } };

/** The kubelet registers with this address, whatever other addresses the node gets. */
export const nodeIpPatch = (address: string): TalosPatch => ({
  machine: { kubelet: { nodeIP: { validSubnets: [`${withoutPrefix(address)}/${isIpv6(address) ? 128 : 32}`] } } },
});

/** Kubernetes 1.32 took away the rights that this registry needs: https://github.com/siderolabs/talos/issues/9980 */
export const discoveryPatch: TalosPatch = {
  cluster: { discovery: { registries: { kubernetes: { disabled: true } } } },
};

/**
 * What a patch sets at the path; nothing where it does not. Terraform looks into a patch that only it knows, and takes
 * `otherwise` where that sets nothing.
 */
export function valuesAt(patch: TalosPatch, path: readonly string[], otherwise: unknown): unknown[] {
  if (isUnknown(patch)) return [Fn.try([Fn.lookupNested(Fn.yamldecode(patch as string), [...path]), otherwise])];
  return documentsOf(patch).flatMap((document) => {
    const value = path.reduce<unknown>(
      (inside, key) => (inside as Record<string, unknown> | undefined)?.[key],
      document,
    );
    return value === undefined ? [] : [value];
  });
}
