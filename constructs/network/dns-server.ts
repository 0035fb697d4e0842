import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { isAddress } from "./ip-address";

export const dnsServer: Omit<Rule<unknown>, "checks"> = {
  id: "dns-server",
  requirement: "a DNS server is an IP address",
  reason: "a host name needs DNS itself, so the Proxmox provider and Talos refuse it",
  source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cloud_init",
};

/** Checks that each of the strings at `path` of the props is a DNS server. */
export const checkDnsServers = (path: string, servers: readonly string[] = []): Check[] =>
  servers.map((server, index) => ({
    condition: isAddress(server),
    message: `${path}[${index}] ${formatValue(server)} is not an address; write it as in "192.168.1.1"`,
  }));
