import { linkKinds, volumeKinds } from "./forms";

/** The numbers that Talos takes where its schema says integer. */
interface Range {
  /** Kinds of documents; the machine configuration's has none. */
  readonly kinds?: readonly string[];
  /** Keys with dots between them; `*` is any key or item. */
  readonly at: string;
  readonly min: number;
  readonly max: number;
  /** Whether a string may stand there too, which has a form of its own. */
  readonly orText?: boolean;
}

const uint = (bits: number) => ({ min: 0, max: 2 ** bits - 1 });
const port = { min: 0, max: 65535 };

const at = (range: Omit<Range, "kinds" | "at">, kinds: readonly string[] | undefined, ...keys: string[]): Range[] =>
  keys.map((key) => ({ ...(kinds && { kinds }), at: key, ...range }));

const times = ["miimon", "arpInterval", "minLinks", "lpInterval", "packetsPerSlave"];
const counts = ["numPeerNotif", "allSlavesActive"];
const ports = ["adActorSysPrio", "adUserPortKey"];
const device = "machine.network.interfaces.*";
const ofBond = (keys: readonly string[]) => keys.map((key) => `${device}.bond.${key}`);
const ofRoute = ["routes.*.metric", "routes.*.mtu"];

/**
 * The types of Talos's fields, and what its validation and the kernel say of them.
 *
 * @see https://github.com/siderolabs/talos/tree/v1.13.9/pkg/machinery/config/types
 */
export const ranges: readonly Range[] = [
  // The kernel has no VLAN 4095, and Talos's schema of a device on any number.
  ...at({ min: 0, max: 4094 }, undefined, `${device}.vlans.*.vlanId`),
  ...at(uint(32), undefined, `${device}.dhcpOptions.routeMetric`, `${device}.vlans.*.mtu`),
  ...at(uint(32), undefined, ...ofRoute.flatMap((key) => [`${device}.${key}`, `${device}.vlans.*.${key}`])),
  ...at(uint(32), undefined, ...ofBond([...times, "updelay", "downdelay", "resendIgmp", "peerNotifyDelay"])),
  ...at(uint(16), undefined, ...ofBond(ports)),
  ...at(uint(8), undefined, ...ofBond([...counts, "tlbDynamicLb"])),
  ...at({ min: 1, max: 4094 }, ["VLANConfig"], "vlanID"),
  ...at(uint(32), linkKinds, "mtu", "addresses.*.routePriority", ...ofRoute),
  ...at(uint(32), ["BondConfig"], ...times, "updelay", "downdelay", "resendIGMP", "peerNotifDelay"),
  ...at(uint(16), ["BondConfig"], ...ports),
  ...at(uint(8), ["BondConfig"], ...counts, "tlbLogicalLb", "missedMax"),
  ...at(uint(32), ["DHCPv4Config", "DHCPv6Config"], "routeMetric"),
  ...at(uint(32), ["BlackholeRouteConfig"], "metric"),
  ...at(uint(32), ["RoutingRuleConfig"], "fwMark", "fwMask"),
  ...at(uint(32), ["EthernetConfig"], "rings.*", "channels.*"),
  ...at(port, ["WireguardConfig"], "listenPort"),
  ...at({ ...port, orText: true }, ["NetworkRuleConfig"], "portSelector.ports.*"),
  ...at({ min: 1280, max: 2 ** 32 - 1 }, ["KubeSpanConfig"], "mtu"),
  ...at({ min: 0, max: 2 ** 31 - 1 }, ["TCPProbeConfig"], "failureThreshold"),
  ...at({ min: 0, max: 100 }, ["ZswapConfig"], "maxPoolPercent"),
  ...at({ min: 0, max: 23 }, [...volumeKinds, "VolumeConfig"], "encryption.keys.*.tpm.options.pcrs.*"),
  ...at(uint(32), [...volumeKinds, "VolumeConfig"], "encryption.keySize", "encryption.blockSize"),
];
