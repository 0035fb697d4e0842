import { isCertificate } from "../../network/certificate";
import { isAddress, isCidr } from "../../network/ip-address";
import { and, type Condition, isUnknown, matches, not, oneOf, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";

/** The form that Talos demands of a value, which its schema calls a string. */
export interface Form {
  /** Kinds of documents; the machine configuration's has none. */
  readonly kinds?: readonly string[];
  /** Keys with dots between them; `*` is any key or item, and a last `~` takes the keys themselves. */
  readonly at: string;
  readonly holds: (value: string) => Condition;
  /** What to write instead. */
  readonly write: string;
  /** Whether a message must not show the value. */
  readonly isSecret?: boolean;
}

const like =
  (pattern: RegExp) =>
  (value: string): Condition =>
    matches(value, pattern);
const among = (...values: readonly string[]) => ({
  holds: (value: string) => oneOf(value, values),
  write: values.map(formatValue).join(" or "),
});
const subnet = { holds: isCidr, write: 'a subnet such as "10.0.0.0/8"' };
const addressOrSubnet = {
  holds: (value: string) => or(isAddress(value), isCidr(value)),
  write: 'an address such as "192.168.1.50/24"',
};
/** A `!` leaves the subnet out. */
const selected = {
  holds: (value: string) => {
    const text = isUnknown(value) ? value : value.replace(/^!/, "");
    return or(isAddress(text), isCidr(text), isUnknown(value) ? matches(value, /^!/) : false);
  },
  write: 'a subnet such as "192.168.1.0/24"',
};
const labelKey = {
  holds: like(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?[/])?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/),
  write: 'a name as Kubernetes has it, such as "example.com/room"',
};
const unit = "[0-9][0-9.,]* *([kKmMgGtTpPeE][iI]?)?[bB]?";
const size = { holds: like(new RegExp(`^${unit}$`)), write: 'a size such as "100GB"' };
const sizeOrPart = {
  holds: like(new RegExp(`^(-?${unit}|-?([0-9]{1,2}|100)([.][0-9]*)?%)$`)),
  write: 'a size such as "100GB", or a part such as "50%"',
};
const volumeName = { holds: like(/^[A-Za-z0-9-]{1,34}$/), write: "at most 34 letters, digits and hyphens" };
const macAddress = {
  holds: like(/^([0-9A-Fa-f]:?[0-9A-Fa-f]:?)*$/),
  write: 'an address such as "2e:3c:4d:5e:6f:70"',
};
const port = "(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const withPort = {
  holds: like(new RegExp(`^([^:/]+|[[][0-9A-Fa-f:.]+.):${port}$`)),
  write: 'an address and port such as "192.168.1.9:51820"',
};
const addressWithPort = {
  ...withPort,
  holds: like(new RegExp(`^([0-9.]+|[[][0-9A-Fa-f:.]+(%[^]]+)?.):${port}$`)),
};
const key = { holds: like(/^[A-Za-z0-9+/]{43}=$/), write: "a key of WireGuard, 32 bytes in base64", isSecret: true };
const notNegative = { holds: like(/^([^-].*)?$/), write: "a duration that is not negative" };
const address = { holds: isAddress, write: 'an address such as "192.168.1.9"' };
const usable = (value: string): Condition => not(matches(value, /^(0[.]0[.]0[.]0|::)($|[/])/));
const gateway = {
  holds: (value: string) => and(isAddress(value), usable(value)),
  write: 'an address such as "192.168.1.1"',
};
const table = "[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-2]";
const routingTable = {
  holds: like(new RegExp(`^(unspec|default|main|local|${table})$`)),
  write: '"main", or a number between 1 and 252',
};
export const volumeKinds = ["UserVolumeConfig", "RawVolumeConfig", "SwapVolumeConfig"];
export const linkKinds = [
  "LinkConfig",
  "VLANConfig",
  "BondConfig",
  "BridgeConfig",
  "DummyLinkConfig",
  "WireguardConfig",
  "VRFConfig",
];

/** Talos's own checks, as far as they say more than its schema: `Validate` of each document. */
export const forms: readonly Form[] = [
  { at: "machine.nodeLabels.~", ...labelKey },
  { at: "machine.nodeAnnotations.~", ...labelKey },
  {
    at: "machine.nodeLabels.*",
    holds: like(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/),
    write: "at most 63 letters, digits, hyphens, dots and underscores",
  },
  { at: "machine.network.interfaces.*.addresses.*", ...addressOrSubnet },
  { at: "machine.network.interfaces.*.routes.*.network", ...subnet },
  { at: "machine.network.interfaces.*.routes.*.gateway", holds: isAddress, write: 'an address such as "192.168.1.1"' },
  { at: "machine.network.interfaces.*.routes.*.source", ...address },
  { at: "machine.network.interfaces.*.vlans.*.addresses.*", ...addressOrSubnet },
  { at: "machine.network.interfaces.*.vip.ip", ...address },
  { at: "machine.network.interfaces.*.wireguard.privateKey", ...key },
  { at: "machine.network.interfaces.*.wireguard.peers.*.publicKey", ...key },
  { at: "machine.network.interfaces.*.wireguard.peers.*.endpoint", ...withPort },
  { at: "machine.network.interfaces.*.wireguard.peers.*.allowedIPs.*", ...subnet },
  {
    at: "machine.logging.destinations.*.endpoint",
    holds: like(/^(tcp|udp):[/][/]/),
    write: 'a URL such as "tcp://192.168.1.9:514"',
  },
  { at: "machine.logging.destinations.*.format", ...among("json_lines") },
  { at: "machine.network.interfaces.*.cidr", ...addressOrSubnet },
  { at: "machine.network.interfaces.*.vlans.*.cidr", ...addressOrSubnet },
  ...Object.entries({
    lacpRate: ["slow", "fast"],
    xmitHashPolicy: ["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"],
    failOverMac: ["none", "active", "follow"],
    adSelect: ["stable", "bandwidth", "count"],
    primaryReselect: ["always", "better", "failure"],
    arpAllTargets: ["any", "all"],
  }).map(([key, values]) => ({ at: `machine.network.interfaces.*.bond.${key}`, ...among(...values) })),
  { at: "machine.disks.*.partitions.*.size", ...size },
  {
    at: "machine.nodeTaints.*",
    holds: like(/^([^:]*:)?(NoSchedule|PreferNoSchedule|NoExecute)$/),
    write: 'a value and an effect such as "true:NoSchedule"',
  },
  ...["cluster.externalCloudProvider.manifests.*", "cluster.network.cni.urls.*"].map((at) => ({
    at,
    holds: like(/^[A-Za-z][A-Za-z0-9+.-]*:[/][/][^/ ][^ ]*$/),
    write: 'a URL such as "https://example.com/manifest.yaml"',
  })),
  {
    at: "machine.network.interfaces.*.bond.mode",
    ...among("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"),
  },
  {
    at: "machine.features.kubernetesTalosAPIAccess.allowedRoles.*",
    ...among("os:admin", "os:operator", "os:reader", "os:etcd:backup", "os:impersonator"),
  },
  { at: "machine.features.nodeAddressSortAlgorithm", ...among("v1", "v2") },
  ...["machine.registries.config.*.tls.ca", "machine.acceptedCAs.*.crt", "cluster.acceptedCAs.*.crt"].map((at) => ({
    at,
    holds: like(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
    write: "the certificate in base64",
  })),
  { at: "machine.kubelet.nodeIP.validSubnets.*", ...selected },
  { at: "machine.nodeTaints.~", ...labelKey },
  {
    at: "cluster.network.dnsDomain",
    holds: like(/^([a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})([.][a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?$/),
    write: 'a domain such as "cluster.local"',
  },
  { at: "cluster.inlineManifests.*.name", holds: like(/[^ ]/), write: "a name" },
  { at: "cluster.etcd.advertisedSubnets.*", ...selected },
  { at: "cluster.etcd.listenSubnets.*", ...selected },
  { at: "cluster.etcd.subnet", ...selected },
  { at: "cluster.apiServer.authorizationConfig.*.type", ...among("Node", "RBAC", "Webhook") },
  ...["apiServer", "controllerManager", "scheduler"].flatMap((program) =>
    ["requests", "limits"].map((which) => ({
      at: `cluster.${program}.resources.${which}.~`,
      ...among("cpu", "memory"),
    })),
  ),
  {
    at: "cluster.discovery.registries.service.endpoint",
    holds: like(/^https?:[/][/][^ /]+[/]?$/),
    write: 'a URL such as "https://discovery.talos.dev/"',
  },
  { kinds: [...volumeKinds, "ExternalVolumeConfig"], at: "name", ...volumeName },
  {
    kinds: ["ExistingVolumeConfig"],
    at: "name",
    holds: like(/^[A-Za-z0-9-]+$/),
    write: "letters, digits and hyphens",
  },
  { kinds: ["VolumeConfig"], at: "name", ...among("STATE", "EPHEMERAL", "IMAGECACHE") },
  { kinds: [...volumeKinds, "VolumeConfig"], at: "provisioning.minSize", ...size },
  { kinds: [...volumeKinds, "VolumeConfig"], at: "provisioning.maxSize", ...sizeOrPart },
  { kinds: ["NetworkRuleConfig"], at: "ingress.*.subnet", ...subnet },
  { kinds: ["NetworkRuleConfig"], at: "ingress.*.except", ...subnet },
  {
    kinds: ["NetworkRuleConfig"],
    at: "portSelector.ports.*",
    // Only Terraform may know whether a variable is a number.
    holds: (value) => matches(value, new RegExp(isUnknown(value) ? `^${port}(-${port})?$` : `^${port}-${port}$`)),
    write: 'a port as a number, or a range such as "8000-8080"',
  },
  {
    kinds: ["KmsgLogConfig"],
    at: "url",
    holds: like(new RegExp(`^(tcp|udp)://[^/?]*:${port}/?([?].*)?$`)),
    write: 'a URL such as "tcp://192.168.1.9:514"',
  },
  {
    kinds: ["EventSinkConfig"],
    at: "endpoint",
    holds: like(/^([^:]*|[[].*.):[^:]+$/),
    write: 'an address and port such as "192.168.1.9:8080"',
  },
  {
    kinds: ["SideroLinkConfig"],
    at: "apiUrl",
    holds: like(/^(https|grpc):[/][/]([^/:?]+|[[][^/?]+])(:[0-9]+)?[/]?([?].*)?$/),
    write: 'a URL such as "https://…"',
  },
  {
    kinds: ["EnvironmentConfig"],
    at: "variables.~",
    holds: like(/^[A-Za-z_][A-Za-z0-9_]*$/),
    write: 'a name such as "HTTPS_PROXY"',
  },
  {
    kinds: linkKinds,
    at: "addresses.*.address",
    ...addressOrSubnet,
    holds: (value) => and(isCidr(value), usable(value)),
  },
  {
    kinds: linkKinds,
    at: "routes.*.destination",
    holds: (value) => and(isCidr(value), usable(value)),
    write: 'a subnet such as "10.0.0.0/8"; the default route has no destination',
  },
  { kinds: linkKinds, at: "routes.*.gateway", ...gateway },
  { kinds: linkKinds, at: "routes.*.source", ...gateway },
  { kinds: linkKinds, at: "routes.*.table", ...routingTable },
  { kinds: linkKinds, at: "hardwareAddr", ...macAddress },
  {
    kinds: ["EthernetConfig"],
    at: "wakeOnLan.*",
    ...among("phy", "unicast", "multicast", "broadcast", "arp", "magic", "magicsecure", "filter"),
  },
  { kinds: ["BondConfig"], at: "arpIpTargets.*", ...address },
  { kinds: ["BondConfig"], at: "nsIp6Targets.*", ...address },
  { kinds: ["DHCPv4Config", "DHCPv6Config"], at: "duidRaw", ...macAddress, write: "a DUID in hexadecimal digits" },
  { kinds: ["BlackholeRouteConfig"], at: "name", ...subnet },
  { kinds: ["HCloudVIPConfig", "Layer2VIPConfig"], at: "name", ...address },
  {
    kinds: ["LinkAliasConfig"],
    at: "name",
    holds: like(/^[^%]+(%d)?$/),
    write: 'a name such as "net0", or "net%d" for several links',
  },
  { kinds: ["KubeSpanConfig"], at: "filters.endpoints.*", ...selected },
  { kinds: ["KubeSpanConfig"], at: "filters.excludeAdvertisedNetworks.*", ...subnet },
  { kinds: ["KubeSpanEndpointsConfig"], at: "extraAnnouncedEndpoints.*", ...addressWithPort },
  {
    kinds: ["RoutingRuleConfig"],
    at: "name",
    holds: (value) => and(matches(value, /^[0-9]{1,9}$/), not(matches(value, /^0*(|32500|32766|32767)$/))),
    write: "the priority, between 1 and 32765 without 32500",
  },
  {
    kinds: ["RoutingRuleConfig"],
    at: "table",
    ...routingTable,
  },
  { kinds: ["RoutingRuleConfig"], at: "action", ...among("unicast", "blackhole", "unreachable", "prohibit") },
  { kinds: ["RoutingRuleConfig"], at: "src", ...subnet },
  { kinds: ["RoutingRuleConfig"], at: "dst", ...subnet },
  {
    kinds: ["VRFConfig"],
    at: "table",
    holds: like(new RegExp(`^(${table})$`)),
    write: "a number between 1 and 252",
  },
  { kinds: ["WireguardConfig"], at: "privateKey", ...key },
  { kinds: ["WireguardConfig"], at: "peers.*.publicKey", ...key },
  { kinds: ["WireguardConfig"], at: "peers.*.presharedKey", ...key },
  { kinds: ["WireguardConfig"], at: "peers.*.endpoint", ...addressWithPort },
  { kinds: ["WireguardConfig"], at: "peers.*.allowedIPs.*", ...subnet },
  { kinds: ["WireguardConfig"], at: "peers.*.persistentKeepaliveInterval", ...notNegative },
  { kinds: ["TimeSyncConfig"], at: "bootTimeout", ...notNegative },
  { kinds: ["TCPProbeConfig"], at: "timeout", ...notNegative },
  { kinds: ["TCPProbeConfig"], at: "interval", ...notNegative },
  { kinds: ["OOMConfig"], at: "sampleInterval", ...notNegative },
  {
    kinds: ["WatchdogTimerConfig"],
    at: "timeout",
    holds: (value) => not(matches(value, /^(-.*|[1-9]([.][0-9]*)?s|[1-9][0-9.]*[nuµm]s)$/)),
    write: "a duration of at least 10s",
  },
  {
    kinds: ["ResolverConfig"],
    at: "nameservers.*.address",
    holds: (value) => or(isAddress(value), matches(value, /%/)),
    write: 'an address such as "192.168.1.1"',
  },
  {
    kinds: ["StaticHostConfig"],
    at: "name",
    holds: isAddress,
    write: 'the address of the host, such as "192.168.1.9"',
  },
  {
    kinds: ["RegistryMirrorConfig"],
    at: "endpoints.*.url",
    holds: like(/^https?:[/][/][^ ]*$/i),
    write: 'a URL such as "https://mirror.example"',
  },
  {
    kinds: ["RegistryTLSConfig"],
    at: "ca",
    holds: isCertificate,
    write: "the certificate as PEM",
  },
  {
    kinds: ["RegistryTLSConfig"],
    at: "clientIdentity.cert",
    holds: like(/-----BEGIN CERTIFICATE-----/),
    write: "the certificate as PEM",
  },
  {
    kinds: ["RegistryTLSConfig"],
    at: "clientIdentity.key",
    holds: like(/-----BEGIN [A-Z ]*PRIVATE KEY-----/),
    write: "the private key as PEM",
    isSecret: true,
  },
];
