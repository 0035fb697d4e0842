import type { TalosPatch } from "../constructs";
import type { TalosMinor } from "../constructs/talos/version";

/** A patch that passes the rules, as public configurations have it, and the first minor version of Talos that knows it. */
export interface Accepted {
  readonly patch: TalosPatch;
  readonly from?: TalosMinor;
}

const document = (kind: string, content: object) => ({ apiVersion: "v1alpha1", kind, ...content });

/** Held against Talos's own decoders by the lab. */
export const accepted: Readonly<Record<string, Accepted>> = {
  "numbers and booleans for strings": { patch: { machine: { sysctls: { "vm.nr_hugepages": 1024, "a.b": true } } } },
  "words for booleans": { patch: "machine: {install: {wipe: yes}}" },
  "nothing at a key": { patch: "machine:\n  network:\n  sysctls: {a: '1'}\n" },
  "deprecated keys": {
    patch: {
      machine: {
        disks: [{ device: "/dev/sdb", partitions: [{ mountpoint: "/var/mnt/data", size: "10GB" }] }],
        systemDiskEncryption: { ephemeral: { provider: "luks2", keys: [{ slot: 0, nodeID: {} }] } },
        udev: { rules: ['SUBSYSTEM=="drm", MODE="0666"'] },
      },
    },
  },
  "files with a mode": {
    patch: "machine:\n  files:\n    - {content: a, permissions: 0o644, path: /var/etc/a, op: create}\n",
  },
  "kubelet mounts and its own configuration": {
    patch: {
      machine: {
        kubelet: {
          extraArgs: { "rotate-server-certificates": true },
          extraConfig: { maxPods: 250, shutdownGracePeriod: "30s" },
          extraMounts: [{ destination: "/var/mnt", type: "bind", source: "/var/mnt", options: ["bind", "rshared"] }],
        },
      },
    },
  },
  "registry mirrors": {
    patch: { machine: { registries: { mirrors: { "docker.io": { endpoints: ["https://mirror.example"] } } } } },
  },
  "a device of the network, by name": {
    patch: { machine: { network: { interfaces: [{ interface: "ens19", mtu: 9000, dhcp: true }] } } },
  },
  "host entries and KubeSpan": {
    patch: {
      machine: { network: { extraHostEntries: [{ ip: "10.0.0.1", aliases: ["nas"] }], kubespan: { enabled: true } } },
    },
  },
  "certificates for other names": {
    patch: { machine: { certSANs: ["talos.example"] }, cluster: { apiServer: { certSANs: ["talos.example"] } } },
  },
  "what only control plane nodes have": {
    patch: {
      machine: {
        features: {
          kubernetesTalosAPIAccess: {
            enabled: true,
            allowedRoles: ["os:etcd:backup"],
            allowedKubernetesNamespaces: ["kube-system"],
          },
        },
      },
      cluster: {
        etcd: { advertisedSubnets: ["192.168.1.0/24"], extraArgs: { "listen-metrics-urls": "http://0.0.0.0:2381" } },
        apiServer: { extraArgs: { "oidc-issuer-url": "https://id.example" }, disablePodSecurityPolicy: true },
        controllerManager: { extraArgs: { "bind-address": "0.0.0.0" } },
        scheduler: { extraArgs: { "bind-address": "0.0.0.0" } },
        coreDNS: { disabled: true },
      },
    },
  },
  "no default pod security": { patch: "cluster: {apiServer: {admissionControl: {$patch: delete}}}" },
  "one admission plugin": { patch: "cluster: {apiServer: {admissionControl: [{name: PodSecurity, $patch: delete}]}}" },
  "other networks": {
    patch: { cluster: { network: { podSubnets: ["10.42.0.0/16"], serviceSubnets: ["10.43.0.0/16"] } } },
  },
  "a volume for users": {
    patch: document("UserVolumeConfig", {
      name: "data",
      provisioning: { diskSelector: { match: "!system_disk" }, minSize: "10GiB", grow: true },
      encryption: { provider: "luks2", options: ["no_read_workqueue"], keys: [{ slot: 0, nodeID: {} }] },
    }),
  },
  "a smaller system volume": {
    patch: document("VolumeConfig", { name: "EPHEMERAL", provisioning: { maxSize: "20GB" } }),
  },
  "an extension's configuration": {
    patch: document("ExtensionServiceConfig", { name: "tailscale", environment: ["TS_AUTHKEY=key"] }),
  },
  "a watchdog": { patch: document("WatchdogTimerConfig", { device: "/dev/watchdog0", timeout: "1m30s" }) },
  "a firewall": {
    patch:
      "apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n---\napiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: gateway\nportSelector: {ports: [80, 1000-2000], protocol: tcp}\ningress: [{subnet: 192.168.0.0/16, except: 192.168.9.0/24}]\n",
  },
  "images that have to be signed": {
    patch: document("ImageVerificationConfig", {
      rules: [
        {
          image: "quay.io/cilium/*",
          keyless: {
            issuer: "https://token.actions.githubusercontent.com",
            subjectRegex: "^https://github\\.com/cilium/cilium/\\.github/workflows/.+@refs/tags/v1\\..+$",
          },
        },
        {
          image: "registry.example.com/*",
          publicKey: { certificate: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" },
        },
        { image: "docker.io/*", deny: true },
      ],
    }),
    from: "1.13",
  },
  "a VLAN": { patch: document("VLANConfig", { name: "vlan10", vlanID: 10, parent: "ens18" }), from: "1.12" },
  "a registry's certificate authority": {
    patch: document("RegistryTLSConfig", { name: "mirror.example", insecureSkipVerify: true }),
    from: "1.12",
  },
  "DNS servers as a document": {
    patch: document("ResolverConfig", { nameservers: [{ address: "192.168.1.1" }] }),
    from: "1.12",
  },
  "environment variables as a document": {
    patch: document("EnvironmentConfig", { variables: { HTTPS_PROXY: "http://proxy.example:3128" } }),
    from: "1.13",
  },
};

/** Patches that the rules refuse, each with what the message says, and Talos's decoder or the provider refuses too. */
export const refused: Readonly<Record<string, readonly [patch: TalosPatch, problem: string]>> = {
  "a list for an argument": [
    { machine: { kubelet: { extraArgs: { v: ["1", "2"] } } } },
    'has machine.kubelet.extraArgs.v ["1","2"], a list, which the provider does not read; write a string',
  ],
  "a misspelt key": [
    { machine: { sysctl: { a: "1" } } },
    "has machine.sysctl, which Talos does not know; write machine.sysctls",
  ],
  "a misspelt key of the whole": [
    { Machine: { sysctls: { a: "1" } } },
    "has Machine, which Talos does not know; write machine",
  ],
  "a misspelt key in a list": [
    { machine: { network: { interfaces: [{ interface: "ens19", adresses: ["10.0.0.1/24"] }] } } },
    "has machine.network.interfaces[0].adresses, which Talos does not know; write machine.network.interfaces[0].addresses",
  ],
  "a key that is like no other": [
    { machine: { time: { ntp: true } } },
    "has machine.time.ntp, which Talos does not know; the keys of machine.time are bootTimeout, disabled, servers",
  ],
  "a misspelt kind": [
    document("UserVolume", { name: "data" }),
    'has kind "UserVolume", which Talos does not know; write UserVolumeConfig',
  ],
  "a kind of a later Talos": [
    document("BGPInstanceConfig", { name: "a" }),
    "has kind BGPInstanceConfig, which this version of the provider does not know; leave it out",
  ],
  "a kind without apiVersion": [
    { kind: "UserVolumeConfig", name: "data" },
    "has kind UserVolumeConfig without apiVersion; write apiVersion: v1alpha1",
  ],
  "another apiVersion": [
    { apiVersion: "v1", kind: "UserVolumeConfig", name: "data" },
    'has kind UserVolumeConfig with apiVersion "v1"; write apiVersion: v1alpha1',
  ],
  "an apiVersion without kind": [
    { apiVersion: "v1alpha1", machine: { sysctls: { a: "1" } } },
    "has apiVersion without kind; write the kind of the document",
  ],
  "a kind without name": [
    document("UserVolumeConfig", { provisioning: { minSize: "10GiB" } }),
    "has kind UserVolumeConfig without name; write the name, by which Talos knows what to change",
  ],
  "a misspelt key of a kind": [
    document("UserVolumeConfig", { name: "data", provisoning: { minSize: "10GiB" } }),
    "has provisoning, which Talos does not know; write provisioning",
  ],
  "a JSON patch": [
    { op: "add", path: "/machine/sysctls", value: {} },
    "is a JSON patch; write a strategic merge patch, an object like the machine configuration",
  ],
  "a list of JSON patches": [
    [{ op: "add", path: "/machine/sysctls", value: {} }],
    "is a list; write a strategic merge patch, an object: JSON patches are not supported",
  ],
  "merge keys": [
    "machine:\n  kubelet:\n    extraMounts:\n      - &m {destination: /var/a, type: bind, source: /var/a}\n      - {<<: *m, destination: /var/b}\n",
    "has the merge key machine.kubelet.extraMounts[1].<<, which Talos does not read; write the keys out",
  ],
  "a value for a list": [
    { machine: { network: { nameservers: "1.1.1.1" } } },
    'has machine.network.nameservers "1.1.1.1"; write a list',
  ],
  "a list for an object": [{ machine: { nodeLabels: ["a"] } }, 'has machine.nodeLabels ["a"]; write an object'],
  "text for a number": [
    { machine: { features: { kubePrism: { port: "7445" } } } },
    'has machine.features.kubePrism.port "7445"; write a whole number',
  ],
  "text for a boolean": [
    { machine: { install: { wipe: "true" } } },
    'has machine.install.wipe "true"; write true or false',
  ],
  "an object for a string": [
    { machine: { nodeLabels: { a: { b: "c" } } } },
    "has machine.nodeLabels.a an object; write a string",
  ],
  "a number for a duration": [
    { machine: { time: { bootTimeout: 5 } } },
    'has machine.time.bootTimeout 5; write a duration such as "1m30s"',
  ],
  "no duration": [
    { machine: { time: { bootTimeout: "5x" } } },
    'has machine.time.bootTimeout "5x"; write a duration such as "1m30s"',
  ],
  "a value that is none of the known ones": [
    document("UserVolumeConfig", { name: "data", volumeType: "disc" }),
    'has volumeType "disc"; write "directory" or "disk" or "partition"',
  ],
  "another CNI than there are": [
    { cluster: { network: { cni: { name: "calico" } } } },
    'has cluster.network.cni.name "calico"; write "flannel" or "custom" or "none"',
  ],
};
