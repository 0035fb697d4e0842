import { randomBytes } from "node:crypto";
import { parsePropertyString, printPropertyString } from "./interface/property-string";
import type { ProxmoxInterface } from "./interface/schema";

const randomMac = (): string =>
  ["BC", "24", "11", ...(randomBytes(3).toString("hex").toUpperCase().match(/../g) ?? [])].join(":");

/** What a network device is, by the names of Proxmox's schema. */
export function networkDevice(proxmox: ProxmoxInterface, text: string): Readonly<Record<string, string>> {
  const values = parsePropertyString(proxmox.vmFormat("net0") ?? {}, text);
  if (typeof values === "string") throw new Error(values);
  return values;
}

/** A network device as Proxmox keeps it: with a MAC address of its own when it was given none. */
export const withMac = (proxmox: ProxmoxInterface, text: string): string =>
  printPropertyString(proxmox.vmFormat("net0") ?? {}, { macaddr: randomMac(), ...networkDevice(proxmox, text) });

/** The same network device for another VM. */
export function withOtherMac(proxmox: ProxmoxInterface, text: string): string {
  const { macaddr: _, ...rest } = networkDevice(proxmox, text);
  return withMac(proxmox, printPropertyString(proxmox.vmFormat("net0") ?? {}, rest));
}
