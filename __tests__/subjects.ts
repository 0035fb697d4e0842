import { type TerraformStack, TerraformVariable } from "cdktf";
import {
  DownloadedImage,
  type DownloadedImageProps,
  HelmInstall,
  type HelmInstallProps,
  LocalStorage,
  type LocalStorageProps,
  PciMapping,
  type PciMappingProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  TalosImage,
} from "../constructs";
import * as helmInstall from "../constructs/helm/install";
import type { Field } from "../constructs/props/schema";
import * as proxmoxConnection from "../constructs/proxmox/connection";
import * as downloadedImage from "../constructs/proxmox/host/downloaded-image";
import * as pciMapping from "../constructs/proxmox/pci/pci-mapping-props";
import * as localStorage from "../constructs/storage/local-storage";
import * as proxmoxCsi from "../constructs/storage/proxmox-csi";
import * as talosCluster from "../constructs/talos/cluster";
import * as talosImage from "../constructs/talos/image";
import { type Case, cases } from "../lab/changes/cases";
import { certificate } from "./certificate";
import { csi } from "./fixtures/proxmox-csi";
import { clusterIn, machineAt, nodeIn, password, vmIn } from "./stacks";

// The constructs that the lab's changes are not about. With lab/changes/cases.ts this is the table of props for tests: each row has a prop, another
// value, what that needs, and the rules that check a variable there. `effects.test.ts` and `tokens.test.ts` read both.

/** A construct that the lab's changes are not about, by itself: its props, and another value of each. */
export interface Subject {
  readonly schema: Readonly<Record<string, Field>>;
  readonly build: (stack: TerraformStack, props: never) => unknown;
  readonly props: object;
  readonly cases: readonly Case[];
  /** Props that say of which construct it is, or what a VM knows of the machine that it is. */
  readonly excused?: RegExp;
}

const connectionIn = (stack: TerraformStack) => new ProxmoxConnection(stack, "proxmox", password);
const device = { address: "01:00", deviceId: "10de:2684", subsystemId: "1458:40bf", iommuGroup: 1 };
const sha512 = { checksum: { algorithm: "sha512", value: "0".repeat(128) } };
const driver = { kernelModules: "open", branch: "production" };
const patch = { machine: { sysctls: { "vm.max_map_count": "262144" } } };
const release = { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/schematic:v1.13.9" };

/** Of a machine in a list, by itself or beside a Talos of its own. */
function machineCases(list: string, path: string): Case[] {
  const { gateway, ...machine } = machineAt("other", 70, { macAddress: "BC:24:11:00:00:01" });
  const at = (machine: object) => ({ [list]: [path.endsWith(".machine") ? { machine } : machine] });
  const given = at({ ...machine, gateway });
  const { macAddress, ...rest } = machine;
  const several = at({ ...rest, interfaces: [{ macAddress, addresses: [machine.address], gateways: [gateway] }] });
  const { address } = machine;
  const dynamic = at({
    ...rest,
    interfaces: [
      { macAddress, addresses: [address] },
      { macAddress: "BC:24:11:00:00:02", addresses: [] },
    ],
  });
  return [
    { prop: `${path}.name`, given, to: "another" },
    { prop: `${path}.address`, given, to: "192.168.1.71/24" },
    { prop: `${path}.gateway`, given, to: "192.168.1.2" },
    { prop: `${path}.dnsServers[0]`, given, to: "192.168.1.3" },
    { prop: `${path}.macAddress`, given, to: "BC:24:11:00:00:09" },
    { prop: `${path}.installDisk`, given, to: "/dev/vda" },
    { prop: `${path}.interfaces[0].macAddress`, given: several, to: "BC:24:11:00:00:09" },
    {
      prop: `${path}.interfaces[0].addresses[0]`,
      given: several,
      to: "192.168.1.71/24",
      along: { [`${path}.address`]: "192.168.1.71/24" },
    },
    { prop: `${path}.interfaces[0].gateways[0]`, given: several, to: "192.168.1.2" },
    { prop: `${path}.interfaces[1].dhcp`, given: dynamic, to: true },
    { prop: `${path}.interfaces[1].dhcpv6`, given: dynamic, to: true },
  ];
}

/** Of a member of a list of machines. */
const memberCases = (list: string): Case[] => {
  const machine = machineAt("other", 70);
  const given = { [list]: [{ machine, talos: { ...release, nvidia: driver } }] };
  const path = `${list}[0]`;
  return [
    ...machineCases(list, path),
    ...machineCases(list, `${path}.machine`),
    {
      prop: `${path}.talos.version`,
      given: { [list]: [{ machine, talos: { version: "v1.13.9" } }] },
      to: "v1.13.8",
      along: { "talos.version": "v1.13.8" },
    },
    { prop: `${path}.talos.installer`, given, to: "factory.talos.dev/nocloud-installer/other:v1.13.9" },
    { prop: `${path}.configPatches[0]`, given, to: patch },
  ];
};

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

const storageClass = { storageClasses: [{ storage: "local-lvm" }] };

export const subjects = {
  ProxmoxConnection: {
    schema: proxmoxConnection.schema,
    build: (stack, props: ProxmoxConnectionProps) => vmIn(stack, {}, props),
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
    build: (stack, props: PciMappingProps) =>
      new PciMapping(stack, "mapping", { ...props, connection: connectionIn(stack) }),
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
    build: (stack, props: DownloadedImageProps) =>
      new DownloadedImage(stack, "image", { ...props, connection: connectionIn(stack) }),
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
  },
  TalosImage: {
    schema: talosImage.schema,
    build: (stack, props: object) => new TalosImage(stack, "image", props),
    props: { version: "v1.13.9", nvidia: driver },
    cases: [
      { prop: "version", judged: ["talos-version-supported"], to: "v1.13.8" },
      { prop: "nvidia.kernelModules", judged: ["nvidia-extensions", "nvidia-driver"], to: "proprietary" },
      { prop: "nvidia.branch", judged: ["nvidia-extensions"], to: "lts" },
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
    build: (stack, props: object) => clusterIn(stack, props),
    props: { talos: { version: "v1.13.9" } },
    cases: [
      ...cases.cluster.filter(({ prop, applied }) => !applied && prop !== "installDisk"),
      { prop: "talos.version", to: "v1.13.8" },
      { prop: "talos.installer", to: release.installer },
      { prop: "virtualAddress", to: "192.168.1.49" },
      ...registryCases,
      { prop: "schedulingOnControlPlanes", to: true },
      { prop: "fromSingleNode", to: "kept" },
      ...["controlPlanePatches", "workerPatches"].map((prop) => ({ prop: `${prop}[0]`, to: patch })),
      ...["controlPlanes", "workers"].flatMap(memberCases),
    ],
    // The installer has the driver; NvidiaInstall asks which it is. A machine without a resource does not restart.
    excused:
      /^registries[.](credentials|mirrors\[0\][.]insecureHttp)|[.](resource|restartTriggers|talosVersion|pciDevices\[0\]|disks\[0\]|firewall|guest|replaceable|nvidia[.]kernelModules|nvidia[.]branch|driver[.].*)$/,
  },
  HelmInstall: {
    schema: helmInstall.schema,
    build: (stack, props: HelmInstallProps) =>
      new HelmInstall(stack, "helm", {
        ...props,
        secretValues: { "auth.password": new TerraformVariable(stack, "password", { type: "string" }).stringValue },
        node: nodeIn(stack),
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
      { prop: "secretRevision", judged: [], to: 2 },
      { prop: "timeout", judged: ["helm-timeout"], to: 1200 },
    ],
    // The build has the secret values; `insecureHttp` allows another URL.
    excused: /^(node|secretValues|insecureHttp)$/,
  },
  LocalStorage: {
    schema: localStorage.schema,
    build: (stack, props: LocalStorageProps) => new LocalStorage(stack, "storage", { ...props, node: nodeIn(stack) }),
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
    build: (stack, props: object) => csi(props)(stack),
    props: storageClass,
    cases: [
      { prop: "storageClasses[0].storage", to: "nas" },
      { prop: "storageClasses[0].name", to: "fast" },
      { prop: "storageClasses[0].filesystem", to: "xfs" },
      { prop: "storageClasses[0].reclaimPolicy", to: "Retain" },
      { prop: "defaultClass", to: false },
      { prop: "region", to: "other" },
      { prop: "account", to: "other" },
      { prop: "endpoint", to: "https://other.example:8006/" },
      { prop: "certificateAuthority", to: certificate },
      { prop: "storageTest", to: false },
      { prop: "version", to: "0.5.8" },
      { prop: "values", to: { replicaCount: 2 } },
      { prop: "repository", to: "https://charts.example/" },
      { prop: "timeout", to: 1200 },
    ],
    excused: /^(node|connection|insecureHttp)$/,
  },
} satisfies Readonly<Record<string, Subject>>;
