/** Another valid value of a prop, for a cluster that runs. */
export interface Case {
  readonly prop: string;
  /** The value before, for the way back of another case: it is seen right after that. */
  readonly from?: unknown;
  /** Without it the prop is left out. */
  readonly to?: unknown;
  /** What the site has besides the default's, before and after. */
  readonly given?: Props;
  /** What the other value makes necessary. */
  readonly along?: Props;
  /** The rules that check a Terraform variable there, at plan; left out if no variable may stand there, or another row says it. */
  readonly judged?: readonly string[];
  /** Why the lab plans it only. */
  readonly unapplied?: string;
  /** Only the node tells whether it takes it: the plan is applied as well. */
  readonly applied?: true;
}

/** Values by the paths of props. */
export type Props = Readonly<Record<string, unknown>>;

/** The VM that begins as a clone, and the one that boots an ISO image. */
const clone = { boot: { clone: { id: 9000, node: "pve", guestAgent: true } } };
const iso = { boot: { iso: { fileId: "local:iso/talos.iso", guestAgent: true } } };
const linux = { guest: "linux" };

const device = { deviceId: "10de:2684", subsystemId: "1458:40bf" };
const mapped = (more: Props = {}): Props => ({
  gpus: [{ mapping: { name: "MAPPING", address: "GPU", ...device, iommuGroup: "GROUP", ...more } }],
});
const alternative = mapped({
  alternatives: [{ address: "SPARE", ...device, iommuGroup: "SPARE GROUP" }],
});

const backedUp = { backup: { datastore: "local", keep: { last: 3 } } };

/** Of the VM, of which there is one for each case: `GPU` is the address of its GPU there, `SPARE` that of another one. */
const vm: readonly Case[] = [
  { prop: "name", judged: ["vm-name-dns", "vm-id-free"], to: "talos-gpu-2" },
  { prop: "node", judged: ["proxmox-name"], to: "pve2" },
  { prop: "vmId", judged: ["vm-id-range", "vm-id-free"], to: 999 },
  { prop: "boot.image.fileId", judged: ["proxmox-name"], to: "local:import/other.qcow2" },
  { prop: "boot.image.guestAgent", judged: ["agent-needs-extension"], to: false },
  {
    prop: "boot.clone.name",
    judged: ["clone-source-once"],
    given: { boot: { clone: { name: "talos-template", guestAgent: true } } },
    to: "other",
  },
  { prop: "boot.clone.id", judged: ["clone-source"], given: clone, to: 9001 },
  { prop: "boot.clone.node", judged: ["proxmox-name"], given: clone, to: "pve2" },
  { prop: "boot.clone.full", judged: [], given: clone, to: false },
  { prop: "boot.clone.guestAgent", judged: ["agent-needs-extension"], given: clone, to: false },
  {
    prop: "boot.clone.scsiHardware",
    judged: ["prop-type", "clone-keeps-template"],
    given: clone,
    to: "virtio-scsi-pci",
  },
  { prop: "boot.clone.bios", judged: ["prop-type"], given: clone, to: "ovmf" },
  { prop: "boot.iso.fileId", judged: ["proxmox-name"], given: iso, to: "local:iso/other.iso" },
  { prop: "boot.iso.guestAgent", judged: ["agent-needs-extension"], given: iso, to: false },
  { prop: "gpus[0].address", judged: ["pci-address-format", "gpu-present", "gpu-iommu", "gpu-resets"], to: "SPARE" },
  { prop: "gpus[0].functions", to: "all" },
  { prop: "gpus[0].functions[0]", judged: ["pci-address-format"], given: { "gpus[0].functions": [0] }, to: 1 },
  {
    prop: "gpus[0].mapping",
    judged: ["mapping-name", "mapping-exists", "mapping-valid"],
    given: { gpus: [{ mapping: "gpu-a" }] },
    to: "gpu-b",
  },
  { prop: "gpus[0].mapping.name", judged: ["mapping-name"], given: mapped(), to: "OTHER" },
  {
    prop: "gpus[0].mapping.address",
    judged: ["pci-address-format"],
    given: mapped(),
    to: "SPARE",
    along: { "gpus[0].mapping.iommuGroup": "SPARE GROUP" },
  },
  { prop: "gpus[0].mapping.deviceId", judged: ["pci-device-id", "mapping-valid"], given: mapped(), to: "10de:2704" },
  { prop: "gpus[0].mapping.subsystemId", judged: ["pci-device-id", "mapping-valid"], given: mapped(), to: "1458:40c0" },
  { prop: "gpus[0].mapping.iommuGroup", judged: ["mapping-iommu-group", "mapping-valid"], given: mapped(), to: 9 },
  {
    prop: "gpus[0].mapping.alternatives[0].address",
    judged: ["pci-address-format", "gpu-present", "gpu-iommu"],
    given: alternative,
    to: "f0:00",
    along: { "gpus[0].mapping.alternatives[0].iommuGroup": 240 },
  },
  {
    prop: "gpus[0].mapping.alternatives[0].deviceId",
    judged: ["pci-device-id", "mapping-valid"],
    given: alternative,
    to: "10de:2704",
  },
  {
    prop: "gpus[0].mapping.alternatives[0].subsystemId",
    judged: ["pci-device-id", "mapping-valid"],
    given: alternative,
    to: "1458:40c0",
  },
  {
    prop: "gpus[0].mapping.alternatives[0].iommuGroup",
    judged: ["mapping-iommu-group", "mapping-valid"],
    given: alternative,
    to: 9,
  },
  { prop: "gpus[0].mapping.alternatives[0].node", judged: ["proxmox-name"], given: alternative, to: "pve2" },
  { prop: "gpus[0].pcie", judged: [], to: false },
  { prop: "gpus[0].rombar", judged: ["rombar-boolean"], to: true },
  { prop: "gpus[0].xvga", judged: [], to: true },
  { prop: "gpus[0].romFile", judged: ["rom-file-name"], to: "gpu.rom" },
  { prop: "gpus[0].mdev", judged: ["mdev-type"], to: "nvidia-63" },
  { prop: "usb[0].host", judged: ["usb-host"], to: "1050:0407" },
  { prop: "usb[0].mapping", judged: ["mapping-name"], to: "key" },
  { prop: "cpu.cores", judged: ["cpu-cores"], to: 12 },
  { prop: "cpu.sockets", judged: ["cpu-cores"], to: 2 },
  { prop: "cpu.type", judged: ["cpu-type-known"], given: linux, to: "x86-64-v3" },
  { prop: "memory.dedicated", judged: ["memory-size", "host-memory"], to: 24_576 },
  { prop: "memory.floating", judged: ["memory-size"], given: { gpus: [] }, to: 8192 },
  { prop: "disks[0].size", judged: ["disk-size"], to: 200 },
  { prop: "disks[0].size", to: 50 },
  { prop: "disks[0].datastore", judged: ["proxmox-name"], to: "other" },
  { prop: "disks[0].interface", judged: ["disk-interface", "disk-interface-once"], to: "scsi1" },
  { prop: "disks[0].cache", judged: ["prop-type"], to: "none" },
  { prop: "disks[0].discard", judged: ["prop-type"], to: "ignore" },
  { prop: "disks[0].ssd", judged: [], to: false },
  { prop: "disks[0].backup", judged: [], to: false },
  { prop: "disks[1]" },
  { prop: "disks[1]", along: { replaceable: true } },
  { prop: "disks[1].interface", to: "scsi4" },
  { prop: "disks[1].size", to: 60 },
  { prop: "disks[1].size", to: 20 },
  { prop: "disks[1].datastore", to: "other" },
  { prop: "disks[1].backup", to: false },
  { prop: "disks[2]", to: { size: 50, interface: "scsi3" } },
  { prop: "efiDisk", to: false, along: { bios: "seabios" } },
  { prop: "efiDisk.datastore", judged: ["proxmox-name"], to: "other" },
  { prop: "efiDisk.type", judged: ["prop-type"], given: linux, to: "2m" },
  { prop: "efiDisk.type", given: linux, to: "2m", along: { replaceable: true } },
  { prop: "efiDisk.preEnrolledKeys", judged: [], given: linux, to: true },
  { prop: "networkDevices[0].bridge", judged: ["proxmox-name"], to: "vmbr1" },
  { prop: "networkDevices[0].model", judged: ["prop-type"], to: "e1000" },
  { prop: "networkDevices[0].macAddress", judged: ["mac-address"], to: "BC:24:11:00:00:01" },
  { prop: "networkDevices[0].vlanId", judged: ["vlan-id"], to: 5 },
  { prop: "networkDevices[0].mtu", judged: ["mtu"], to: 1400 },
  { prop: "networkDevices[0].firewall", judged: [], to: true },
  {
    prop: "firewall.addresses[0]",
    judged: ["firewall-addresses"],
    given: { firewall: { management: ["10.0.0.0/8"] } },
    to: "192.168.1.60",
  },
  {
    prop: "firewall.management[0]",
    judged: ["firewall-addresses"],
    given: { firewall: { management: ["10.0.0.0/8"] } },
    to: "192.168.20.0/24",
  },
  {
    prop: "initialization.ipConfigs[0].address",
    judged: ["node-address", "gateway-in-subnet"],
    to: "192.168.1.60/24",
    unapplied: "the lab's node stays where it is",
  },
  { prop: "initialization.ipConfigs[0].gateway", judged: ["gateway-in-subnet"], to: "192.168.1.254" },
  {
    prop: "initialization.ipConfigs[0].reservedAddress",
    judged: ["node-address"],
    given: {
      "networkDevices[0].macAddress": "BC:24:11:00:00:02",
      "initialization.ipConfigs": [{ address: "dhcp", reservedAddress: "192.168.1.50" }],
    },
    to: "192.168.1.60",
  },
  {
    prop: "initialization.ipConfigs[0].ipv6.address",
    judged: ["node-address"],
    to: "2001:db8::50/64",
    unapplied: "the lab's node stays where it is",
  },
  {
    prop: "initialization.ipConfigs[0].ipv6.gateway",
    judged: ["gateway-in-subnet"],
    given: { "initialization.ipConfigs[0].ipv6.address": "2001:db8::50/64" },
    to: "fe80::1",
  },
  { prop: "initialization.dnsServers[0]", judged: ["dns-server"], to: "192.168.1.2" },
  { prop: "initialization.datastore", judged: ["proxmox-name"], to: "other" },
  { prop: "backup", to: backedUp.backup },
  { prop: "backup", given: backedUp },
  { prop: "backup.datastore", judged: ["proxmox-name", "storage-backups"], given: backedUp, to: "backups" },
  { prop: "backup.schedule", judged: ["backup-schedule"], given: backedUp, to: "03:00" },
  { prop: "backup.keep.last", judged: ["backup-keep"], given: backedUp, to: 5 },
  { prop: "backup.keep.hourly", judged: ["backup-keep"], given: backedUp, to: 2 },
  { prop: "backup.keep.daily", judged: ["backup-keep"], given: backedUp, to: 2 },
  { prop: "backup.keep.weekly", judged: ["backup-keep"], given: backedUp, to: 2 },
  { prop: "backup.keep.monthly", judged: ["backup-keep"], given: backedUp, to: 2 },
  { prop: "backup.keep.yearly", judged: ["backup-keep"], given: backedUp, to: 2 },
  { prop: "agent.enabled", judged: [], to: false },
  { prop: "agent.trim", judged: [], to: false },
  { prop: "agent.type", judged: ["prop-type"], to: "isa" },
  { prop: "agent.timeout", judged: ["agent-timeout"], to: "5m" },
  { prop: "bios", judged: ["prop-type"], to: "seabios", along: { efiDisk: false } },
  { prop: "machine", judged: ["pcie-needs-q35", "machine-type"], to: "pc-q35-9.2" },
  { prop: "scsiHardware", judged: ["scsi-controller", "prop-type"], to: "pvscsi" },
  { prop: "serialDevices[0]", judged: ["serial-device"], to: "/dev/ttyS0" },
  { prop: "vga.type", judged: ["prop-type"], to: "std" },
  { prop: "vga.memory", judged: ["vga-memory"], given: { "vga.type": "std" }, to: 32 },
  { prop: "startup.order", judged: ["startup-order"], to: 1 },
  { prop: "startup.upDelay", judged: ["startup-order"], given: { "startup.order": 1 }, to: 5 },
  { prop: "startup.downDelay", judged: ["startup-order"], given: { "startup.order": 1 }, to: 5 },
  { prop: "onBoot", judged: [], to: false },
  { prop: "tags[0]", judged: ["tag"], to: "gpu" },
  { prop: "replaceable", to: true },
  { prop: "disksManagedElsewhere", to: true },
  { prop: "description", judged: ["description-length"], to: "a node" },
];

const talos: readonly Case[] = [
  { prop: "version", to: "v1.14.8" },
  { prop: "version", to: "v1.14.6", applied: true },
  { prop: "nvidia", along: { nvidia: false } },
  { prop: "nvidia.kernelModules", to: "proprietary" },
  { prop: "nvidia.branch", to: "lts" },
  { prop: "extensions[0]", to: "siderolabs/iscsi-tools" },
  { prop: "extraKernelArgs[0]", to: "pcie_aspm=off" },
  { prop: "factory", to: "https://factory.example", unapplied: "the lab has no such factory" },
  { prop: "datastore", to: "other" },
];

const node: readonly Case[] = [
  { prop: "clusterName", judged: ["cluster-name"], to: "other" },
  { prop: "endpoint", judged: ["endpoint-https"], to: "https://talos.example:6443", unapplied: "the lab has no DNS" },
  { prop: "kubernetesVersion", judged: ["kubernetes-version-supported"], to: "1.35.11" },
  { prop: "kubernetesVersion", to: "1.35.9", applied: true },
  { prop: "installDisk", judged: ["install-disk-matches-bus"], to: "/dev/sdb" },
  {
    prop: "firewall.management[0]",
    judged: ["firewall-management"],
    given: { firewall: { management: ["127.0.0.1"] } },
    to: "127.0.0.0/9",
  },
  { prop: "timeServers[0]", judged: ["time-server"], to: "time.example" },
  { prop: "configPatches", to: [{ machine: { sysctls: { "vm.max_map_count": "262144" } } }] },
  { prop: "outputDirectory", judged: ["output-directory"], to: "../../../access" },
  { prop: "secretsFile", to: true },
  { prop: "readyTimeout", judged: ["ready-timeout"], to: 600 },
];

const pools = { addressPools: [{ name: "lan", blocks: [{ start: "192.168.1.240", stop: "192.168.1.250" }] }] };
const announced = {
  l2Announcements: {
    addressPools: [{ name: "lan", blocks: [...(pools.addressPools[0]?.blocks ?? []), { cidr: "192.168.2.0/28" }] }],
    interfaces: ["eth0"],
  },
};

const cilium: readonly Case[] = [
  { prop: "version", judged: ["cilium-version-supported"], to: "1.19.9" },
  { prop: "method", to: "inline-manifests" },
  { prop: "method", from: "inline-manifests", to: "helm-release" },
  { prop: "hubble.relay", judged: ["hubble-ui-needs-relay"], to: false, along: { "hubble.ui": false } },
  { prop: "hubble.ui", judged: [], to: false },
  { prop: "gatewayApi", judged: [], to: true },
  {
    prop: "gatewayApiDefinitions",
    judged: ["gateway-api-definitions"],
    given: { gatewayApi: true },
    to: "lab/go/internal/manifests/gateway-api/v1.4.1.yaml",
  },
  { prop: "l2Announcements", to: pools },
  { prop: "l2Announcements", given: announced },
  { prop: "l2Announcements.addressPools[0].name", judged: ["address-pool"], given: announced, to: "other" },
  {
    prop: "l2Announcements.addressPools[0].blocks[0].start",
    judged: ["address-pool"],
    given: announced,
    to: "192.168.1.245",
  },
  {
    prop: "l2Announcements.addressPools[0].blocks[0].stop",
    judged: ["address-pool"],
    given: announced,
    to: "192.168.1.251",
  },
  {
    prop: "l2Announcements.addressPools[0].blocks[1].cidr",
    judged: ["address-pool"],
    given: announced,
    to: "192.168.3.0/28",
  },
  { prop: "l2Announcements.interfaces[0]", judged: ["l2-interfaces"], given: announced, to: "enp1s0" },
  { prop: "encryption", judged: ["cilium-encryption"], to: "wireguard" },
  { prop: "values", to: { debug: { enabled: true } } },
  { prop: "repository", judged: ["chart-repository"], to: "https://helm.cilium.io" },
  { prop: "timeout", judged: ["cilium-timeout"], to: 1200 },
];

const shared = { sharing: { strategy: "time-slicing", replicas: 2 } };

const nvidia: readonly Case[] = [
  { prop: "method", to: "gpu-operator" },
  { prop: "method", from: "gpu-operator", to: "device-plugin" },
  { prop: "method", to: "dra" },
  { prop: "method", from: "dra", to: "device-plugin" },
  { prop: "sharing", to: shared.sharing },
  { prop: "sharing.strategy", given: shared, to: "mps" },
  { prop: "sharing.replicas", judged: ["gpu-sharing"], given: shared, to: 4 },
  { prop: "version", judged: ["nvidia-version"], to: "0.20.1" },
  { prop: "values", to: { gfd: { enabled: true } } },
  { prop: "smokeTest", to: false },
  { prop: "repository", judged: ["chart-repository"], to: "https://nvidia.github.io/k8s-device-plugin/" },
  { prop: "timeout", judged: ["nvidia-timeout"], to: 1200 },
];

/** By the prop of `TalosGpuCluster`: what a user can change of it. */
export const cases = { vm, talos, cluster: node, cilium, nvidia } as const;

export type Part = keyof typeof cases;

/** Which cases are looked at. */
export type Wanted = (part: Part, each: Case) => boolean;

/**
 * The cases of props at these paths, such as `vm.cpu.cores`, and of those below them; all cases without a path.
 *
 * @throws where there is none at a path
 */
export function wantedAt(paths: readonly string[]): Wanted {
  const isAt = (path: string, part: Part, { prop }: Case) =>
    path === part || path === `${part}.${prop}` || new RegExp(`^${quoted(path)}[.[]`).test(`${part}.${prop}`);
  const all = (Object.keys(cases) as Part[]).flatMap((part) => cases[part].map((each) => ({ part, each })));
  const unknown = paths.filter((path) => !all.some(({ part, each }) => isAt(path, part, each)));
  if (unknown.length > 0)
    throw new Error(
      `no case changes ${unknown.join(", ")}; write a prop of lab/changes/cases.ts, such as vm.cpu.cores`,
    );
  return (part, each) => paths.length === 0 || paths.some((path) => isAt(path, part, each));
}

const quoted = (text: string): string => text.replace(/[.[\]]/g, "\\$&");

/** Props that no case changes, and why. */
export const unchanged: Readonly<Record<Part, Props>> = {
  vm: {
    connection: "another one is another host",
    pool: "a VM is moved by an administrator of Proxmox",
    guest: "another one is no node",
  },
  talos: {
    installer: "goes with a boot medium of one's own",
    checksum: "downloads the image again",
    insecureHttp: "allows another factory",
    driver: "is what `nvidia` is for the card of NVIDIA that the host has",
  },
  cluster: { machine: "is the VM", talos: "is `talos`", registries: "configure the nodes, as `configPatches` do" },
  cilium: { node: "is the cluster", insecureHttp: "allows another repository" },
  nvidia: { node: "is the cluster", insecureHttp: "allows another repository", taint: "needs a node without GPUs" },
};
