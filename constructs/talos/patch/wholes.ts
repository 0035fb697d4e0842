import { isAddress, isCidr } from "../../network/ip-address";
import { isPlainObject } from "../../props/plain-data";
import { type Condition, isUnknown, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Document } from "./merge";

/** What is wrong with a document as a whole, as the end of a sentence that begins with it. */
type Whole = (document: Document) => readonly string[];

/**
 * What Talos demands of each kind of document beyond its schema: what goes together, and what does not. The machine
 * configuration has no kind.
 *
 * @see https://github.com/siderolabs/talos/tree/v1.13.9/pkg/machinery/config/types
 */
const wholes: Readonly<Record<string, Whole>> = {
  "": (document) => [
    ...(isOff(at(document, "persist")) ? ["with persist false, which Talos refuses; leave it out"] : []),
    ...itemsAt(document, "machine.network.interfaces").flatMap(({ at, item }) => ofDevice(at, item)),
    ...ofLinks(itemsAt(document, "machine.network.interfaces")),
    ...ofCni(document),
    ...ofKubeSpan(document),
    ...["state", "ephemeral"].flatMap((name) => ofKeys(document, `machine.systemDiskEncryption.${name}`)),
    ...itemsAt(document, "machine.disks").flatMap(({ at, item }) => ofPartitions(at, item)),
    ...itemsAt(document, "machine.logging.destinations").flatMap(({ at, item }) =>
      needsIn(at, item, "endpoint", "format"),
    ),
    ...repeated(document, "machine.install.extensions", "image"),
    ...itemsAt(document, "cluster.apiServer.authorizationConfig").flatMap(({ at, item }) =>
      needsIn(at, item, "type", "name"),
    ),
    ...itemsAt(document, "cluster.inlineManifests").flatMap(({ at, item }) => needsIn(at, item, "name")),
    ...repeated(document, "cluster.inlineManifests", "name"),
    ...(has(document, "cluster.externalCloudProvider.manifests") &&
    !isUnknown(at(document, "cluster.externalCloudProvider.enabled")) &&
    !isTrue(at(document, "cluster.externalCloudProvider.enabled"))
      ? ["with cluster.externalCloudProvider.manifests; write enabled: true too"]
      : []),
    ...excludes(document, "cluster.etcd.subnet", "cluster.etcd.advertisedSubnets"),
  ],
  UserVolumeConfig: (document) => [...ofUserVolume(document), ...ofEncryption(document)],
  RawVolumeConfig: (document) => [...ofPartition(document), ...ofEncryption(document)],
  SwapVolumeConfig: (document) => [...ofPartition(document), ...ofEncryption(document)],
  VolumeConfig: (document) => [...ofSizes(document), ...ofSystemVolume(document), ...ofEncryption(document)],
  ExistingVolumeConfig: (document) => needs(document, "discovery.volumeSelector.match"),
  ExternalVolumeConfig: (document) => needs(document, "filesystemType", "mount.virtiofs.tag"),
  RegistryAuthConfig: (document) => [
    ...excludes(document, "auth", "username"),
    ...excludes(document, "auth", "identityToken"),
    ...excludes(document, "username", "identityToken"),
  ],
  RegistryTLSConfig: (document) =>
    has(document, "clientIdentity") || isEmpty(at(document, "clientIdentity"))
      ? needs(document, "clientIdentity.cert", "clientIdentity.key")
      : [],
  ExtensionServiceConfig: (document) => [
    ...(has(document, "configFiles") || has(document, "environment") ? [] : ["without configFiles; write it"]),
    ...itemsAt(document, "configFiles").flatMap(({ at: path, item }) => needsIn(path, item, "content", "mountPath")),
  ],
  BondConfig: (document) => needs(document, "links", "bondMode"),
  DHCPv4Config: (document) => ofDuid(document),
  DHCPv6Config: (document) => ofDuid(document),
  HCloudVIPConfig: (document) => needs(document, "link", "apiToken"),
  HostnameConfig: (document) =>
    has(document, "auto") || has(document, "hostname") ? [] : ["without hostname; write it"],
  Layer2VIPConfig: (document) => needs(document, "link"),
  LinkAliasConfig: (document) => needs(document, "selector.match"),
  RoutingRuleConfig: (document) => [
    ...(has(document, "action") && at(document, "action") !== "unicast" ? [] : needs(document, "table")),
    ...(has(document, "fwMask") ? needs(document, "fwMark") : []),
  ],
  NetworkRuleConfig: (document) => [
    ...needs(document, "portSelector.ports", "portSelector.protocol"),
    ...itemsAt(document, "ingress").flatMap(({ at: path, item }) => needsIn(path, item, "subnet")),
    ...ofPorts(at(document, "portSelector.ports")),
  ],
  StaticHostConfig: (document) => needs(document, "hostnames"),
  TCPProbeConfig: (document) => needs(document, "endpoint"),
  TimeSyncConfig: (document) => excludes(document, "ntp", "ptp"),
  VLANConfig: (document) => needs(document, "parent"),
  VRFConfig: (document) => needs(document, "table"),
  WireguardConfig: (document) => [
    ...needs(document, "privateKey"),
    ...itemsAt(document, "peers").flatMap(({ at: path, item }) => needsIn(path, item, "publicKey")),
  ],
  EventSinkConfig: (document) => needs(document, "endpoint"),
  KmsgLogConfig: (document) => needs(document, "url"),
  SideroLinkConfig: (document) => needs(document, "apiUrl"),
  WatchdogTimerConfig: (document) => needs(document, "device"),
  ImageVerificationConfig: (document) =>
    itemsAt(document, "rules").flatMap(({ at: path, item }) => ofVerification(path, item)),
};

/** What is wrong with the document as a whole. */
export const wholeProblems = (kind: string, document: Document): readonly string[] => wholes[kind]?.(document) ?? [];

const at = (document: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (inside, key) => (isUnknown(inside) ? inside : isPlainObject(inside) ? inside[key] : undefined),
      document,
    );

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isPlainObject(value) && Object.keys(value).length === 0;

/** Talos cannot tell what is empty from what is left out. */
const has = (document: unknown, path: string): boolean => {
  const value = at(document, path);
  return isUnknown(value) || !(value === undefined || value === null || value === "" || value === 0 || isEmpty(value));
};

const needs = (document: unknown, ...paths: readonly string[]): string[] =>
  paths.filter((path) => !has(document, path)).map((path) => `without ${path}; write it`);

const needsIn = (above: string, item: unknown, ...paths: readonly string[]): string[] =>
  paths.filter((path) => !has(item, path)).map((path) => `without ${above}.${path}; write it`);

const excludes = (document: unknown, one: string, other: string): string[] =>
  has(document, one) && has(document, other) ? [`with both ${one} and ${other}; leave one of the two out`] : [];

function itemsAt(document: unknown, path: string): { readonly at: string; readonly item: unknown }[] {
  const items = at(document, path);
  if (!Array.isArray(items) || isUnknown(items)) return [];
  return items.flatMap((item, index) => (isUnknown(item) || item === null ? [] : [{ at: `${path}[${index}]`, item }]));
}

/** What several items have that only one may have. */
function repeated(document: unknown, path: string, key: string): string[] {
  const values = itemsAt(document, path).map(({ item }) => at(item, key));
  return [...new Set(values.filter((value, index) => values.indexOf(value) < index))]
    .filter((value) => value !== undefined && !isUnknown(value))
    .map((value) => `with ${key} ${formatValue(value)} twice in ${path}; write it once`);
}

const isTrue = (value: unknown): boolean => [true, "yes", "on", "y"].includes(value as string);
const isOff = (value: unknown): boolean => [false, "no", "off", "n"].includes(value as string);

function ofDevice(path: string, device: unknown): string[] {
  const isSelected = has(device, "deviceSelector") || isEmpty(at(device, "deviceSelector"));
  return [
    ...(has(device, "interface") || isSelected ? [] : [`without ${path}.interface; write it`]),
    ...(has(device, "interface") && isSelected
      ? [`with both ${path}.interface and ${path}.deviceSelector; leave one of the two out`]
      : []),
    ...(!has(device, "interface") && selectsNothing(at(device, "deviceSelector"))
      ? [`with ${path}.deviceSelector empty; write what selects the device`]
      : []),
    ...excludes(device, "bond", "bridge").map((problem) => inside(path, problem)),
    ...excludes(device, "cidr", "addresses").map((problem) => inside(path, problem)),
    ...itemsAt(device, "routes").flatMap(({ at: route, item }) =>
      has(item, "network") || has(item, "gateway") ? [] : [`without ${path}.${route}.network; write it`],
    ),
    ...itemsAt(device, "vlans").flatMap(({ at: vlan, item }) =>
      excludes(item, "cidr", "addresses").map((problem) => inside(`${path}.${vlan}`, problem)),
    ),
    ...(has(device, "bond") ? ofBond(`${path}.bond`, at(device, "bond")) : []),
    ...(isPlainObject(at(device, "wireguard")) ? needsIn(path, device, "wireguard.privateKey") : []),
    ...(isPlainObject(at(device, "vip")) ? needsIn(path, device, "vip.ip") : []),
    ...itemsAt(device, "wireguard.peers").flatMap(({ at: peer, item }) =>
      needsIn(`${path}.${peer}`, item, "publicKey"),
    ),
  ];
}

const selectsNothing = (selector: unknown): boolean =>
  isPlainObject(selector) && Object.keys(selector).every((key) => !has(selector, key));

/** Links that are parts of bonds and bridges: of one each, and without addresses of their own. */
function ofLinks(devices: readonly { readonly at: string; readonly item: unknown }[]): string[] {
  const owners = new Map<unknown, string>();
  const problems: string[] = [];
  for (const { item } of devices) {
    const owner = String(at(item, "interface"));
    const [bonded, bridged] = ["bond", "bridge"].map((key) => at(item, `${key}.interfaces`));
    for (const link of [bonded, bridged].flatMap((links) => (Array.isArray(links) && !isUnknown(links) ? links : []))) {
      const other = owners.get(link);
      if (isUnknown(link)) continue;
      if (other !== undefined && other !== owner) {
        problems.push(`with ${formatValue(link)} in both ${other} and ${owner}; leave it out of one of them`);
      }
      owners.set(link, owner);
    }
  }
  for (const { at: path, item } of devices) {
    const owner = owners.get(at(item, "interface"));
    if (owner === undefined || isTrue(at(item, "ignore"))) continue;
    const own = ["dhcp", "cidr", "addresses", "vip"].filter((key) =>
      key === "dhcp" ? isTrue(at(item, key)) : has(item, key),
    );
    problems.push(...own.map((key) => `with ${path}.${key}, though the link is a part of ${owner}; write it there`));
  }
  return problems;
}

/** A worker has none. */
function ofCni(document: unknown): string[] {
  const cni = at(document, "cluster.network.cni");
  const name = at(cni, "name");
  // That a name is none is said already.
  if (!isPlainObject(cni) || isUnknown(name) || name === "" || at(document, "machine.type") === "worker") return [];
  const path = "cluster.network.cni";
  if (!has(cni, "name")) return [`without ${path}.name; write "flannel", "custom" or "none"`];
  const surplus = [
    ...(name === "custom" ? [] : ["urls"]),
    ...(name === "flannel" ? [] : ["flannel.extraArgs"]),
    ...(name !== "flannel" && isTrue(at(cni, "flannel.kubeNetworkPoliciesEnabled"))
      ? ["flannel.kubeNetworkPoliciesEnabled"]
      : []),
  ];
  return surplus
    .filter((key) => has(cni, key))
    .map((key) => `with ${path}.${key}, which the CNI ${formatValue(name)} does not take; leave it out`);
}

const inside = (path: string, problem: string): string =>
  problem.replace(/both (\S+) and (\S+);/, `both ${path}.$1 and ${path}.$2;`);

/** What is there of what only some modes take. */
function ofBond(path: string, bond: unknown): string[] {
  const mode = at(bond, "mode") ?? "balance-rr";
  if (isUnknown(mode)) return [];
  const only = (key: string, ...modes: string[]) =>
    has(bond, key) && !modes.includes(mode as string)
      ? [
          `with ${path}.${key} in mode ${formatValue(mode)}; write mode ${modes.map(formatValue).join(" or ")}, or leave it out`,
        ]
      : [];
  return [
    ...["lacpRate", "adActorSysPrio", "adUserPortKey"].flatMap((key) => only(key, "802.3ad")),
    ...excludes(bond, "interfaces", "deviceSelectors").map((problem) => inside(path, problem)),
    ...only("packetsPerSlave", "balance-rr"),
    ...only("tlbDynamicLb", "balance-tlb", "balance-alb"),
    ...only("primary", "active-backup", "balance-tlb", "balance-alb"),
    ...["arpValidate", "arpInterval"].flatMap((key) =>
      only(key, "balance-rr", "active-backup", "balance-xor", "broadcast"),
    ),
    ...["arpIPTarget", "adActorSystem"]
      .filter((key) => has(bond, key))
      .map((key) => `with ${path}.${key}, which Talos does not support; leave it out`),
    ...["updelay", "downdelay"]
      .filter((key) => has(bond, key) && !has(bond, "miimon"))
      .map((key) => `with ${path}.${key} without ${path}.miimon; write miimon too`),
    ...["updelay", "downdelay"]
      .filter((key) => Number(at(bond, key)) % Number(at(bond, "miimon")) > 0)
      .map((key) => `with ${path}.${key} ${at(bond, key)}; write a multiple of miimon`),
  ];
}

/** Only the last partition may take what is left. */
const ofPartitions = (path: string, disk: unknown): string[] =>
  itemsAt(disk, "partitions")
    .slice(0, -1)
    .flatMap(({ at: partition, item }) => needsIn(`${path}.${partition}`, item, "size"));

function ofKubeSpan(document: unknown): string[] {
  const path = "machine.network.kubespan";
  const kubespan = at(document, path);
  if (!isTrue(at(kubespan, "enabled"))) return [];
  const mtu = at(kubespan, "mtu");
  // What is 0 is left out.
  const isTooSmall = typeof mtu === "number" && !isUnknown(mtu) && mtu < 1280 && mtu !== 0;
  const wrong = (list: string, holds: (text: string) => Condition) =>
    itemsAt(kubespan, `filters.${list}`)
      .filter(({ item }) => holds(String(item)) === false)
      .map(({ at: own, item }) => `with ${path}.${own} ${formatValue(item)}; write a subnet such as "192.168.1.0/24"`);
  return [
    ...(isTooSmall ? [`with ${path}.mtu ${mtu}; write at least 1280`] : []),
    ...wrong("endpoints", (text) => or(isAddress(text.replace(/^!/, "")), isCidr(text.replace(/^!/, "")))),
    ...wrong("excludeAdvertisedNetworks", isCidr),
  ];
}

function ofUserVolume(document: unknown): string[] {
  const type = at(document, "volumeType") ?? "partition";
  const quotas = isTrue(at(document, "filesystem.projectQuotaSupport")) && at(document, "filesystem.type") === "ext4";
  const ofFilesystem = quotas ? ["with filesystem.projectQuotaSupport on ext4; write type xfs, or leave it out"] : [];
  const surplus = (...paths: string[]) =>
    paths
      .filter((path) => has(document, path))
      .map((path) => `with ${path}, which volumeType ${formatValue(type)} does not take; leave it out`);
  if (type === "directory") return surplus("provisioning", "encryption", "filesystem");
  if (type === "disk") {
    return [
      ...needs(document, "provisioning.diskSelector.match"),
      ...surplus("provisioning.minSize", "provisioning.maxSize", "provisioning.grow"),
      ...ofFilesystem,
    ];
  }
  return type === "partition" ? [...ofPartition(document), ...ofFilesystem] : [];
}

const ofPartition = (document: unknown): string[] => [
  ...needs(document, "provisioning.diskSelector.match"),
  ...(has(document, "provisioning.minSize") || has(document, "provisioning.maxSize")
    ? ofSizes(document)
    : ["without provisioning.minSize; write it, or maxSize"]),
];

function ofSizes(document: unknown): string[] {
  const [min, max] = ["minSize", "maxSize"].map((key) => at(document, `provisioning.${key}`));
  const [least, most] = [bytesOf(min), bytesOf(max)];
  if (least === undefined || most === undefined || least <= most) return [];
  return [`with provisioning.minSize ${formatValue(min)} above maxSize ${formatValue(max)}; write at most maxSize`];
}

const powers = ["", "k", "m", "g", "t", "p", "e"];

/** Undefined for a part of the disk, and for what is no size. */
function bytesOf(size: unknown): number | undefined {
  if (isUnknown(size)) return undefined;
  const [, number = "", prefix = "", binary] = /^([0-9][0-9.,]*) *([kmgtpe]?)(i?)b?$/i.exec(String(size)) ?? [];
  if (number === "") return undefined;
  const power = powers.indexOf(prefix.toLowerCase());
  return Number(number.replaceAll(",", "")) * (binary === "" ? 1000 : 1024) ** power;
}

function ofSystemVolume(document: unknown): string[] {
  if (at(document, "name") !== "STATE") return [];
  return [
    ...(has(document, "provisioning") ? ["with provisioning, which STATE does not take; leave it out"] : []),
    ...itemsAt(document, "encryption.keys").flatMap(({ at: path, item }) =>
      isTrue(at(item, "lockToState")) ? [`with ${path}.lockToState, which STATE does not take; leave it out`] : [],
    ),
  ];
}

const ofEncryption = (document: unknown): string[] =>
  has(document, "encryption") ? [...needs(document, "encryption.provider"), ...ofKeys(document, "encryption")] : [];

function ofKeys(document: unknown, encryption: string): string[] {
  if (!has(document, encryption) && !isPlainObject(at(document, encryption))) return [];
  const keys = itemsAt(document, `${encryption}.keys`);
  const slots = keys.map(({ item }) => at(item, "slot") ?? 0);
  return [
    ...needs(document, `${encryption}.keys`),
    ...keys.flatMap(({ at: path, item }, index) => [
      ...(["static", "nodeID", "kms", "tpm"].some((key) => (at(item, key) ?? undefined) !== undefined)
        ? []
        : [`without ${path}.nodeID; write it, or static, kms or tpm`]),
      ...slots
        .slice(index, index + 1)
        .filter((slot) => slots.indexOf(slot) < index && !isUnknown(slot))
        .map((slot) => `with ${path}.slot ${formatValue(slot)} twice; write another number`),
    ]),
  ];
}

function ofDuid(document: unknown): string[] {
  const identifier = at(document, "clientIdentifier");
  if (isUnknown(identifier)) return [];
  if (identifier === "duid") return needs(document, "duidRaw");
  return has(document, "duidRaw") ? ['with duidRaw without clientIdentifier "duid"; write both'] : [];
}

/** Port ranges that are upside down, or overlap. */
function ofPorts(ports: unknown): string[] {
  if (!Array.isArray(ports) || ports.some(isUnknown)) return [];
  const ranges = ports.flatMap((text) => {
    const [, first, last = first] = /^([0-9]+)(?:-([0-9]+))?$/.exec(String(text)) ?? [];
    return first === undefined ? [] : [{ text: text as string | number, first: Number(first), last: Number(last) }];
  });
  ranges.sort((one, other) => one.first - other.first);
  return ranges.flatMap(({ text, first, last }, index) => {
    const before = ranges[index - 1];
    const port = `with portSelector.ports ${formatValue(text)}`;
    if (first > last) return [`${port}; write the lower port first`];
    return before !== undefined && first <= before.last
      ? [`${port} in ${formatValue(before.text)}; write each port once`]
      : [];
  });
}

function ofVerification(path: string, rule: unknown): string[] {
  const [skip, deny] = [isTrue(at(rule, "skip")), isTrue(at(rule, "deny"))];
  const verifiers = ["keyless", "publicKey"].filter((key) => (at(rule, key) ?? undefined) !== undefined);
  const decisions = [...(skip ? ["skip"] : []), ...(deny ? ["deny"] : []), ...verifiers];
  return [
    ...needsIn(path, rule, "image"),
    ...(decisions.length === 0 ? [`without ${path}.keyless; write it, or publicKey, skip or deny`] : []),
    ...(decisions.length > 1 ? [`with ${decisions.join(" and ")} in ${path}; write one of them`] : []),
    ...(verifiers.includes("publicKey") ? needsIn(path, rule, "publicKey.certificate") : []),
    ...(verifiers.includes("keyless") ? needsIn(path, rule, "keyless.issuer") : []),
    ...(verifiers.includes("keyless") && !has(rule, "keyless.subject") && !has(rule, "keyless.subjectRegex")
      ? [`without ${path}.keyless.subject; write it, or subjectRegex`]
      : []),
  ];
}
