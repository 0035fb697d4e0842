import { TerraformOutput, type TerraformStack, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import {
  CiliumInstall,
  DownloadedImage,
  GpuInstall,
  HelmInstall,
  LocalStorage,
  NvidiaInstall,
  PciMapping,
  ProxmoxConnection,
  ProxmoxCsi,
  ProxmoxGpuVm,
  type ProxmoxGpuVmProps,
  StateEncryption,
  TalosCluster,
  TalosImage,
  TalosSingleNode,
} from "../constructs";
import * as ciliumInstall from "../constructs/cilium/install-props";
import * as nvidiaInstall from "../constructs/gpu/install-props";
import * as helmInstall from "../constructs/helm/install";
import type { Field } from "../constructs/props/schema";
import * as proxmoxConnection from "../constructs/proxmox/connection";
import * as proxmoxGpuVm from "../constructs/proxmox/gpu-vm-props";
import * as downloadedImage from "../constructs/proxmox/host/downloaded-image";
import * as pciMapping from "../constructs/proxmox/pci/pci-mapping-props";
import * as stateEncryption from "../constructs/state-encryption";
import * as localStorage from "../constructs/storage/local-storage";
import * as proxmoxCsi from "../constructs/storage/proxmox-csi";
import * as talosCluster from "../constructs/talos/cluster";
import * as talosImage from "../constructs/talos/image";
import * as talosSingleNode from "../constructs/talos/single-node";
import { type Case, cases, type Props } from "../lab/changes/cases";
import { siteWithDataDisk } from "../lab/changes/site";
import { certificate } from "./certificate";
import { apiToken, machineAt, nodeIn, password } from "./stacks";

// With lab/changes/cases.ts this is the table of props for tests: each row has a prop, another value, what that needs, and the rules that check a
// variable there. `effects.test.ts`, `tokens.test.ts`, `every-prop.ts` and `proxmox-api.test.ts` read it.

/** A construct by itself: its props, and another value of each. */
export interface Subject {
  readonly schema: Readonly<Record<string, Field>>;
  readonly create: Class;
  /** What it needs of its stack: other constructs, and what says of which construct it is. */
  readonly own?: (stack: TerraformStack) => object;
  /** What shows what it tells others. */
  readonly beside?: (made: never, stack: TerraformStack) => unknown;
  readonly props: object;
  readonly cases: readonly Case[];
  /** Cases for what Terraform checks alone: they change no resource of the construct, or another case does. */
  readonly onlyChecked?: readonly Case[];
  /** Props without another value: those that say of which construct it is, or what a VM knows of the machine that it is. */
  readonly excused?: RegExp;
  /** Scalars that are no variable, or are tested as one elsewhere. */
  readonly notAtPlan?: RegExp;
}

export type Class = new (scope: Construct, id: string, props: never) => Construct;

/** The construct with these props in a stack. */
export function build({ create, own, beside }: Subject, stack: TerraformStack, props: object): void {
  const made = new create(stack, "it", { ...own?.(stack), ...props } as never);
  beside?.(made as never, stack);
}

const connectionIn = (stack: TerraformStack) => new ProxmoxConnection(stack, "proxmox", password);
const device = { address: "01:00", deviceId: "10de:2684", subsystemId: "1458:40bf", iommuGroup: 1 };
const sha512 = { checksum: { algorithm: "sha512", value: "0".repeat(128) } };
const driver = { kernelModules: "open", branch: "production" } as const;
const boot = { image: { fileId: "local:import/talos.qcow2", guestAgent: true } };
const nodeOf = (stack: TerraformStack) => ({ node: nodeIn(stack) });
const gpuNodeOf = (stack: TerraformStack) => ({
  node: nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver } }),
});
const vmOf = (stack: TerraformStack, props: Partial<ProxmoxGpuVmProps> & Pick<ProxmoxGpuVmProps, "connection">) =>
  new ProxmoxGpuVm(stack, "vm", { name: "talos-gpu", node: "pve", boot, ...props });
const patch = { machine: { sysctls: { "vm.max_map_count": "262144" } } };
const release = { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/schematic:v1.13.9" };

/** Of a machine, by itself or beside a Talos of its own; in a list, another one may be at its address. */
function machineCases(path: string, inList = /\[0\]/.test(path)): Case[] {
  const { gateway, ...machine } = machineAt("other", 70, { macAddress: "BC:24:11:00:00:01" });
  const at = (machine: object): Props => {
    const [list = "", within] = path.split("[0]");
    return { [list]: inList ? [within ? { machine } : machine] : machine };
  };
  const given = at({ ...machine, gateway });
  const { macAddress, address, ...rest } = machine;
  const several = at({ ...rest, address, interfaces: [{ macAddress, addresses: [address], gateways: [gateway] }] });
  const dynamic = at({
    ...rest,
    address,
    interfaces: [
      { macAddress, addresses: [address] },
      { macAddress: "BC:24:11:00:00:02", addresses: [] },
    ],
  });
  const once = inList ? ["machine-once"] : [];
  const gatewayRules = ["gateway-in-subnet", ...(inList ? ["virtual-address"] : [])];
  return [
    // The resources of a machine of a cluster are named after it.
    { prop: `${path}.name`, ...(!inList && { judged: ["vm-name-dns"] }), given, to: "another" },
    { prop: `${path}.address`, judged: ["node-address", "gateway-in-subnet"], given, to: "192.168.1.71/24" },
    { prop: `${path}.gateway`, judged: gatewayRules, given, to: "192.168.1.2" },
    { prop: `${path}.dnsServers[0]`, judged: ["dns-server"], given, to: "192.168.1.3" },
    { prop: `${path}.macAddress`, judged: ["mac-address", ...once], given, to: "BC:24:11:00:00:09" },
    { prop: `${path}.installDisk`, judged: ["install-disk-matches-bus"], given, to: "/dev/vda" },
    {
      prop: `${path}.interfaces[0].macAddress`,
      judged: ["mac-address", ...once],
      given: several,
      to: "BC:24:11:00:00:09",
    },
    {
      prop: `${path}.interfaces[0].addresses[0]`,
      judged: ["machine-network", "gateway-in-subnet"],
      given: several,
      to: "192.168.1.71/24",
      along: { [`${path}.address`]: "192.168.1.71/24" },
    },
    { prop: `${path}.interfaces[0].gateways[0]`, judged: gatewayRules, given: several, to: "192.168.1.2" },
    { prop: `${path}.interfaces[1].dhcp`, given: dynamic, to: true },
    { prop: `${path}.interfaces[1].dhcpv6`, given: dynamic, to: true },
  ];
}

const installer = (prop: string, given: Props): Case => ({
  prop,
  judged: ["installer-version"],
  given,
  to: "factory.talos.dev/nocloud-installer/other:v1.13.9",
});

/** Of the driver of a release: its installer has it, so it is for checks alone. */
const driverCases = (path: string, given: Props): Case[] => [
  { prop: `${path}.kernelModules`, judged: ["nvidia-driver"], given, to: "proprietary" },
  { prop: `${path}.branch`, judged: ["nvidia-driver"], given, to: "lts" },
];

const released = { talos: { ...release, nvidia: driver } };
const versionRules = ["talos-version-supported", "kubernetes-version-supported", "installer-version"];
/** Of the release of a whole cluster. */
const releaseCases: readonly Case[] = [
  {
    prop: "talos.version",
    judged: versionRules,
    given: { talos: release },
    to: "v1.13.8",
    along: { "talos.installer": release.installer.replace("v1.13.9", "v1.13.8") },
  },
  { prop: "talos.version", to: "v1.13.8" },
  installer("talos.installer", { talos: release }),
];

/** Of a member of a list of machines. */
function memberCases(list: string): Case[] {
  const machine = machineAt("other", 70);
  const path = `${list}[0]`;
  return [
    ...machineCases(path),
    ...machineCases(`${path}.machine`),
    {
      prop: `${path}.talos.version`,
      judged: ["talos-version-once"],
      given: { [list]: [{ machine, talos: { version: "v1.13.9" } }] },
      to: "v1.13.8",
      along: { "talos.version": "v1.13.8" },
    },
    installer(`${path}.talos.installer`, { [list]: [{ machine, talos: release }] }),
    { prop: `${path}.configPatches[0]`, given: { [list]: [{ machine, talos: release }] }, to: patch },
  ];
}

const memberDrivers = (list: string): Case[] =>
  driverCases(`${list}[0].talos.nvidia`, { [list]: [{ machine: machineAt("other", 70), ...released }] });

const registry = { registry: "docker.io", endpoints: ["http://192.168.1.9"], insecureHttp: true };
const mirrored = { registries: { mirrors: [registry] } };
export const registryCases: readonly Case[] = [
  { prop: "registries.mirrors[0].registry", judged: ["registry-name"], given: mirrored, to: "ghcr.io" },
  {
    prop: "registries.mirrors[0].endpoints[0]",
    judged: ["registry-endpoint", "plain-http"],
    given: mirrored,
    to: "https://mirror.example",
  },
  { prop: "registries.mirrors[0].overridePath", given: mirrored, to: true },
  { prop: "registries.mirrors[0].fallback", given: mirrored, to: false },
  { prop: "registries.certificateAuthorities[0]", judged: ["ca-certificate"], given: {}, to: certificate },
  { prop: "registries.imageCache", to: true },
];

/** What the lab's host has, by the names that cases give it. */
const onHost: Readonly<Record<string, unknown>> = {
  GPU: "01:00",
  GROUP: 1,
  SPARE: "02:00",
  "SPARE GROUP": 2,
  MAPPING: "gpu",
  OTHER: "other",
};
const placed = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value), (_, inside) => onHost[inside as string] ?? inside);

/** `NvidiaInstall` asks which driver it is. A machine without a resource does not restart. */
const ofMachines =
  /^registries[.](credentials|mirrors\[0\][.]insecureHttp)|[.](resource|restartTriggers|talosVersion|pciDevices\[0\]|disks\[0\]|firewall|guest|replaceable|nvidia[.](kernelModules|branch)|driver[.].*)$/;

/** A machine leaves a cluster with what is in the directory, which is therefore known. */
const leavesDirectory = (each: Case): Case => (each.prop === "outputDirectory" ? { ...each, judged: undefined } : each);

/** As the lab has it, the firmware is that of the template. */
const ofTemplate = (each: Case): Case =>
  each.prop === "boot.clone.bios" ? { ...each, to: "seabios", along: { bios: "seabios" } } : each;

const storageClass = { storageClasses: [{ storage: "local-lvm" }] };

export const subjects = {
  ProxmoxGpuVm: {
    schema: proxmoxGpuVm.schema,
    create: ProxmoxGpuVm,
    own: (stack) => ({ connection: connectionIn(stack) }),
    beside: ({ address }: ProxmoxGpuVm, stack) => new TerraformOutput(stack, "address", { value: address }),
    props: { ...siteWithDataDisk.vm, boot },
    cases: [
      ...cases.vm.map((each) => placed(ofTemplate(each))),
      // Not among the lab's: only an administrator of Proxmox moves a VM to another pool.
      { prop: "pool", judged: ["pool-name"], to: "talos" },
    ],
    onlyChecked: [
      { prop: "cpu.type", judged: ["cpu-type-host"], to: "host" },
      { prop: "memory.floating", judged: ["passthrough-pins-memory"], to: 0 },
      { prop: "efiDisk.type", judged: ["ovmf-needs-efi-disk"], to: "4m" },
      { prop: "efiDisk.preEnrolledKeys", judged: ["ovmf-needs-efi-disk"], to: false },
      {
        prop: "initialization.ipConfigs[0].ipv6.address",
        judged: ["gateway-in-subnet"],
        given: { "initialization.ipConfigs[0].ipv6.gateway": "2001:db8::1" },
        to: "2001:db8::50/64",
      },
    ],
    excused: /^(connection|guest)$/,
  },
  TalosSingleNode: {
    schema: talosSingleNode.schema,
    create: TalosSingleNode,
    own: () => ({ clusterName: "talos-gpu", machine: machineAt("talos-gpu", 50) }),
    props: { talos: { version: "v1.13.9" }, kubernetesVersion: "1.35.4" },
    cases: [
      ...cases.cluster.filter(({ applied }) => !applied),
      ...machineCases("machine"),
      ...releaseCases,
      ...registryCases,
    ],
    onlyChecked: driverCases("talos.nvidia", released),
    excused: ofMachines,
    notAtPlan: /^registries[.]credentials/,
  },
  CiliumInstall: {
    schema: ciliumInstall.schema,
    create: CiliumInstall,
    own: nodeOf,
    props: siteWithDataDisk.cilium,
    cases: cases.cilium,
    onlyChecked: [{ prop: "version", judged: ["gateway-api-version"], given: { gatewayApi: true }, to: "1.19.9" }],
    excused: /^(node|insecureHttp)$/,
  },
  NvidiaInstall: {
    schema: nvidiaInstall.schema,
    create: NvidiaInstall,
    own: gpuNodeOf,
    props: {},
    cases: cases.nvidia,
    excused: /^(node|insecureHttp|taint)$/,
  },
  GpuInstall: {
    schema: nvidiaInstall.gpuSchema,
    create: GpuInstall,
    own: gpuNodeOf,
    props: { vendor: "nvidia" },
    cases: cases.nvidia,
    excused: /^(node|insecureHttp|taint|vendor)$/,
  },
  StateEncryption: {
    schema: stateEncryption.schema,
    create: StateEncryption,
    props: {},
    cases: [{ prop: "migrate", to: true }],
  },
  ProxmoxConnection: {
    schema: proxmoxConnection.schema,
    create: ProxmoxConnection,
    beside: (connection: ProxmoxConnection, stack) => vmOf(stack, { connection }),
    props: password,
    cases: [
      { prop: "endpoint", judged: ["endpoint-https", "endpoint-no-secrets"], to: "https://other.example:8006/" },
      { prop: "credentials", to: "api-token" },
      { prop: "username", judged: ["username-realm"], to: "admin@pam" },
      { prop: "insecure", judged: ["proxmox-certificate"], to: true },
      { prop: "checkHost", to: false },
    ],
  },
  PciMapping: {
    schema: pciMapping.schema,
    create: PciMapping,
    own: (stack) => ({ connection: connectionIn(stack) }),
    props: { name: "gpu", node: "pve", ...device, alternatives: [{ ...device, address: "02:00" }] },
    cases: [
      { prop: "name", judged: ["mapping-name"], to: "other" },
      { prop: "node", judged: ["proxmox-name", "gpu-present", "gpu-iommu", "mapping-valid"], to: "pve2" },
      {
        prop: "address",
        judged: ["pci-address-format", "pci-device-once", "gpu-present", "gpu-iommu", "mapping-valid"],
        to: "03:00",
      },
      {
        prop: "deviceId",
        judged: ["pci-device-id", "mapping-valid"],
        to: "10de:2704",
        along: { "alternatives[0].deviceId": "10de:2704" },
      },
      { prop: "subsystemId", judged: ["pci-device-id", "mapping-valid"], to: "1458:40c0" },
      { prop: "iommuGroup", judged: ["mapping-iommu-group", "mapping-valid"], to: 9 },
      {
        prop: "alternatives[0].node",
        judged: ["proxmox-name", "gpu-present", "gpu-iommu", "mapping-valid"],
        to: "pve2",
      },
      {
        prop: "alternatives[0].address",
        judged: ["pci-address-format", "pci-device-once", "gpu-present", "gpu-iommu", "mapping-valid"],
        to: "03:00",
      },
      {
        prop: "alternatives[0].deviceId",
        judged: ["pci-device-id", "mapping-valid"],
        to: "10de:2704",
        along: { deviceId: "10de:2704" },
      },
      { prop: "alternatives[0].subsystemId", judged: ["pci-device-id", "mapping-valid"], to: "1458:40c0" },
      { prop: "alternatives[0].iommuGroup", judged: ["mapping-iommu-group", "mapping-valid"], to: 9 },
    ],
    excused: /^connection$/,
  },
  DownloadedImage: {
    schema: downloadedImage.schema,
    create: DownloadedImage,
    own: (stack) => ({ connection: connectionIn(stack) }),
    props: { node: "pve", url: "https://example.org/talos.qcow2", fileName: "talos.qcow2" },
    cases: [
      { prop: "node", judged: ["proxmox-name", "storage-imports", "storage-space"], to: "pve2" },
      { prop: "datastore", judged: ["proxmox-name", "storage-imports", "storage-space"], to: "other" },
      { prop: "url", judged: ["image-file"], to: "https://example.org/other.qcow2" },
      { prop: "fileName", judged: ["image-file"], to: "other.qcow2" },
      {
        prop: "checksum.algorithm",
        judged: ["prop-type"],
        given: sha512,
        to: "sha256",
        along: { "checksum.value": "0".repeat(64) },
      },
      { prop: "checksum.value", judged: ["image-checksum"], given: sha512, to: "1".repeat(128) },
    ],
    // The VM that boots it is told; `insecureHttp` allows another URL.
    excused: /^(connection|guestAgent|insecureHttp)$/,
    notAtPlan: /^guestAgent$/,
  },
  TalosImage: {
    schema: talosImage.schema,
    create: TalosImage,
    props: { version: "v1.13.9", nvidia: driver },
    cases: [
      { prop: "version", judged: ["talos-version-supported"], to: "v1.13.8" },
      {
        prop: "nvidia.kernelModules",
        judged: ["nvidia-extensions", "nvidia-driver"],
        given: { extensions: ["siderolabs/iscsi-tools"] },
        to: "proprietary",
      },
      {
        prop: "nvidia.branch",
        judged: ["nvidia-extensions"],
        given: { extensions: ["siderolabs/iscsi-tools"] },
        to: "lts",
      },
      {
        prop: "driver.vendor",
        given: { driver: { vendor: "amd" } },
        to: "intel",
        along: { "driver.kernelModules": "i915" },
      },
      { prop: "driver.kernelModules", given: { driver: { vendor: "intel", kernelModules: "i915" } }, to: "xe" },
      { prop: "driver.branch", given: { nvidia: undefined, driver: { vendor: "nvidia", ...driver } }, to: "lts" },
      {
        prop: "driver.forceProbe[0]",
        given: { driver: { vendor: "intel", kernelModules: "xe", forceProbe: ["a780"] } },
        to: "4680",
      },
      { prop: "extensions[0]", judged: ["extension-name"], to: "siderolabs/iscsi-tools" },
      { prop: "extraKernelArgs[0]", judged: ["kernel-argument"], to: "pcie_aspm=off" },
      { prop: "factory", judged: ["factory-url"], to: "https://factory.example" },
    ],
    // It allows another URL.
    excused: /^insecureHttp$/,
  },
  TalosCluster: {
    schema: talosCluster.schema,
    create: TalosCluster,
    own: () => ({ clusterName: "talos-gpu", virtualAddress: "192.168.1.50" }),
    props: {
      talos: { version: "v1.13.9" },
      kubernetesVersion: "1.35.4",
      // Its name would need the cluster's, which may be a variable.
      outputDirectory: "access",
      controlPlanes: [machineAt("control-1", 51, { macAddress: "BC:24:11:00:00:51" })],
      workers: [machineAt("worker-1", 61, { macAddress: "BC:24:11:00:00:61" })],
    },
    cases: [
      ...cases.cluster.filter(({ prop, applied }) => !applied && prop !== "installDisk").map(leavesDirectory),
      ...releaseCases,
      { prop: "virtualAddress", judged: ["virtual-address"], to: "192.168.1.49" },
      ...registryCases,
      { prop: "schedulingOnControlPlanes", to: true },
      { prop: "fromSingleNode", to: "kept" },
      ...["controlPlanePatches", "workerPatches"].map((prop) => ({ prop: `${prop}[0]`, to: patch })),
      ...["controlPlanes", "workers"].flatMap(memberCases),
    ],
    onlyChecked: [...driverCases("talos.nvidia", released), ...["controlPlanes", "workers"].flatMap(memberDrivers)],
    excused: ofMachines,
    // The resources of a machine are named after it, and it leaves with what is in the directory.
    notAtPlan: /^registries[.]credentials|^(controlPlanes|workers)\[0\][.](machine[.])?name$|^outputDirectory$/,
  },
  HelmInstall: {
    schema: helmInstall.schema,
    create: HelmInstall,
    own: (stack) => ({
      ...nodeOf(stack),
      secretValues: { "auth.password": new TerraformVariable(stack, "password", { type: "string" }).stringValue },
    }),
    props: { chart: "ollama", name: "ollama", repository: "https://charts.example/", version: "1.2.3", timeout: 900 },
    cases: [
      { prop: "chart", judged: ["helm-chart-name"], to: "other" },
      { prop: "repository", judged: ["chart-repository", "plain-http"], to: "https://charts.example/other" },
      { prop: "version", judged: ["helm-version"], to: "1.2.4" },
      { prop: "name", judged: ["helm-release-name"], to: "other" },
      { prop: "namespace", judged: ["helm-release-name"], to: "other" },
      { prop: "podSecurity", judged: ["prop-type"], to: "restricted" },
      { prop: "values", to: { replicaCount: 2 } },
      { prop: "secretRevision", judged: ["helm-secret-revision"], to: 2 },
      { prop: "timeout", judged: ["helm-timeout"], to: 1200 },
    ],
    // It has secret values of its own; `insecureHttp` allows another URL.
    excused: /^(node|secretValues|insecureHttp)$/,
  },
  LocalStorage: {
    schema: localStorage.schema,
    create: LocalStorage,
    own: nodeOf,
    props: { disk: "scsi1", timeout: 900 },
    cases: [
      { prop: "disk", to: "scsi2" },
      { prop: "storageClass", to: "fast" },
      { prop: "defaultClass", to: false },
      { prop: "storageTest", to: false },
      { prop: "version", judged: ["local-storage-version"], to: "4.1.0" },
      { prop: "values", to: { localpv: { replicas: 2 } } },
      { prop: "repository", judged: ["chart-repository", "plain-http"], to: "https://charts.example/" },
      { prop: "timeout", judged: ["local-storage-timeout"], to: 1200 },
    ],
    excused: /^(node|insecureHttp)$/,
  },
  ProxmoxCsi: {
    schema: proxmoxCsi.schema,
    create: ProxmoxCsi,
    own: (stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", apiToken);
      const ipConfigs = [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }];
      const machine = vmOf(stack, { connection, initialization: { ipConfigs } });
      return { connection, node: nodeIn(stack, { machine }) };
    },
    props: storageClass,
    cases: [
      {
        prop: "storageClasses[0].storage",
        judged: ["proxmox-name", "proxmox-csi-storage"],
        given: { "storageClasses[0].name": "fast" },
        to: "nas",
      },
      { prop: "storageClasses[0].name", to: "fast" },
      { prop: "storageClasses[0].filesystem", judged: ["prop-type"], to: "xfs" },
      { prop: "storageClasses[0].reclaimPolicy", judged: ["prop-type"], to: "Retain" },
      { prop: "defaultClass", to: false },
      { prop: "region", judged: ["proxmox-csi-region"], to: "other" },
      { prop: "account", judged: ["proxmox-csi-account"], to: "other" },
      { prop: "endpoint", judged: ["proxmox-csi-endpoint"], to: "https://other.example:8006/" },
      { prop: "certificateAuthority", judged: ["proxmox-csi-endpoint"], to: certificate },
      { prop: "storageTest", to: false },
      { prop: "version", judged: ["proxmox-csi-version"], to: "0.5.8" },
      { prop: "values", to: { replicaCount: 2 } },
      { prop: "repository", judged: ["chart-repository", "plain-http"], to: "https://charts.example/" },
      { prop: "timeout", judged: ["proxmox-csi-timeout"], to: 1200 },
    ],
    // A class is named after its storage, and pods name the class.
    notAtPlan: /^storageClasses\[0\][.]name$/,
    excused: /^(node|connection|insecureHttp)$/,
  },
} satisfies Readonly<Record<string, Subject>>;
