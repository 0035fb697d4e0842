import type { App } from "cdktf";
import type { Construct } from "constructs";
import fc from "fast-check";
import { TalosGpuCluster, type TalosGpuClusterProps } from "../constructs";
import { driversOf, type GpuVendor } from "../constructs/talos/driver";
import { mergeValues } from "../constructs/terraform/document";
import { problemsOf } from "./stacks";

type Props = Readonly<Record<string, unknown>>;

/** The props of a `TalosGpuCluster`, by the part that they belong to; `machines` are the further ones. */
export const parts = ["vm", "talos", "cluster", "cilium", "nvidia", "amd", "intel", "machines"] as const;
export type RandomSite = Readonly<Record<(typeof parts)[number], Props>>;

const among = fc.constantFrom;
const bit = fc.boolean();
const partly = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Props> =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Props>;

/** Some of the objects, merged key by key. */
const some = (...objects: Record<string, unknown>[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.subarray(objects, { maxLength: Math.min(3, objects.length) }).map((chosen) => mergeValues({}, ...chosen));

const vm = {
  vmId: among(100, 4711),
  guest: among("talos"),
  gpus: among([{ address: "01:00", functions: "all" }], [{ address: "01:00" }], []),
  usb: among([], [{ host: "1050:0407" }, { host: "1-2.3" }]),
  cpu: partly({ cores: among(2, 4), sockets: among(1, 2), type: among("host", "x86-64-v3", "kvm64") }),
  memory: partly({ dedicated: among(2048, 8192), floating: among(0, 4096) }),
  disks: fc.array(
    partly({
      size: among(20, 100),
      datastore: among("local-lvm"),
      interface: among("scsi0", "scsi1", "virtio0", "sata1"),
      cache: among("none", "writeback"),
      discard: among("on", "ignore"),
      ssd: bit,
      backup: bit,
    }),
    { maxLength: 2 },
  ),
  efiDisk: fc.oneof(among(false), partly({ type: among("4m", "2m"), preEnrolledKeys: bit })),
  networkDevices: fc.array(
    partly({
      model: among("virtio", "e1000"),
      macAddress: among("BC:24:11:00:00:0A", "bc:24:11:00:00:0b"),
      mtu: among(1500),
    }),
    { maxLength: 2 },
  ),
  firewall: among({ management: ["192.168.20.0/24"] }),
  agent: partly({ enabled: bit, trim: bit, type: among("virtio", "isa"), timeout: among("5s", "1m30s") }),
  bios: among("ovmf", "seabios"),
  machine: among("q35", "pc"),
  scsiHardware: among("virtio-scsi-pci", "virtio-scsi-single"),
  serialDevices: fc.array(among("socket"), { maxLength: 2 }),
  vga: partly({ type: among("std", "serial0", "virtio"), memory: among(16, 32) }),
  startup: partly({ order: among(0, 3), upDelay: among(0, 10), downDelay: among(20) }),
  backup: partly({
    datastore: among("local"),
    schedule: among("02:00"),
    keep: partly({ last: among(3), daily: among(0, 7) }),
  }),
  onBoot: bit,
  tags: fc.subarray(["gpu", "lab", "Tag"]),
  replaceable: bit,
  disksManagedElsewhere: bit,
  description: among("", " a node\n", "first\r\nsecond"),
};

const talos = {
  version: among("v1.11.6", "v1.12.9", "v1.13.9", "v1.14.6"),
  nvidia: fc.record({ kernelModules: among("open", "proprietary"), branch: among("production", "lts") }),
  driver: among(
    { vendor: "amd" },
    { vendor: "intel", kernelModules: "i915" },
    { vendor: "intel", kernelModules: "xe" },
    [{ vendor: "amd" }, { vendor: "intel", kernelModules: "i915" }],
  ),
  extensions: fc.subarray(["siderolabs/iscsi-tools", "siderolabs/util-linux-tools", "siderolabs/xe"]),
  extraKernelArgs: fc.subarray(["pcie_aspm=off", "-console", "net.ifnames=0"]),
};

/** Patches of what people patch, some of which the constructs have promised otherwise. */
const patch = some(
  { machine: { sysctls: { "vm.nr_hugepages": "64" } } },
  { machine: { nodeLabels: { room: "lab", "topology.kubernetes.io/zone": "a" } } },
  { machine: { kubelet: { extraArgs: { "max-pods": "200" } } } },
  { machine: { kubelet: { extraConfig: { serializeImagePulls: false } } } },
  { machine: { kubelet: { extraMounts: [{ destination: "/var/local", type: "bind", source: "/var/local" }] } } },
  { machine: { features: { hostDNS: { enabled: true, forwardKubeDNSToHost: false } } } },
  { machine: { features: { kubePrism: { enabled: false } } } },
  { machine: { network: { extraHostEntries: [{ ip: "10.9.0.1", aliases: ["nas"] }] } } },
  { machine: { time: { bootTimeout: "2m0s" } } },
  { machine: { files: [{ content: "a", permissions: 0o644, path: "/var/etc/a", op: "create" }] } },
  { cluster: { apiServer: { extraArgs: { "audit-log-maxage": "7" } } } },
  { cluster: { controllerManager: { extraArgs: { "bind-address": "0.0.0.0" } } } },
  { cluster: { network: { podSubnets: ["10.42.0.0/16"], serviceSubnets: ["10.43.0.0/16"] } } },
  { cluster: { network: { dnsDomain: "lab.local" } } },
  { cluster: { discovery: { enabled: false } } },
  { cluster: { coreDNS: { disabled: true } } },
  { cluster: { allowSchedulingOnControlPlanes: false } },
);

const cluster = {
  clusterName: among("talos-gpu", "Lab.1", "a"),
  kubernetesVersion: among("1.34.1", "1.35.4"),
  timeServers: fc.subarray(["time.cloudflare.com", "192.168.1.1"]),
  registries: among({ mirrors: [{ registry: "docker.io", endpoints: ["https://mirror.example"], fallback: false }] }),
  firewall: among({ management: ["192.168.20.0/24"] }),
  configPatches: fc.array(patch, { maxLength: 2 }),
  controlPlanePatches: fc.array(patch, { maxLength: 1 }),
  workerPatches: fc.array(patch, { maxLength: 1 }),
  schedulingOnControlPlanes: bit,
  secretsFile: bit,
  installDisk: among("/dev/sda", "/dev/vda"),
  readyTimeout: among(240, 900),
};

const block = among(
  { cidr: "10.77.0.0/28" },
  { start: "10.77.1.10", stop: "10.77.1.20" },
  { cidr: "2001:db8:77::/120" },
);
const addressPool = fc.record({ name: among("lan", "a.b"), blocks: fc.array(block, { maxLength: 2 }) });

const cilium = {
  version: among("1.18.12", "1.19.6", "1.20.2"),
  method: among("helm-release", "inline-manifests"),
  hubble: partly({ relay: bit, ui: bit }),
  gatewayApi: bit,
  l2Announcements: fc.record(
    {
      addressPools: fc.array(addressPool, { maxLength: 2 }),
      interfaces: fc.subarray(["^eth[0-9]+", "ens18"]),
    },
    { requiredKeys: ["addressPools"] },
  ),
  encryption: among("wireguard"),
  timeout: among(600, 900),
  values: some(
    { bpf: { masquerade: true } },
    { bandwidthManager: { enabled: true, bbr: true } },
    { routingMode: "native", ipv4NativeRoutingCIDR: "10.244.0.0/16", autoDirectNodeRoutes: true },
    { egressGateway: { enabled: true } },
    { hubble: { enabled: false } },
    { debug: { enabled: true } },
    { prometheus: { enabled: true } },
    { operator: { replicas: 1, prometheus: { enabled: true } } },
    { ingressController: { enabled: true } },
    { kubeProxyReplacement: "true" },
    { extraConfig: { "enable-gateway-api": "false" } },
    { tolerations: [{ operator: "Exists" }] },
    { l7Proxy: false },
  ),
};

const nvidia = {
  method: among("device-plugin", "gpu-operator", "dra"),
  sharing: fc.record({ strategy: among("time-slicing", "mps"), replicas: among(1, 2, 4) }),
  taint: bit,
  smokeTest: bit,
  timeout: among(600, 900),
  values: some({ priorityClassName: "system-node-critical" }, { tolerations: [] }),
};

const otherVendor = {
  method: among("device-plugin", "dra"),
  sharing: fc.record({ strategy: among("shared", "time-slicing"), replicas: among(1, 5) }),
  taint: bit,
  smokeTest: bit,
  timeout: among(600, 900),
  values: some({ priorityClassName: "system-node-critical" }, { tolerations: [] }),
};

const machine = partly({
  gpus: among([{ address: "05:00", functions: "all" }], []),
  cpu: partly({ cores: among(2, 4) }),
  memory: partly({ dedicated: among(4096, 8192) }),
  tags: fc.subarray(["lab", "further"]),
  startup: partly({ order: among(1, 2) }),
  replaceable: bit,
});

/** Machines take time in the lab: one site in ten has further control planes, one in four has workers. */
const machines = {
  controlPlanes: fc.oneof(
    { weight: 4, arbitrary: among(undefined) },
    { weight: 1, arbitrary: fc.tuple(machine, machine) },
  ),
  workers: fc.oneof(
    { weight: 1, arbitrary: among(undefined) },
    { weight: 1, arbitrary: fc.array(machine, { maxLength: 2 }) },
  ),
};

/** What random sites have, by part and prop. */
export const drawn = { vm, talos, cluster, cilium, nvidia, amd: otherVendor, intel: otherVendor, machines } as const;

const notDrawnOfInstalls = {
  node: "is the cluster",
  version: "is that of the chart at hand",
  repository: "is the lab's",
  insecureHttp: "goes with another repository",
};

/** Props that no random site has, and why. */
export const notDrawn: Readonly<Record<(typeof parts)[number], Readonly<Record<string, string>>>> = {
  vm: {
    connection: "is the site's",
    boot: "is the image of `talos`",
    name: "is that of the node",
    node: "is that of the host",
    initialization: "has the address of the node",
    pool: "has to be on the host",
  },
  talos: {
    factory: "is the lab's",
    insecureHttp: "goes with another factory",
    datastore: "has to be on the host",
    checksum: "is that of an image that was looked at",
    installer: "goes with a boot medium of one's own",
  },
  cluster: {
    machine: "is the VM",
    talos: "is `talos`",
    endpoint: "has to lead to the node",
    virtualAddress: "is for several machines",
    outputDirectory: "is the test's",
  },
  cilium: {
    node: "is the cluster",
    gatewayApiDefinitions: "is a file or a mirror",
    repository: "is the lab's",
    insecureHttp: "goes with another repository",
  },
  nvidia: notDrawnOfInstalls,
  amd: notDrawnOfInstalls,
  intel: notDrawnOfInstalls,
  machines: {},
};

/** A site with any of the props; few are accepted as they are. */
export const randomSite = fc.record({
  vm: partly(vm),
  talos: partly(talos),
  cluster: partly(cluster),
  cilium: partly(cilium),
  nvidia: partly(nvidia),
  amd: partly(otherVendor),
  intel: partly(otherVendor),
  machines: partly(machines),
}) as fc.Arbitrary<RandomSite>;

export const emptySite: RandomSite = {
  vm: {},
  talos: {},
  cluster: {},
  cilium: {},
  nvidia: {},
  amd: {},
  intel: {},
  machines: {},
};

/** Addresses for further machines of a site. */
export interface Addresses {
  readonly gateway: string;
  readonly virtual: string;
  readonly controlPlanes: readonly string[];
  readonly workers: readonly string[];
}

/** The props of the further machines, and the address that control planes share. */
export function furtherMachines({ machines }: RandomSite, { gateway, virtual, controlPlanes, workers }: Addresses) {
  const placed = (list: unknown, name: string, vmId: number, addresses: readonly string[]) =>
    (list as Props[] | undefined)?.map((machine, index) => ({
      name: `${name}-${index + 1}`,
      node: "pve",
      vmId: vmId + index,
      initialization: { ipConfigs: [{ address: `${addresses[index]}/24`, gateway }] },
      ...machine,
    }));
  return {
    virtualAddress: Array.isArray(machines.controlPlanes) && machines.controlPlanes.length > 0 ? virtual : undefined,
    controlPlanes: placed(machines.controlPlanes, "control", 201, controlPlanes),
    workers: placed(machines.workers, "worker", 211, workers),
  };
}

/** How pods get the GPUs of the drivers that the site's Talos has; of others there is nothing to say. */
export function installsOf({ talos, nvidia, amd, intel }: RandomSite) {
  const vendors = driversOf(talos).map(({ vendor }) => vendor);
  const given = (vendor: GpuVendor, props: Props) => (vendors.includes(vendor) ? props : undefined);
  return { nvidia: given("nvidia", nvidia), amd: given("amd", amd), intel: given("intel", intel) };
}

const own: Addresses = {
  gateway: "192.168.1.1",
  virtual: "192.168.1.60",
  controlPlanes: ["192.168.1.51", "192.168.1.52"],
  workers: ["192.168.1.53", "192.168.1.54"],
};

/** The props of `TalosGpuCluster` for the site, on a host of its own. */
export function siteProps(site: RandomSite): TalosGpuClusterProps {
  const { vm, talos, cluster, cilium } = site;
  const { virtualAddress, ...machines } = furtherMachines(site, own);
  return {
    proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
    vm: {
      name: "talos-gpu",
      node: "pve",
      vmId: 100,
      gpus: [{ address: "01:00", functions: "all" }],
      initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
      ...vm,
    },
    talos,
    cluster: { clusterName: "talos-gpu", ...cluster, ...(virtualAddress && { virtualAddress }) },
    cilium,
    ...installsOf(site),
    ...machines,
  } as never;
}

export const siteIn = (scope: Construct, site: RandomSite): TalosGpuCluster =>
  new TalosGpuCluster(scope as App, "talos-gpu", siteProps(site));

const isAccepted = (site: RandomSite): boolean => problemsOf((stack) => void siteIn(stack, site)).length === 0;

/** A value as a whole or, item by item, what is accepted of it beside the items before; undefined if that is nothing. */
function partOf(value: unknown, accepts: (part: unknown) => boolean): unknown {
  if (accepts(value)) return value;
  if (typeof value !== "object" || value === null) return undefined;
  const isList = Array.isArray(value);
  let kept: object = isList ? [] : {};
  for (const [key, item] of Object.entries(value)) {
    const beside = (part: unknown) => (isList ? [...(kept as unknown[]), part] : { ...kept, [key]: part });
    const part = partOf(item, (each) => accepts(beside(each)));
    if (part !== undefined) kept = beside(part);
  }
  return accepts(kept) ? kept : undefined;
}

/** What the rules accept of a site, part by part: each prop, patch and value as a whole or in part. */
export function acceptedOf(site: RandomSite): RandomSite {
  const inOrder = Object.fromEntries(parts.map((part) => [part, site[part]]));
  const accepts = (some: unknown) => isAccepted({ ...emptySite, ...(some as object) });
  return { ...emptySite, ...(partOf(inOrder, accepts) as object) };
}

export const sampleOf = (seed: number): RandomSite => fc.sample(randomSite, { seed, numRuns: 1 })[0] ?? emptySite;
