import { isIPv4, isIPv6 } from "node:net";

/** The reason for which a value does not have a format; undefined when it has it. */
export type Format = (value: string) => string | undefined;

const matching =
  (pattern: RegExp, reason: (value: string) => string): Format =>
  (value) =>
    pattern.test(value) ? undefined : reason(value);

/** How Proxmox splits every kind of list. */
export const listed = (value: string): string[] =>
  value
    .replace(/[,;\0]/g, " ")
    .trim()
    .split(/\s+/)
    .filter(Boolean);

const identifier =
  (kind: string): Format =>
  (value) => {
    if (value.length < 2) return `${kind} ID '${value}' cannot be shorter than 2 characters`;
    return /^[a-z][a-z0-9\-_.]*[a-z0-9]$/i.test(value)
      ? undefined
      : `${kind} ID '${value}' contains illegal characters`;
  };

const label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
const isDnsName = (value: string): boolean => new RegExp(`^(${label}\\.)*${label}$`).test(value);
const isAddress = (value: string): boolean => isIPv4(value) || (isIPv6(value) && !value.includes("%"));

const isNetwork = (value: string, family: (address: string) => boolean, bits: number): boolean => {
  const [address = "", prefix = "", ...rest] = value.split("/");
  return rest.length === 0 && family(address) && /^\d+$/.test(prefix) && Number(prefix) > 7 && Number(prefix) <= bits;
};

const isIPv6Address = (value: string): boolean => isIPv6(value) && !value.includes("%");

const volumeId = (value: string): string | undefined =>
  /^[a-z][a-z0-9\-_.]*[a-z0-9]:.+$/i.test(value) ? undefined : `unable to parse volume ID '${value}'`;

const volumeIdOrPath = (value: string): string | undefined => (value.startsWith("/") ? undefined : volumeId(value));

const isDrive = (value: string): boolean =>
  /^(ide[0-3]|sata[0-5]|scsi([0-9]|[12]\d|30)|virtio([0-9]|1[0-5]))$/.test(value);

const isBootable = (value: string): boolean =>
  isDrive(value) || /^(net([0-9]|[12]\d|3[01])|usb([0-9]|1[0-3])|hostpci([0-9]|1[0-5]))$/.test(value);

const startupOrder = (value: string): boolean =>
  value !== "" &&
  value !== "0" &&
  value.split(",").every((part) => part.trim() === "" || /^((order=)?\d+|(up|down)=\d+)$/.test(part));

const hotplugFeature = /^(network|disk|cpu|memory|usb|cloudinit)$/;

const weekday = /^(mon|tue|wed|thu|fri|sat|sun)/i;

/** The parts of a calendar event: days, a date, a time, in this order; a word stands for some. */
function isCalendarEvent(value: string): boolean {
  if (/^(minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly)$/i.test(value)) return true;
  const parts = value.trim().split(/\s+/);
  const days = weekday.test(parts[0] ?? "") ? parts.shift()?.split(/,|[.][.]/) : [];
  const date = parts[0]?.includes("-") ? parts.shift()?.split("-") : [];
  const time = parts.shift()?.split(":") ?? [];
  const isNumber = (part: string) => /^([*]|\d+([.][.]\d+)?)([/]\d+)?(,([*]|\d+([.][.]\d+)?)([/]\d+)?)*$/.test(part);
  return (
    value.trim() !== "" &&
    parts.length === 0 &&
    (days ?? []).every((day) => /^[a-z]{3}$/i.test(day) && weekday.test(day)) &&
    [...(date ?? []), ...time].every(isNumber) &&
    time.length <= 3
  );
}

const contents = ["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import", "none"];

/**
 * The formats of strings that Proxmox has code for.
 *
 * @see https://git.proxmox.com/?p=pve-common.git;a=blob;f=src/PVE/JSONSchema.pm
 */
const formats: Readonly<Record<string, Format>> = {
  string: () => undefined,
  urlencoded: matching(/^[-%a-zA-Z0-9_.!~*'()]*$/, (value) => `invalid urlencoded string: ${value}`),
  "pve-configid": matching(/^[a-z][a-z0-9_-]+$/i, (value) => `invalid configuration ID '${value}'`),
  "pve-storage-id": identifier("storage"),
  "pve-bridge-id": matching(/^[-_.\w]+$/, (value) => `invalid bridge ID '${value}'`),
  "pve-vmid": matching(/^[1-9]\d{2,8}$/, () => "value does not look like a valid VM ID"),
  "pve-node": matching(new RegExp(`^${label}$`), () => "value does not look like a valid node name"),
  "pve-poolid": (value) => {
    if (value.split("/").length > 3) return `pool name '${value}' nested too deeply (max levels = 3)`;
    const valid = /^[A-Za-z0-9.\-_]+(?:\/[A-Za-z0-9.\-_]+){0,2}$/.test(value);
    return valid ? undefined : `pool name '${value}' contains invalid characters`;
  },
  "pve-realm": matching(/^[A-Za-z][A-Za-z0-9.\-_]+$/, (value) => `value does not look like a valid realm '${value}'`),
  "pve-priv": matching(/^[A-Z][A-Za-z.]+$/, (value) => `invalid privilege '${value}'`),
  "pve-ha-resource-or-vm-id": matching(/^(vm:|ct:)?\d+$/, () => "unable to parse HA resource ID"),
  "mac-addr": matching(
    /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i,
    () => "value does not look like a valid unicast MAC address",
  ),
  ipv4: (value) => (isIPv4(value) ? undefined : "value does not look like a valid IPv4 address"),
  ipv6: (value) => (isIPv6Address(value) ? undefined : "value does not look like a valid IPv6 address"),
  address: (value) =>
    isAddress(value) || isDnsName(value) ? undefined : `value does not look like a valid address: ${value}`,
  CIDR: (value) =>
    isNetwork(value, isIPv4, 32) || isNetwork(value, isIPv6Address, 128)
      ? undefined
      : "value does not look like a valid CIDR network",
  "pve-ipv4-config": (value) =>
    /^(dhcp|manual)$/.test(value) || isNetwork(value, isIPv4, 32)
      ? undefined
      : "value does not look like a valid ipv4 network configuration",
  "pve-ipv6-config": (value) =>
    /^(auto|dhcp|manual)$/.test(value) || isNetwork(value, isIPv6Address, 128)
      ? undefined
      : "value does not look like a valid ipv6 network configuration",
  "dns-name": (value) => (isDnsName(value) ? undefined : "value does not look like a valid DNS name"),
  "disk-size": matching(
    /^\d+(\.\d+)?([KMGT](iB)?)?$/,
    (value) => `value does not look like a valid disk size: ${value}`,
  ),
  "pve-calendar-event": (value) => (isCalendarEvent(value) ? undefined : `invalid calendar event '${value}'`),
  "pve-day-of-week": matching(/^(mon|tue|wed|thu|fri|sat|sun)$/, (value) => `invalid day '${value}'`),
  "email-or-username": matching(
    /^[^\s,;@]+@[^\s,;@]+$/,
    () => "value does not look like a valid email address or user name",
  ),
  "pve-startup-order": (value) => (startupOrder(value) ? undefined : "unable to parse startup options"),
  "pve-tag": matching(/^[a-z0-9_][a-z0-9_\-+.]*$/i, () => "invalid characters in tag"),
  "pve-volume-id": volumeId,
  "pve-volume-id-or-absolute-path": volumeIdOrPath,
  "pve-volume-id-or-qm-path": (value) => (value === "none" || value === "cdrom" ? undefined : volumeIdOrPath(value)),
  "pve-qm-bootdev": (value) => (isBootable(value) ? undefined : `invalid boot device '${value}'`),
  "pve-qm-bootdisk": (value) => (isDrive(value) ? undefined : `invalid boot disk '${value}'`),
  "pve-hotplug-features": (value) => {
    const wrong = /^[01]$/.test(value) ? undefined : listed(value).find((feature) => !hotplugFeature.test(feature));
    return wrong === undefined ? undefined : `invalid hotplug feature '${wrong}'`;
  },
  "pve-cpuset": matching(/^\s*\d+(-\d+)?(,\d+(-\d+)?)*\s*$/, () => "unable to parse cpuset option"),
  "pve-phys-bits": (value) =>
    value === "host" || (/^\d{1,2}$/.test(value) && Number(value) >= 8 && Number(value) <= 64)
      ? undefined
      : "value must be an integer between 8 and 64 or 'host'",
  IPorCIDRorAlias: (value) =>
    isIPv4(value) || isIPv6Address(value) || isNetwork(value, isIPv4, 32) || isNetwork(value, isIPv6Address, 128)
      ? undefined
      : "value does not look like a valid IP address or CIDR network",
  // Those of a firewall's rules are left to the rules themselves.
  "pve-fw-addr-spec": () => undefined,
  "pve-fw-dport-spec": () => undefined,
  "pve-fw-sport-spec": () => undefined,
  "pve-fw-protocol-spec": () => undefined,
  "pve-fw-icmp-type-spec": () => undefined,
  "pve-storage-content": (value) => (contents.includes(value) ? undefined : `invalid content type '${value}'`),
  "storage-pair": (value) =>
    value === "1"
      ? undefined
      : value
          .split(":")
          .map(identifier("storage"))
          .find((reason) => reason !== undefined),
};

/** The format of a name; `…-list` takes any number of the values of `…`. */
export function formatOf(name: string): Format {
  const own = formats[name];
  if (own) return own;
  const element = name.endsWith("-list") ? formats[name.slice(0, -"-list".length)] : undefined;
  if (!element) throw new Error(`undefined format '${name}'`);
  return (value) =>
    listed(value)
      .map(element)
      .find((reason) => reason !== undefined);
}
