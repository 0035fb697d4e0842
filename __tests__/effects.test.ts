import { isDeepStrictEqual } from "node:util";
import { TerraformOutput, type TerraformStack } from "cdktf";
import {
  DownloadedImage,
  type DownloadedImageProps,
  PciMapping,
  type PciMappingProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  TalosGpuCluster,
  type TalosGpuClusterProps,
  TalosImage,
} from "../constructs";
import type { Field } from "../constructs/props/schema";
import * as proxmoxConnection from "../constructs/proxmox/connection";
import * as downloadedImage from "../constructs/proxmox/host/downloaded-image";
import * as pciMapping from "../constructs/proxmox/pci/pci-mapping-props";
import * as talosCluster from "../constructs/talos/cluster";
import * as talosImage from "../constructs/talos/image";
import { type Case, cases, type Part } from "../lab/changes/cases";
import { after, before } from "../lab/changes/props";
import { defaultSite } from "../lab/changes/site";
import { json } from "../scripts/clusters";
import { certificate } from "./certificate";
import { clusterIn, machineAt, password, synthesizedJson, vmIn } from "./stacks";

// A prop that a construct takes, and then forgets, breaks no rule and changes no golden stack.

/** Of the stacks of a part of the tests: most cases begin with the same props. */
function remembered<Props, Stack>(stackOf: (props: Props) => Stack): (props: Props) => Stack {
  const known = new Map<string, Stack>();
  return (props) => {
    const key = JSON.stringify(props);
    const stack = known.get(key) ?? stackOf(props);
    known.set(key, stack);
    return stack;
  };
}

const named = (list: readonly Case[]) => list.map((each) => [each.prop, each] as const);

/** What the lab's host has, by the names that cases give it. */
const onHost: Readonly<Record<string, unknown>> = {
  GPU: "01:00",
  GROUP: 1,
  SPARE: "02:00",
  "SPARE GROUP": 2,
  MAPPING: "gpu",
  OTHER: "other",
};
const placed = (props: object): object =>
  JSON.parse(JSON.stringify(props), (_, value) => onHost[value as string] ?? value);

describe("a change has an effect on the stack: vm", () => {
  const boot = { image: { fileId: "local:import/talos.qcow2", guestAgent: true } };
  const stackOf = remembered((props: object) =>
    synthesizedJson((stack) => {
      const vm = vmIn(stack, props);
      new TerraformOutput(stack, "address", { value: vm.address });
    }),
  );
  test.each(named(cases.vm))("%s", (_, each) => {
    // As the lab has it, the firmware is that of the template.
    const changed = each.prop === "boot.clone.bios" ? { ...each, to: "seabios", along: { bios: "seabios" } } : each;
    const stackWith = (change: typeof before) => stackOf(placed(change(changed, { ...defaultSite.vm, boot })));
    expect(isDeepStrictEqual(stackWith(after), stackWith(before))).toBe(false);
  });
});

const ofCluster = (Object.keys(cases) as Part[]).filter((part) => part !== "vm");
describe.each(ofCluster)("a change has an effect on the stack: %s", (part) => {
  const site: TalosGpuClusterProps & Readonly<Record<string, object>> = defaultSite as never;
  const stackOf = remembered((props: object) =>
    json((scope) => new TalosGpuCluster(scope, "site", { ...site, [part]: props } as TalosGpuClusterProps)),
  );
  test.each(named(cases[part]))("%s", (_, each) => {
    const stackWith = (change: typeof before) => stackOf(change(each, (site[part] as object | undefined) ?? {}));
    expect(isDeepStrictEqual(stackWith(after), stackWith(before))).toBe(false);
  });
});

/** A construct that the lab's changes are not about, by itself: its props, and another value of each. */
interface Subject {
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
const registryCases: readonly Case[] = [
  { prop: "registries.mirrors[0].registry", given: mirrored, to: "ghcr.io" },
  { prop: "registries.mirrors[0].endpoints[0]", given: mirrored, to: "https://mirror.example" },
  { prop: "registries.mirrors[0].overridePath", given: mirrored, to: true },
  { prop: "registries.mirrors[0].fallback", given: mirrored, to: false },
  { prop: "registries.certificateAuthorities[0]", given: {}, to: certificate },
  { prop: "registries.imageCache", to: true },
];

const subjects: Readonly<Record<string, Subject>> = {
  ProxmoxConnection: {
    schema: proxmoxConnection.schema,
    build: (stack, props: ProxmoxConnectionProps) => vmIn(stack, {}, props),
    props: password,
    cases: [
      { prop: "endpoint", to: "https://other.example:8006/" },
      { prop: "credentials", to: "api-token" },
      { prop: "username", to: "admin@pam" },
      { prop: "insecure", to: true },
      { prop: "checkHost", to: false },
    ],
  },
  PciMapping: {
    schema: pciMapping.schema,
    build: (stack, props: PciMappingProps) =>
      new PciMapping(stack, "mapping", { ...props, connection: connectionIn(stack) }),
    props: { name: "gpu", node: "pve", ...device, alternatives: [{ ...device, address: "02:00" }] },
    cases: [
      { prop: "name", to: "other" },
      { prop: "node", to: "pve2" },
      { prop: "address", to: "03:00" },
      { prop: "deviceId", to: "10de:2704", along: { "alternatives[0].deviceId": "10de:2704" } },
      { prop: "subsystemId", to: "1458:40c0" },
      { prop: "iommuGroup", to: 9 },
      { prop: "alternatives[0].node", to: "pve2" },
      { prop: "alternatives[0].address", to: "03:00" },
      { prop: "alternatives[0].deviceId", to: "10de:2704", along: { deviceId: "10de:2704" } },
      { prop: "alternatives[0].subsystemId", to: "1458:40c0" },
      { prop: "alternatives[0].iommuGroup", to: 9 },
    ],
    excused: /^connection$/,
  },
  DownloadedImage: {
    schema: downloadedImage.schema,
    build: (stack, props: DownloadedImageProps) =>
      new DownloadedImage(stack, "image", { ...props, connection: connectionIn(stack) }),
    props: { node: "pve", url: "https://example.org/talos.qcow2", fileName: "talos.qcow2" },
    cases: [
      { prop: "node", to: "pve2" },
      { prop: "datastore", to: "other" },
      { prop: "url", to: "https://example.org/other.qcow2" },
      { prop: "fileName", to: "other.qcow2" },
      { prop: "checksum.algorithm", given: sha512, to: "sha256", along: { "checksum.value": "0".repeat(64) } },
      { prop: "checksum.value", given: sha512, to: "1".repeat(128) },
    ],
    // The VM that boots it is told; `insecureHttp` allows another URL.
    excused: /^(connection|guestAgent|insecureHttp)$/,
  },
  TalosImage: {
    schema: talosImage.schema,
    build: (stack, props: object) => new TalosImage(stack, "image", props),
    props: { version: "v1.13.9", nvidia: driver },
    cases: [
      { prop: "version", to: "v1.13.8" },
      { prop: "nvidia.kernelModules", to: "proprietary" },
      { prop: "nvidia.branch", to: "lts" },
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
      { prop: "extensions[0]", to: "siderolabs/iscsi-tools" },
      { prop: "extraKernelArgs[0]", to: "pcie_aspm=off" },
      { prop: "factory", to: "https://factory.example" },
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
};

/** The props that have no others below them. In a list, the first member stands for all. */
const leavesOf = (fields: Readonly<Record<string, Field>>, path = ""): string[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    const here = `${path}${name}${field.list ? "[0]" : ""}`;
    return field.fields ? leavesOf(field.fields, `${here}.`) : [here];
  });

describe.each(Object.entries(subjects))("a change has an effect on the stack: %s", (_, subject) => {
  const { schema, build, props, cases, excused } = subject;

  test("every prop has a case", () => {
    const told = new Set(cases.flatMap(({ prop }) => [prop.replace(/\[[1-9]\]/g, "[0]"), `${prop}[0]`]));
    expect(leavesOf(schema).filter((leaf) => !told.has(leaf) && !excused?.test(leaf))).toEqual([]);
  });

  const stackOf = remembered((props: object) => synthesizedJson((stack) => void build(stack, props as never)));
  test.each(named(cases))("%s", (_, each) => {
    expect(isDeepStrictEqual(stackOf(after(each, props)), stackOf(before(each, props)))).toBe(false);
  });
});
