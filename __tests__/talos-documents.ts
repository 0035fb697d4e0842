import { generateKeyPairSync } from "node:crypto";
import { certificate } from "./certificate";

/** Documents of the machine configuration that Talos 1.13 refuses or takes, as its own library says in the lab. */

const document = (kind: string, content: object) => ({ apiVersion: "v1alpha1", kind, ...content });
const key = "4A3rogGVHuVjeZz5cbqryWXGkGBdIGC0E6+5mX2Iz1A=";

const pemKey = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const bonded = { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad" } };

/** Each has one thing wrong. */
export const refusedDocuments: readonly object[] = [
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.size > " }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.sise > 1u" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", { name: "data", provisioning: { diskSelector: { match: "" }, minSize: "1GB" } }),
  document("ExistingVolumeConfig", {
    name: "a",
    discovery: { volumeSelector: { match: "volume.partition_labl == 'A'" } },
  }),
  document("ExistingVolumeConfig", { name: "a", discovery: { volumeSelector: { match: "system_disk" } } }),
  document("ExistingVolumeConfig", { name: "a", discovery: { volumeSelector: { match: "" } } }),
  document("LinkAliasConfig", { name: "net0", selector: { match: "link.hw_addr == 'a'" } }),
  document("LinkAliasConfig", { name: "net0", selector: { match: "link.drvr == 'e'" } }),
  document("LinkAliasConfig", { name: "net0", selector: { match: "" } }),
  document("OOMConfig", { triggerExpression: "memory_full_avg10 > 10" }),
  document("OOMConfig", { triggerExpression: "memory_full_avg11 > 1.0" }),
  document("OOMConfig", { cgroupRankingExpression: "1" }),
  document("OOMConfig", { sampleInterval: "-1s" }),
  document("UserVolumeConfig", { name: "data", provisioning: { diskSelector: { match: "true" } } }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "true" }, minSize: "10GB", maxSize: "1GB" },
  }),
  document("UserVolumeConfig", { name: "data", provisioning: { diskSelector: { match: "true" }, minSize: "-1GB" } }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "true" }, minSize: 1000, maxSize: 100 },
  }),
  document("UserVolumeConfig", { name: "data", provisioning: { diskSelector: { match: "true" }, maxSize: "150%" } }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    volumeType: "directory",
  }),
  document("UserVolumeConfig", { name: "data", volumeType: "directory", filesystem: { type: "xfs" } }),
  document("UserVolumeConfig", {
    name: "data",
    volumeType: "directory",
    encryption: { provider: "luks2", keys: [{ slot: 0, nodeID: {} }] },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    volumeType: "disk",
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    filesystem: { type: "ext4", projectQuotaSupport: true },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    encryption: { provider: "luks2" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    encryption: { provider: "luks2", keys: [{ slot: 0 }] },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    encryption: {
      provider: "luks2",
      keys: [
        { slot: 0, nodeID: {} },
        { slot: 0, static: { passphrase: "a" } },
      ],
    },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "!system_disk" }, minSize: "1GB" },
    encryption: { provider: "luks2", keys: [{ slot: 0, tpm: { options: { pcrs: [7, 24] } } }] },
  }),
  document("VolumeConfig", { name: "STATE", provisioning: { minSize: "1GB" } }),
  document("VolumeConfig", {
    name: "STATE",
    encryption: { provider: "luks2", keys: [{ slot: 0, nodeID: {}, lockToState: true }] },
  }),
  document("ExternalVolumeConfig", { name: "v", filesystemType: "virtiofs" }),
  document("ExternalVolumeConfig", { name: "v", mount: { virtiofs: { tag: "t" } } }),
  document("ExternalVolumeConfig", { name: "v_v", filesystemType: "virtiofs", mount: { virtiofs: { tag: "t" } } }),
  document("ExistingVolumeConfig", { name: "a_b", discovery: { volumeSelector: { match: "true" } } }),
  document("ZswapConfig", { maxPoolPercent: -1 }),
  document("RegistryAuthConfig", { name: "a", username: "u", password: "p", identityToken: "i" }),
  document("RegistryAuthConfig", { name: "a", username: "u", auth: "x" }),
  document("RegistryMirrorConfig", { name: "a", endpoints: [{}] }),
  document("RegistryMirrorConfig", { name: "a", endpoints: [{ url: "ftp://a" }] }),
  document("RegistryTLSConfig", { name: "a", ca: "x" }),
  document("RegistryTLSConfig", { name: "a", clientIdentity: { cert: certificate } }),
  document("RegistryTLSConfig", { name: "a", clientIdentity: { key: pemKey } }),
  document("ExtensionServiceConfig", { name: "a" }),
  document("ExtensionServiceConfig", { name: "a", configFiles: [{ content: "a" }] }),
  document("BlackholeRouteConfig", { name: "10.0.0.0" }),
  document("BlackholeRouteConfig", { name: "10.0.0.0/8", metric: -1 }),
  document("BondConfig", { name: "bond0", links: ["a"] }),
  document("BondConfig", { name: "bond0", links: [], bondMode: "802.3ad" }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", hardwareAddr: "x" }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", mtu: -5 }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", arpIpTargets: ["x"] }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", adActorSysPrio: 70000 }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", miimon: -1 }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", numPeerNotif: 300 }),
  document("BridgeConfig", { name: "br0", links: ["a"], hardwareAddr: "zz" }),
  document("DHCPv4Config", { name: "eth0", clientIdentifier: "duid" }),
  document("DHCPv4Config", { name: "eth0", duidRaw: "00:01" }),
  document("DHCPv4Config", { name: "eth0", clientIdentifier: "duid", duidRaw: "zz" }),
  document("DHCPv4Config", { name: "eth0", routeMetric: -1 }),
  document("DummyLinkConfig", { name: "d0", addresses: [{ address: "10.0.0.1" }] }),
  document("DummyLinkConfig", { name: "d0", addresses: [{}] }),
  document("DummyLinkConfig", { name: "d0", addresses: [{ address: "10.0.0.1/24", routePriority: -1 }] }),
  document("DummyLinkConfig", {
    name: "d0",
    addresses: [{ address: "10.0.0.1/24" }],
    routes: [{ destination: "0.0.0.0/0", gateway: "10.0.0.254" }],
  }),
  document("DummyLinkConfig", { name: "d0", routes: [{ destination: "10.8.0.0/16", gateway: "0.0.0.0" }] }),
  document("DummyLinkConfig", { name: "d0", routes: [{ destination: "10.8.0.0/16", source: "x" }] }),
  document("DummyLinkConfig", {
    name: "d0",
    routes: [{ destination: "10.8.0.0/16", gateway: "10.0.0.1", table: "x" }],
  }),
  document("DummyLinkConfig", { name: "d0", mtu: -1 }),
  document("EthernetConfig", { name: "eth0", rings: { rx: -1 } }),
  document("EthernetConfig", { name: "eth0", wakeOnLan: ["x"] }),
  document("HCloudVIPConfig", { name: "x", link: "eth0", apiToken: "t" }),
  document("HCloudVIPConfig", { name: "1.2.3.4", link: "eth0" }),
  document("KubeSpanConfig", { enabled: true, mtu: 1000 }),
  document("KubeSpanConfig", { enabled: true, filters: { endpoints: ["lan"] } }),
  document("KubeSpanEndpointsConfig", { extraAnnouncedEndpoints: ["10.0.0.1"] }),
  document("Layer2VIPConfig", { name: "vip", link: "eth0" }),
  document("Layer2VIPConfig", { name: "10.0.0.9" }),
  document("LinkAliasConfig", { name: "net%s", selector: { match: "true" } }),
  document("ResolverConfig", { nameservers: [{ address: "x" }] }),
  document("RoutingRuleConfig", { name: "0", table: "main" }),
  document("RoutingRuleConfig", { name: "100" }),
  document("RoutingRuleConfig", { name: "100", table: "mine" }),
  document("RoutingRuleConfig", { name: "100", table: "main", fwMask: 1 }),
  document("RoutingRuleConfig", { name: "100", table: "main", src: "10.0.0.0" }),
  document("RoutingRuleConfig", { name: "100", action: "x", table: "main" }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: ["80"], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: ["80-70"], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: [80, "70-90"], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: [70000], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: [], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: [80, 80], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", { name: "r", portSelector: { ports: [80] } }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: [80], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8", except: "10.0.0.1" }],
  }),
  document("StaticHostConfig", { name: "10.0.0.1" }),
  document("StaticHostConfig", { name: "nas", hostnames: ["nas"] }),
  document("TCPProbeConfig", { name: "p" }),
  document("TCPProbeConfig", { name: "p", endpoint: "a:1", timeout: "-1s" }),
  document("TCPProbeConfig", { name: "p", endpoint: "a:1", interval: "-1s" }),
  document("TCPProbeConfig", { name: "p", endpoint: "a:1", failureThreshold: -1 }),
  document("TimeSyncConfig", { bootTimeout: "-1s" }),
  document("TimeSyncConfig", { ntp: { servers: ["a"] }, ptp: { devices: ["/dev/ptp0"] } }),
  document("VLANConfig", { name: "v", parent: "eth0", vlanID: 0 }),
  document("VLANConfig", { name: "v", vlanID: 1 }),
  document("VLANConfig", { name: "v", parent: "eth0" }),
  document("VRFConfig", { name: "vrf", links: [], table: "main" }),
  document("VRFConfig", { name: "vrf", links: ["a"] }),
  document("WireguardConfig", { name: "wg0" }),
  document("WireguardConfig", { name: "wg0", privateKey: "x" }),
  document("WireguardConfig", { name: "wg0", privateKey: key, listenPort: 70000 }),
  document("WireguardConfig", { name: "wg0", privateKey: key, peers: [{}] }),
  document("WireguardConfig", { name: "wg0", privateKey: key, peers: [{ publicKey: "x" }] }),
  document("WireguardConfig", {
    name: "wg0",
    privateKey: key,
    peers: [{ publicKey: key, persistentKeepaliveInterval: "-1s" }],
  }),
  document("WireguardConfig", { name: "wg0", privateKey: key, peers: [{ publicKey: key, endpoint: "x" }] }),
  document("WireguardConfig", { name: "wg0", privateKey: key, peers: [{ publicKey: key, allowedIPs: ["x"] }] }),
  document("EnvironmentConfig", { variables: { "a-b": "c" } }),
  document("EventSinkConfig", {}),
  document("EventSinkConfig", { endpoint: "a" }),
  document("KmsgLogConfig", { name: "k" }),
  document("KmsgLogConfig", { name: "k", url: "tcp://a" }),
  document("KmsgLogConfig", { url: "udp://a:1" }),
  document("WatchdogTimerConfig", {}),
  document("WatchdogTimerConfig", { device: "/dev/watchdog0", timeout: "5s" }),
  document("SideroLinkConfig", {}),
  document("SideroLinkConfig", { apiUrl: "https://a/x" }),
  document("ImageVerificationConfig", { rules: [{ image: "a/*" }] }),
  document("ImageVerificationConfig", { rules: [{ image: "a/*", skip: true, deny: true }] }),
  document("ImageVerificationConfig", { rules: [{ skip: true }] }),
  document("ImageVerificationConfig", { rules: [{ image: "a/*", keyless: { issuer: "i" } }] }),
  document("ImageVerificationConfig", { rules: [{ image: "a/*", publicKey: {} }] }),
  document("ImageVerificationConfig", {
    rules: [{ image: "a/*", skip: true, keyless: { issuer: "i", subject: "s" } }],
  }),
  { machine: { network: { interfaces: [{ interface: "eth1", deviceSelector: { physical: true } }] } } },
  { machine: { network: { interfaces: [{ addresses: ["10.0.0.5/24"] }] } } },
  { machine: { network: { interfaces: [{ deviceSelector: {}, dhcp: true }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", cidr: "10.9.0.5/24", addresses: ["10.9.0.6/24"] }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", cidr: "x" }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", vip: { ip: "vip" } }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", routes: [{}] }] } } },
  {
    machine: {
      network: {
        interfaces: [{ interface: "eth1", routes: [{ network: "0.0.0.0/0", gateway: "10.9.0.1", metric: -1 }] }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "eth1", routes: [{ network: "10.8.0.0/16", gateway: "10.9.0.1", source: "x" }] }],
      },
    },
  },
  { machine: { network: { interfaces: [{ interface: "eth1", vlans: [{ vlanId: 70000 }] }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", vlans: [{ vlanId: 10, addresses: ["x"] }] }] } } },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", lacpRate: "x" } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "active-backup", lacpRate: "fast" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", miimon: 100, updelay: 150 } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", updelay: 100 } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", primary: "eth1" } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", arpValidate: "all" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", arpIPTarget: ["10.0.0.1"] } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", adActorSystem: "x" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", packetsPerSlave: 5 } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", tlbDynamicLb: 1 } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", xmitHashPolicy: "x" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", failOverMac: "x" } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", adSelect: "x" } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", primaryReselect: "x" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", arpAllTargets: "x" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", numPeerNotif: 300 } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", adUserPortKey: 70000 } },
        ],
      },
    },
  },
  { machine: { network: { interfaces: [{ interface: "wg0", wireguard: { privateKey: "x" } }] } } },
  {
    machine: {
      network: { interfaces: [{ interface: "wg0", wireguard: { privateKey: key, peers: [{ publicKey: "x" }] } }] },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "wg0", wireguard: { privateKey: key, peers: [{ publicKey: key, endpoint: "x" }] } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "wg0", wireguard: { privateKey: key, peers: [{ publicKey: key, allowedIPs: ["10.0.0.1"] }] } },
        ],
      },
    },
  },
  { machine: { network: { interfaces: [{ interface: "eth1", dhcp: true, dhcpOptions: { routeMetric: -1 } }] } } },
  { machine: { network: { kubespan: { enabled: true, mtu: 1000 } } } },
  { cluster: { etcd: { subnet: "192.168.1.0/24", advertisedSubnets: ["192.168.1.0/24"] } } },
  { cluster: { etcd: { subnet: "lan" } } },
  { machine: { disks: [{ device: "/dev/sdb", partitions: [{ size: "x" }] }] } },
  { machine: { systemDiskEncryption: { state: { provider: "luks2", keys: [{ slot: 0 }] } } } },
  {
    machine: {
      systemDiskEncryption: {
        state: {
          provider: "luks2",
          keys: [
            { slot: 0, nodeID: {} },
            { slot: 0, static: { passphrase: "a" } },
          ],
        },
      },
    },
  },
  { machine: { logging: { destinations: [{ endpoint: "http://10.0.0.1", format: "json_lines" }] } } },
  { machine: { logging: { destinations: [{ endpoint: "tcp://10.0.0.1:514", format: "x" }] } } },
  { machine: { install: { extensions: [{ image: "a" }, { image: "a" }] } } },
  {
    cluster: {
      inlineManifests: [
        { name: "a", contents: "a: b" },
        { name: "a", contents: "c: d" },
      ],
    },
  },
  { cluster: { externalCloudProvider: { enabled: true, manifests: ["x"] } } },
  { cluster: { externalCloudProvider: { enabled: false, manifests: ["https://a"] } } },
  { cluster: { network: { cni: { name: "custom", urls: ["x"] } } } },
  { cluster: { etcd: { listenSubnets: ["lan"] } } },
  { cluster: { discovery: { registries: { service: { endpoint: "x" } } } } },
  { machine: { nodeTaints: { a: "b:X" } } },
  ...[
    [bonded, { interface: "eth1", addresses: ["10.0.0.5/24"] }],
    [{ interface: "eth1", dhcp: true }, bonded],
    [bonded, { interface: "eth1", vip: { ip: "10.0.0.9" } }],
    [bonded, { interface: "eth1", cidr: "10.0.0.5/24" }],
    [bonded, { interface: "bond1", bond: { interfaces: ["eth2"], mode: "802.3ad" } }],
    [bonded, { interface: "br0", bridge: { interfaces: ["eth1"] } }],
    [
      { interface: "br0", bridge: { interfaces: ["eth1"] } },
      { interface: "eth1", addresses: ["10.0.0.5/24"] },
    ],
    [{ interface: "eth1", vip: {} }],
    [{ interface: "eth1", vip: { ip: "" } }],
    [{ interface: "eth1", vlans: [null] }],
    [{ interface: "eth1", routes: [null] }],
    [null],
    [{ interface: "eth1", wireguard: {} }],
    [{ interface: "eth1", wireguard: { privateKey: key, peers: [null] } }],
    [{ deviceSelector: { driver: "" } }],
  ].map((interfaces) => ({ machine: { network: { interfaces } } })),
  ...[
    { endpoints: ["x"] },
    { endpoints: [""] },
    { excludeAdvertisedNetworks: ["x"] },
    { excludeAdvertisedNetworks: ["10.0.0.1"] },
    { excludeAdvertisedNetworks: ["!10.0.0.0/8"] },
  ].map((filters) => ({ machine: { network: { kubespan: { enabled: true, filters } } } })),
  ...[
    { urls: ["https://example.com/a.yaml"] },
    { name: "flannel", urls: ["https://example.com/a.yaml"] },
    { name: "none", urls: ["https://example.com/a.yaml"] },
    { name: "none", flannel: { extraArgs: ["--iface=eth0"] } },
    { name: "none", flannel: { kubeNetworkPoliciesEnabled: true } },
    { name: "custom", urls: ["https://example.com/a.yaml"], flannel: { extraArgs: ["--iface=eth0"] } },
    { name: "custom", urls: ["http://a b"] },
    { name: "" },
    {},
  ].map((cni) => ({ cluster: { network: { cni } } })),
  { persist: false },
  { persist: "no" },
  { machine: { registries: { mirrors: { "docker.io": null } } } },
  { machine: { registries: { config: { "docker.io": null } } } },
  { machine: { registries: { config: { "docker.io": { tls: { ca: "x" } } } } } },
  { machine: { acceptedCAs: [{ crt: "x" }] } },
  { cluster: { acceptedCAs: [{ crt: "x" }] } },
  { cluster: { inlineManifests: [{ name: " ", contents: "" }] } },
  { cluster: { discovery: { registries: { service: { endpoint: "https://example.com/x" } } } } },
  { cluster: { network: { dnsDomain: "a..b" } } },
  { cluster: { network: { dnsDomain: "-a" } } },
  { cluster: { apiServer: { admissionControl: [null] } } },
  { machine: { baseRuntimeSpecOverrides: { process: 5 } } },
  { machine: { baseRuntimeSpecOverrides: { process: { rlimits: 5 } } } },
  { machine: { baseRuntimeSpecOverrides: { mounts: {} } } },
  { machine: { disks: [null] } },
  { machine: { disks: [{ device: "/dev/sdb", partitions: [null] }] } },
  { machine: { nodeTaints: { "a b": "b:NoSchedule" } } },
  { machine: { systemDiskEncryption: { state: {} } } },
  { machine: { systemDiskEncryption: { state: { provider: "luks2", keys: [null] } } } },
  { machine: { kubelet: { nodeIP: { validSubnets: ["x"] } } } },
  document("RegistryMirrorConfig", { name: "a", endpoints: [{ url: "https://a b" }] }),
  document("RegistryTLSConfig", { name: "a", ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" }),
  document("RegistryTLSConfig", { name: "a", clientIdentity: { cert: "x", key: pemKey } }),
  document("RegistryTLSConfig", { name: "a", clientIdentity: { cert: certificate, key: "x" } }),
  document("RegistryTLSConfig", { name: "a", clientIdentity: { cert: certificate, key: certificate } }),
  document("KubeSpanConfig", { enabled: true, filters: { excludeAdvertisedNetworks: ["x"] } }),
  document("KubeSpanEndpointsConfig", { extraAnnouncedEndpoints: ["lan:51820"] }),
  document("WireguardConfig", {
    name: "wg0",
    privateKey: key,
    peers: [{ publicKey: key, endpoint: "vpn.example.com:51820" }],
  }),
  document("EnvironmentConfig", { variables: { "": "b" } }),
  document("SideroLinkConfig", { apiUrl: "https://a:x" }),
];

/** Right, though not all are usual. */
export const takenDocuments: readonly object[] = [
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.size > 10u * GB" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "system_disk" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.rotational && !system_disk" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.serial.startsWith('S')" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "glob('/dev/sd*', disk.dev_path)" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.dev_path.matches('^/dev/sd')" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: {
      diskSelector: { match: "disk.symlinks.exists(s, s.startsWith('/dev/disk/by-id'))" },
      minSize: "1GB",
    },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "'/dev/x' in disk.symlinks" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.model in ['a','b']" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.wwid.contains('naa')" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "size(disk.serial) > 3" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.readonly == false" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.size >= 100u * GiB && disk.size <= 1u * TiB" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.transport == \"nvme\" || disk.transport == 'sata'" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.bus_path == '/pci'" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.sub_system == '/sys/class/block'" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.io_size == 512u" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.sector_size == 512u" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.secondary_disks.size() == 0" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.size > uint(100) * GB" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "int(disk.size) > 100" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.dev_path == '/dev/sdb'" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.modalias.startsWith('scsi:')" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.size > 100u*GB ? true : false" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.symlinks[0] == 'a'" }, minSize: "1GB" },
  }),
  document("UserVolumeConfig", {
    name: "data",
    provisioning: { diskSelector: { match: "disk.symlinks.all(s, s != '')" }, minSize: "1GB" },
  }),
  document("ExistingVolumeConfig", { name: "a", discovery: { volumeSelector: { match: "volume.name == 'xfs'" } } }),
  document("ExistingVolumeConfig", {
    name: "a",
    discovery: { volumeSelector: { match: "volume.partition_label == 'A'" } },
  }),
  document("LinkAliasConfig", { name: "net0", selector: { match: "link.driver == 'e1000'" } }),
  document("LinkAliasConfig", { name: "net0", selector: { match: "mac(link.permanent_addr) == '00:1a'" } }),
  document("OOMConfig", {
    triggerExpression: "multiply_qos_vectors(d_qos_memory_full_total, {System: 8.0, Podruntime: 4.0}) > 3000.0",
  }),
  document("OOMConfig", { cgroupRankingExpression: "memory_max.hasValue() ? 0.0 : 1.0" }),
  document("OOMConfig", { sampleInterval: "100ms" }),
  document("OOMConfig", {}),
  document("RawVolumeConfig", { name: "s", provisioning: { diskSelector: { match: "true" }, minSize: "1GB" } }),
  document("SwapVolumeConfig", { name: "s", provisioning: { diskSelector: { match: "true" }, minSize: "1GB" } }),
  document("VolumeConfig", { name: "STATE" }),
  document("VolumeConfig", {
    name: "EPHEMERAL",
    encryption: { provider: "luks2", keys: [{ slot: 0, nodeID: {}, lockToState: true }] },
  }),
  document("ExternalVolumeConfig", { name: "v", filesystemType: "virtiofs", mount: { virtiofs: { tag: "t" } } }),
  document("ZswapConfig", { maxPoolPercent: 0 }),
  document("ZswapConfig", {}),
  document("RegistryAuthConfig", { name: "a", username: "u", password: "p" }),
  document("RegistryAuthConfig", { name: "a", auth: "x" }),
  document("RegistryMirrorConfig", { name: "a" }),
  document("RegistryMirrorConfig", { name: "*", endpoints: [{ url: "https://a", overridePath: true }] }),
  document("RegistryTLSConfig", { name: "a", insecureSkipVerify: true }),
  document("TrustedRootsConfig", { name: "a" }),
  document("TrustedRootsConfig", { name: "a", certificates: "x" }),
  document("ExtensionServiceConfig", { name: "a", environment: ["A=b"] }),
  document("ExtensionServiceConfig", { name: "a", configFiles: [{ content: "a", mountPath: "/a" }] }),
  document("PCIDriverRebindConfig", { name: "0000:01:00.0", targetDriver: "vfio-pci" }),
  document("BlackholeRouteConfig", { name: "10.0.0.0/8" }),
  document("BondConfig", { name: "bond0", links: ["a", "b"], bondMode: "802.3ad" }),
  document("BondConfig", { name: "bond0", links: ["a"], bondMode: "802.3ad", hardwareAddr: "2e:3c:4d:5e:6f:70" }),
  document("BridgeConfig", { name: "br0" }),
  document("BridgeConfig", { name: "br0", links: [] }),
  document("DHCPv4Config", { name: "eth0" }),
  document("DHCPv4Config", { name: "eth0", clientIdentifier: "duid", duidRaw: "00:01:00:01" }),
  document("DHCPv6Config", { name: "eth0" }),
  document("DHCPv6Config", { name: "eth0", clientIdentifier: "duid", duidRaw: "00:01:00:01" }),
  document("NetworkDefaultActionConfig", { ingress: "block" }),
  document("NetworkDefaultActionConfig", {}),
  document("DummyLinkConfig", { name: "d0" }),
  document("DummyLinkConfig", { name: "d0", hardwareAddr: "aa:bb:cc:dd:ee:ff" }),
  document("EthernetConfig", { name: "eth0" }),
  document("EthernetConfig", { name: "eth0", features: { "tx-x": true } }),
  document("HCloudVIPConfig", { name: "1.2.3.4", link: "eth0", apiToken: "t" }),
  document("HostnameConfig", {}),
  document("KubeSpanConfig", {}),
  document("KubeSpanConfig", { enabled: true }),
  document("KubeSpanEndpointsConfig", {}),
  document("KubeSpanEndpointsConfig", { extraAnnouncedEndpoints: ["10.0.0.1:51820"] }),
  document("Layer2VIPConfig", { name: "10.0.0.9", link: "eth0" }),
  document("LinkConfig", { name: "eth1", mtu: 9000, up: true, addresses: [{ address: "10.9.0.2/24" }] }),
  document("LinkConfig", { name: "eth1" }),
  document("ResolverConfig", {}),
  document("ResolverConfig", { nameservers: [{}] }),
  document("RoutingRuleConfig", { name: "100", table: "main" }),
  document("RoutingRuleConfig", { name: "100", table: "main", fwMark: 1, fwMask: 1 }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: [80], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("NetworkRuleConfig", {
    name: "r",
    portSelector: { ports: ["8000-8080", 9000], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8" }],
  }),
  document("StaticHostConfig", { name: "10.0.0.1", hostnames: ["nas"] }),
  document("TCPProbeConfig", { name: "p", endpoint: "a:1" }),
  document("TCPProbeConfig", { name: "p", endpoint: "a:1", interval: "1s", timeout: "1s", failureThreshold: 3 }),
  document("TimeSyncConfig", {}),
  document("TimeSyncConfig", { bootTimeout: "2m" }),
  document("VLANConfig", { name: "v", parent: "eth0", vlanID: 1 }),
  document("VLANConfig", { name: "v", parent: "eth0", vlanID: 5, vlanMode: "802.1ad" }),
  document("VRFConfig", { name: "vrf", links: [], table: "100" }),
  document("VRFConfig", { name: "vrf", links: [], table: 100 }),
  document("WireguardConfig", { name: "wg0", privateKey: key }),
  document("WireguardConfig", {
    name: "wg0",
    privateKey: key,
    listenPort: 51820,
    peers: [{ publicKey: key, endpoint: "1.2.3.4:51820", allowedIPs: ["10.0.0.0/24"] }],
  }),
  document("EnvironmentConfig", {}),
  document("EnvironmentConfig", { variables: { A: 5 } }),
  document("EventSinkConfig", { endpoint: "10.0.0.1:80" }),
  document("KmsgLogConfig", { name: "k", url: "tcp://a:1" }),
  document("WatchdogTimerConfig", { device: "/dev/watchdog0", timeout: "10s" }),
  document("SideroLinkConfig", { apiUrl: "https://a" }),
  document("ImageVerificationConfig", {}),
  document("ImageVerificationConfig", { rules: [{ image: "a/*", skip: true }] }),
  { machine: { network: { interfaces: [{ interface: "eth1", dhcp: true }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", cidr: "10.9.0.5/24" }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", vip: { ip: "10.9.0.9" } }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", mtu: -1 }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", routes: [{ gateway: "10.9.0.1" }] }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", routes: [{ network: "10.8.0.0/16" }] }] } } },
  {
    machine: { network: { interfaces: [{ interface: "eth1", vlans: [{ vlanId: 10, addresses: ["10.10.0.5/24"] }] }] } },
  },
  { machine: { network: { interfaces: [{ interface: "eth1", vlans: [{ addresses: ["10.10.0.5/24"] }] }] } } },
  {
    machine: {
      network: { interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad" } }] },
    },
  },
  {
    machine: {
      network: {
        interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", lacpRate: "fast" } }],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          {
            interface: "bond0",
            bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", miimon: 100, updelay: 200, downdelay: 200 },
          },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "active-backup", primary: "eth1" } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          {
            interface: "bond0",
            bond: { interfaces: ["eth1", "eth2"], mode: "active-backup", arpValidate: "all", arpInterval: 100 },
          },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", adActorSysPrio: 100 } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "balance-rr", packetsPerSlave: 5 } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "balance-tlb", tlbDynamicLb: 1 } },
        ],
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          { interface: "bond0", bond: { interfaces: ["eth1", "eth2"], mode: "802.3ad", xmitHashPolicy: "layer3+4" } },
        ],
      },
    },
  },
  { machine: { network: { interfaces: [{ interface: "bond0", bond: { interfaces: ["eth1"] } }] } } },
  {
    machine: {
      network: { interfaces: [{ interface: "bond0", bond: { mode: "802.3ad", deviceSelectors: [{ driver: "x" }] } }] },
    },
  },
  {
    machine: {
      network: { interfaces: [{ interface: "br0", bridge: { interfaces: ["eth2"], stp: { enabled: true } } }] },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          {
            interface: "wg0",
            wireguard: {
              privateKey: key,
              listenPort: 51820,
              peers: [{ publicKey: key, endpoint: "1.2.3.4:51820", allowedIPs: ["10.0.0.0/24"] }],
            },
          },
        ],
      },
    },
  },
  { machine: { network: { interfaces: [{ interface: "eth1", ignore: true }] } } },
  { machine: { network: { interfaces: [{ interface: "eth1", dummy: true }] } } },
  { machine: { network: { kubespan: { mtu: 1000 } } } },
  { machine: { network: { kubespan: { enabled: true, mtu: 1280 } } } },
  { machine: { network: { kubespan: { filters: { endpoints: ["lan"] } } } } },
  ...[
    [bonded, { interface: "eth1", mtu: 9000 }],
    [bonded, { interface: "eth1", dhcp: false }],
    [bonded, { interface: "eth1", dhcp: true, ignore: true }],
    [bonded, { interface: "bond1", bond: { interfaces: ["eth3"], mode: "802.3ad" } }],
    [{ interface: "bond0", bond: { interfaces: ["eth1", "eth1"], mode: "802.3ad" } }],
    [{ interface: "eth1", vip: null }],
    [{ interface: "eth1", vlans: [{ vlanId: 5, vip: { ip: "10.0.0.9" } }] }],
    [{ interface: "eth1", bond: { mode: "", interfaces: ["eth2"] } }],
    [{ deviceSelector: { physical: false } }],
  ].map((interfaces) => ({ machine: { network: { interfaces } } })),
  ...[
    { endpoints: ["!10.0.0.0/8", "10.0.0.1", "::/0"] },
    { excludeAdvertisedNetworks: ["10.0.0.0/8", "fd00::/8"] },
  ].map((filters) => ({ machine: { network: { kubespan: { enabled: true, filters } } } })),
  { machine: { network: { kubespan: { enabled: true, mtu: 0 } } } },
  ...[
    { name: "custom" },
    { name: "custom", urls: ["https://example.com/a.yaml?b=c"] },
    { name: "flannel", flannel: { extraArgs: ["--iface=eth0"], kubeNetworkPoliciesEnabled: true } },
    { name: "none" },
  ].map((cni) => ({ cluster: { network: { cni } } })),
  { persist: true },
  { machine: { registries: { mirrors: { "docker.io": {} } } } },
  { machine: { registries: { config: { "docker.io": {} } } } },
  { machine: { acceptedCAs: [] } },
  { cluster: { discovery: { registries: { service: { endpoint: "http://10.0.0.1:3000" } } } } },
  { cluster: { discovery: { registries: { service: { endpoint: "" } } } } },
  { cluster: { network: { dnsDomain: "a.b." } } },
  { cluster: { network: { dnsDomain: "" } } },
  {
    machine: {
      baseRuntimeSpecOverrides: { process: { rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }] }, a: 5 },
    },
  },
  document("RegistryTLSConfig", { name: "a", clientIdentity: { cert: certificate, key: pemKey } }),
  document("KubeSpanConfig", { enabled: true, filters: { excludeAdvertisedNetworks: ["10.0.0.0/8"] } }),
  document("KubeSpanEndpointsConfig", { extraAnnouncedEndpoints: ["[2001:db8::1]:51820"] }),
  document("KmsgLogConfig", { name: "k", url: "tcp://:514" }),
  document("SideroLinkConfig", { apiUrl: "grpc://a:8081?jointoken=x" }),
  document("PCIDriverRebindConfig", { name: "0000:01:00.0" }),
];
