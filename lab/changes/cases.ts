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
  { prop: "name", to: "talos-gpu-2" },
  { prop: "node", to: "pve2" },
  { prop: "vmId", to: 999 },
  { prop: "boot.image.fileId", to: "local:import/other.qcow2" },
  { prop: "boot.image.guestAgent", to: false },
  { prop: "boot.clone.name", given: { boot: { clone: { name: "talos-template", guestAgent: true } } }, to: "other" },
  { prop: "boot.clone.id", given: clone, to: 9001 },
  { prop: "boot.clone.node", given: clone, to: "pve2" },
  { prop: "boot.clone.full", given: clone, to: false },
  { prop: "boot.clone.guestAgent", given: clone, to: false },
  { prop: "boot.clone.scsiHardware", given: clone, to: "virtio-scsi-pci" },
  { prop: "boot.clone.bios", given: clone, to: "ovmf" },
  { prop: "boot.iso.fileId", given: iso, to: "local:iso/other.iso" },
  { prop: "boot.iso.guestAgent", given: iso, to: false },
  { prop: "gpus[0].address", to: "SPARE" },
  { prop: "gpus[0].functions", to: "all" },
  { prop: "gpus[0].functions[0]", given: { "gpus[0].functions": [0] }, to: 1 },
  { prop: "gpus[0].mapping", given: { gpus: [{ mapping: "gpu-a" }] }, to: "gpu-b" },
  { prop: "gpus[0].mapping.name", given: mapped(), to: "OTHER" },
  {
    prop: "gpus[0].mapping.address",
    given: mapped(),
    to: "SPARE",
    along: { "gpus[0].mapping.iommuGroup": "SPARE GROUP" },
  },
  { prop: "gpus[0].mapping.deviceId", given: mapped(), to: "10de:2704" },
  { prop: "gpus[0].mapping.subsystemId", given: mapped(), to: "1458:40c0" },
  { prop: "gpus[0].mapping.iommuGroup", given: mapped(), to: 9 },
  {
    prop: "gpus[0].mapping.alternatives[0].address",
    given: alternative,
    to: "f0:00",
    along: { "gpus[0].mapping.alternatives[0].iommuGroup": 240 },
  },
  { prop: "gpus[0].mapping.alternatives[0].deviceId", given: alternative, to: "10de:2704" },
  { prop: "gpus[0].mapping.alternatives[0].subsystemId", given: alternative, to: "1458:40c0" },
  { prop: "gpus[0].mapping.alternatives[0].iommuGroup", given: alternative, to: 9 },
  { prop: "gpus[0].mapping.alternatives[0].node", given: alternative, to: "pve2" },
  { prop: "gpus[0].pcie", to: false },
  { prop: "gpus[0].rombar", to: true },
  { prop: "gpus[0].xvga", to: true },
  { prop: "gpus[0].romFile", to: "gpu.rom" },
  { prop: "gpus[0].mdev", to: "nvidia-63" },
  { prop: "usb[0].host", to: "1050:0407" },
  { prop: "usb[0].mapping", to: "key" },
  { prop: "cpu.cores", to: 12 },
  { prop: "cpu.sockets", to: 2 },
  { prop: "cpu.type", given: linux, to: "x86-64-v3" },
  { prop: "memory.dedicated", to: 24_576 },
  { prop: "memory.floating", given: { gpus: [] }, to: 8192 },
  { prop: "disks[0].size", to: 200 },
  { prop: "disks[0].size", to: 50 },
  { prop: "disks[0].datastore", to: "other" },
  { prop: "disks[0].interface", to: "scsi1" },
  { prop: "disks[0].cache", to: "none" },
  { prop: "disks[0].discard", to: "ignore" },
  { prop: "disks[0].ssd", to: false },
  { prop: "disks[0].backup", to: false },
  { prop: "disks[1]" },
  { prop: "disks[1]", along: { replaceable: true } },
  { prop: "disks[1].interface", to: "scsi4" },
  { prop: "disks[1].size", to: 60 },
  { prop: "disks[1].size", to: 20 },
  { prop: "disks[1].datastore", to: "other" },
  { prop: "disks[1].backup", to: false },
  { prop: "disks[2]", to: { size: 50, interface: "scsi3" } },
  { prop: "efiDisk", to: false, along: { bios: "seabios" } },
  { prop: "efiDisk.datastore", to: "other" },
  { prop: "efiDisk.type", given: linux, to: "2m" },
  { prop: "efiDisk.preEnrolledKeys", given: linux, to: true },
  { prop: "networkDevices[0].bridge", to: "vmbr1" },
  { prop: "networkDevices[0].model", to: "e1000" },
  { prop: "networkDevices[0].macAddress", to: "BC:24:11:00:00:01" },
  { prop: "networkDevices[0].vlanId", to: 5 },
  { prop: "networkDevices[0].mtu", to: 1400 },
  { prop: "networkDevices[0].firewall", to: true },
  { prop: "firewall.addresses[0]", given: { firewall: { management: ["10.0.0.0/8"] } }, to: "192.168.1.60" },
  { prop: "firewall.management[0]", given: { firewall: { management: ["10.0.0.0/8"] } }, to: "192.168.20.0/24" },
  {
    prop: "initialization.ipConfigs[0].address",
    to: "192.168.1.60/24",
    unapplied: "the lab's node stays where it is",
  },
  { prop: "initialization.ipConfigs[0].gateway", to: "192.168.1.254" },
  {
    prop: "initialization.ipConfigs[0].reservedAddress",
    given: {
      "networkDevices[0].macAddress": "BC:24:11:00:00:02",
      "initialization.ipConfigs": [{ address: "dhcp", reservedAddress: "192.168.1.50" }],
    },
    to: "192.168.1.60",
  },
  {
    prop: "initialization.ipConfigs[0].ipv6.address",
    to: "2001:db8::50/64",
    unapplied: "the lab's node stays where it is",
  },
  {
    prop: "initialization.ipConfigs[0].ipv6.gateway",
    given: { "initialization.ipConfigs[0].ipv6.address": "2001:db8::50/64" },
    to: "fe80::1",
  },
  { prop: "initialization.dnsServers[0]", to: "192.168.1.2" },
  { prop: "initialization.datastore", to: "other" },
  { prop: "backup", to: backedUp.backup },
  { prop: "backup", given: backedUp },
  { prop: "backup.datastore", given: backedUp, to: "backups" },
  { prop: "backup.schedule", given: backedUp, to: "03:00" },
  { prop: "backup.keep.last", given: backedUp, to: 5 },
  { prop: "backup.keep.hourly", given: backedUp, to: 2 },
  { prop: "backup.keep.daily", given: backedUp, to: 2 },
  { prop: "backup.keep.weekly", given: backedUp, to: 2 },
  { prop: "backup.keep.monthly", given: backedUp, to: 2 },
  { prop: "backup.keep.yearly", given: backedUp, to: 2 },
  { prop: "agent.enabled", to: false },
  { prop: "agent.trim", to: false },
  { prop: "agent.type", to: "isa" },
  { prop: "agent.timeout", to: "5m" },
  { prop: "bios", to: "seabios", along: { efiDisk: false } },
  { prop: "machine", to: "pc-q35-9.2" },
  { prop: "scsiHardware", to: "pvscsi" },
  { prop: "serialDevices[0]", to: "/dev/ttyS0" },
  { prop: "vga.type", to: "std" },
  { prop: "vga.memory", given: { "vga.type": "std" }, to: 32 },
  { prop: "startup.order", to: 1 },
  { prop: "startup.upDelay", given: { "startup.order": 1 }, to: 5 },
  { prop: "startup.downDelay", given: { "startup.order": 1 }, to: 5 },
  { prop: "onBoot", to: false },
  { prop: "tags[0]", to: "gpu" },
  { prop: "replaceable", to: true },
  { prop: "disksManagedElsewhere", to: true },
  { prop: "description", to: "a node" },
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
  { prop: "clusterName", to: "other" },
  { prop: "endpoint", to: "https://talos.example:6443", unapplied: "the lab has no DNS" },
  { prop: "kubernetesVersion", to: "1.35.11" },
  { prop: "kubernetesVersion", to: "1.35.9", applied: true },
  { prop: "installDisk", to: "/dev/sdb" },
  {
    prop: "firewall.management[0]",
    given: { firewall: { management: ["127.0.0.1"] } },
    to: "127.0.0.0/9",
  },
  { prop: "timeServers[0]", to: "time.example" },
  { prop: "configPatches", to: [{ machine: { sysctls: { "vm.max_map_count": "262144" } } }] },
  { prop: "outputDirectory", to: "../../../access" },
  { prop: "secretsFile", to: true },
  { prop: "readyTimeout", to: 600 },
];

const pools = { addressPools: [{ name: "lan", blocks: [{ start: "192.168.1.240", stop: "192.168.1.250" }] }] };
const announced = {
  l2Announcements: {
    addressPools: [{ name: "lan", blocks: [...(pools.addressPools[0]?.blocks ?? []), { cidr: "192.168.2.0/28" }] }],
    interfaces: ["eth0"],
  },
};

const cilium: readonly Case[] = [
  { prop: "version", to: "1.19.9" },
  { prop: "method", to: "inline-manifests" },
  { prop: "method", from: "inline-manifests", to: "helm-release" },
  { prop: "hubble.relay", to: false, along: { "hubble.ui": false } },
  { prop: "hubble.ui", to: false },
  { prop: "gatewayApi", to: true },
  {
    prop: "gatewayApiDefinitions",
    given: { gatewayApi: true },
    to: "lab/go/internal/manifests/gateway-api/v1.4.1.yaml",
  },
  { prop: "l2Announcements", to: pools },
  { prop: "l2Announcements", given: announced },
  { prop: "l2Announcements.addressPools[0].name", given: announced, to: "other" },
  { prop: "l2Announcements.addressPools[0].blocks[0].start", given: announced, to: "192.168.1.245" },
  { prop: "l2Announcements.addressPools[0].blocks[0].stop", given: announced, to: "192.168.1.251" },
  { prop: "l2Announcements.addressPools[0].blocks[1].cidr", given: announced, to: "192.168.3.0/28" },
  { prop: "l2Announcements.interfaces[0]", given: announced, to: "enp1s0" },
  { prop: "encryption", to: "wireguard" },
  { prop: "values", to: { debug: { enabled: true } } },
  { prop: "repository", to: "https://helm.cilium.io" },
  { prop: "timeout", to: 1200 },
];

const shared = { sharing: { strategy: "time-slicing", replicas: 2 } };

const nvidia: readonly Case[] = [
  { prop: "method", to: "gpu-operator" },
  { prop: "method", from: "gpu-operator", to: "device-plugin" },
  { prop: "method", to: "dra" },
  { prop: "method", from: "dra", to: "device-plugin" },
  { prop: "sharing", to: shared.sharing },
  { prop: "sharing.strategy", given: shared, to: "mps" },
  { prop: "sharing.replicas", given: shared, to: 4 },
  { prop: "version", to: "0.20.1" },
  { prop: "values", to: { gfd: { enabled: true } } },
  { prop: "smokeTest", to: false },
  { prop: "repository", to: "https://nvidia.github.io/k8s-device-plugin/" },
  { prop: "timeout", to: 1200 },
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
