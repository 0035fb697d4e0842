import { isAddress } from "./ip-address";
import type { Check, Rule } from "./rule";
import { shown } from "./shown";

export const dnsServer: Omit<Rule<unknown>, "checks"> = {
  id: "dns-server",
  demands: "a DNS server is an IP address",
  because: "nothing could resolve a name, which the Proxmox provider and Talos refuse",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init",
};

/** Checks that each of the texts at `path` of the props is a DNS server. */
export const areDnsServers = (path: string, servers: readonly string[] = []): Check[] =>
  servers.map((server, place) => ({
    holds: isAddress(server),
    problem: `${path}[${place}] ${shown(server)} is not an address; write it as in "192.168.1.1"`,
  }));
