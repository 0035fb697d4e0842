import { isIPv4 } from "node:net";
import type { Json } from "./json";

/** What a stack meets in a lab, where it would meet a host and a network. */
export interface Site {
  /** Where stacks are written and Terraform runs. */
  readonly directory: string;
  /** URL of Proxmox's API, with a certificate of its own CA. */
  readonly proxmox: string;
  /** URL of the Image Factory. */
  readonly factory: string;
  /** Addresses for the nodes, and for what they share: of this machine's own, so that simulated ones can answer there. */
  readonly addresses: readonly string[];
  readonly gateway: string;
  /** Fits a configuration to what else the lab has. */
  readonly fit: (configuration: Json) => void;
  /** The text of a configuration with the lab's own loopback addresses. */
  readonly placed: (configuration: string) => string;
}

/** The resources of a type in a configuration, by name. */
export function resourcesOf({ resource }: Json, type: string): Readonly<Record<string, Json>> {
  return (resource as Readonly<Record<string, Record<string, Json>>> | undefined)?.[type] ?? {};
}

/** The addresses of the nodes in a configuration, and of their Kubernetes where that has one of its own. */
export function nodeAddressesOf(configuration: Json): string[] {
  const nodes = Object.values(resourcesOf(configuration, "talos_machine_configuration_apply")).map(({ node }) => node);
  const { talos_machine_configuration = {} } = (configuration.data ?? {}) as Record<string, Record<string, Json>>;
  const endpoints = Object.values(talos_machine_configuration).map(({ cluster_endpoint }) => cluster_endpoint);
  const hosts = endpoints.map((endpoint) => /^https:[/][/]([0-9.]+):/.exec(String(endpoint))?.[1]);
  return [...new Set([...nodes, ...hosts])].map(String).filter(isIPv4);
}

/**
 * The text of a configuration as it is here. What differs from what the user has: the addresses of Proxmox, of the Image
 * Factory, of the nodes and of their gateway are the lab's.
 *
 * @param original names the addresses that are replaced
 */
export function atSite(site: Site, configuration: Json, original = configuration): string {
  site.fit(configuration);
  const { provider } = configuration as { provider: Partial<Record<"proxmox" | "talos", Json[]>> };
  const proxmox = originOf(provider.proxmox?.[0]?.endpoint);
  Object.assign(provider.proxmox?.[0] ?? {}, { endpoint: site.proxmox });
  Object.assign(provider.talos?.[0] ?? {}, { image_factory_url: site.factory });
  const vms = JSON.stringify(resourcesOf(original, "proxmox_virtual_environment_vm"));
  const gateway = /"gateway":"([^"]+)"/.exec(vms)?.[1];
  let text = JSON.stringify(configuration, null, 2).replaceAll("https://factory.talos.dev", site.factory);
  // What runs in the cluster asks Proxmox too.
  if (proxmox !== undefined) text = text.replaceAll(proxmox, String(originOf(site.proxmox)));
  // A node that asks for its address has neither.
  if (gateway !== undefined) text = text.replaceAll(whole(gateway), site.gateway);
  for (const [place, address] of nodeAddressesOf(original).entries()) {
    const own = site.addresses[place];
    if (own === undefined) throw new Error(`the lab has no address for ${address}`);
    text = text.replaceAll(whole(address), own);
  }
  return site.placed(text);
}

const originOf = (url: unknown): string | undefined =>
  URL.canParse(String(url)) ? new URL(String(url)).origin : undefined;

/** An address, but not the beginning of a longer one. */
const whole = (address: string): RegExp => new RegExp(`\\b${address.replaceAll(".", "\\.")}(?![.0-9])`, "g");
