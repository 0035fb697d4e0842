import { type TerraformStack, TerraformVariable, Testing } from "cdktf";
import {
  type CiliumInstallProps,
  DownloadedImage,
  type DownloadedImageProps,
  HelmInstall,
  type HelmInstallProps,
  LocalStorage,
  type LocalStorageProps,
  NvidiaInstall,
  PciMapping,
  type PciMappingProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  type ProxmoxGpuVmProps,
  type TalosClusterProps,
  TalosGpuCluster,
  TalosImage,
  type TalosSingleNodeProps,
} from "../constructs";
import * as ciliumInstall from "../constructs/cilium/install-props";
import * as nvidiaInstall from "../constructs/gpu/install-props";
import * as helmInstall from "../constructs/helm/install";
import type { Field } from "../constructs/props/schema";
import * as proxmoxConnection from "../constructs/proxmox/connection";
import * as proxmoxGpuVm from "../constructs/proxmox/gpu-vm-props";
import * as downloadedImage from "../constructs/proxmox/host/downloaded-image";
import * as pciMapping from "../constructs/proxmox/pci/pci-mapping-props";
import * as localStorage from "../constructs/storage/local-storage";
import * as talosCluster from "../constructs/talos/cluster";
import * as talosImage from "../constructs/talos/image";
import * as talosSingleNode from "../constructs/talos/single-node";
import { type Case, cases } from "../lab/changes/cases";
import { conformance } from "./conformance";
import { ciliumProps, clusterProps, type machine, nodeProps, vmProps } from "./props.fixtures";
import { checksIn, ciliumIn, clusterIn, machineAt, newApp, nodeIn, outcomeOf, password, vmIn } from "./stacks";
import { registryCases, subjects } from "./subjects";

const connectionIn = (stack: TerraformStack) => new ProxmoxConnection(stack, "proxmox", password);
const device = { address: "01:00", deviceId: "10de:2684", subsystemId: "1458:40bf", iommuGroup: 1 };
const driver = { kernelModules: "open", branch: "production" } as const;

/** Rules that judge a prop, which Terraform has to check when it is a variable. */
type Judged = Readonly<Record<string, readonly string[]>>;

/** The rules that check a variable, by prop. A list's first item stands for all. */
const judgedIn = (rows: readonly Case[]): Judged =>
  Object.fromEntries(rows.flatMap(({ prop, judged }) => (judged ? [[prop.replace(/\[[1-9]\]/g, "[0]"), judged]] : [])));

const judgedOfNode: Judged = {
  ...judgedIn([...cases.cluster, ...registryCases]),
  "machine.name": ["vm-name-dns"],
  "machine.address": ["node-address", "gateway-in-subnet"],
  "machine.gateway": ["gateway-in-subnet"],
  "machine.dnsServers[0]": ["dns-server"],
  "machine.macAddress": ["mac-address"],
  "machine.interfaces[0].macAddress": ["mac-address"],
  "machine.interfaces[0].addresses[0]": ["machine-network", "gateway-in-subnet"],
  "machine.interfaces[0].gateways[0]": ["gateway-in-subnet"],
  "machine.installDisk": ["install-disk-matches-bus"],
  "talos.version": ["talos-version-supported", "kubernetes-version-supported", "installer-version"],
  "talos.installer": ["installer-version"],
  "talos.nvidia.kernelModules": ["nvidia-driver"],
  "talos.nvidia.branch": ["nvidia-driver"],
};

/** What is judged of a machine and of its Talos, in each of the lists; a name is none that may be a variable. */
const judgedOfMachines = ["controlPlanes[0]", "workers[0]"].flatMap((path) =>
  Object.entries(judgedOfNode).flatMap(([scalar, rules]): [string, readonly string[]][] => {
    const ofMachine = scalar.match(/^machine[.](.*)/)?.[1];
    const virtual = ofMachine?.includes("gateways") ? ["virtual-address"] : [];
    const once = ofMachine === "macAddress" || ofMachine?.endsWith("].macAddress") ? ["machine-once"] : [];
    const own = [...rules, ...once, ...virtual];
    if (ofMachine === "name") return [];
    if (ofMachine) return [`${path}.${ofMachine}`, `${path}.machine.${ofMachine}`].map((each) => [each, own]);
    if (!scalar.startsWith("talos.")) return [];
    return [[`${path}.${scalar}`, scalar === "talos.version" ? ["talos-version-once"] : rules]];
  }),
);

const judgedOfCluster: Judged = {
  ...Object.fromEntries(
    Object.entries(judgedOfNode).filter(([scalar]) => !/^machine[.]|^(installDisk|outputDirectory)$/.test(scalar)),
  ),
  ...Object.fromEntries(judgedOfMachines),
  virtualAddress: ["virtual-address"],
};

const constructs: [string, Judged, Record<string, Field>, object, (stack: TerraformStack, props: object) => unknown][] =
  [
    [
      "ProxmoxGpuVm",
      { ...judgedIn(cases.vm), pool: ["pool-name"] },
      proxmoxGpuVm.schema,
      vmProps,
      (stack, props) => vmIn(stack, props as ProxmoxGpuVmProps),
    ],
    [
      "TalosSingleNode",
      judgedOfNode,
      talosSingleNode.schema,
      nodeProps,
      (stack, props) => nodeIn(stack, props as TalosSingleNodeProps),
    ],
    [
      "TalosCluster",
      judgedOfCluster,
      talosCluster.schema,
      clusterProps,
      (stack, props) => clusterIn(stack, props as TalosClusterProps),
    ],
    [
      "CiliumInstall",
      judgedIn(cases.cilium),
      ciliumInstall.schema,
      ciliumProps,
      (stack, props) => ciliumIn(stack, props as CiliumInstallProps),
    ],
    [
      "ProxmoxConnection",
      judgedIn(subjects.ProxmoxConnection.cases),
      proxmoxConnection.schema,
      { ...password, username: "root@pam", insecure: true, checkHost: true },
      (stack, props) => vmIn(stack, {}, props as ProxmoxConnectionProps),
    ],
    [
      "PciMapping",
      judgedIn(subjects.PciMapping.cases),
      pciMapping.schema,
      { name: "gpu", node: "pve", ...device, alternatives: [{ ...device, address: "02:00", node: "pve" }] },
      (stack, props) =>
        new PciMapping(stack, "mapping", { ...(props as PciMappingProps), connection: connectionIn(stack) }),
    ],
    [
      "DownloadedImage",
      judgedIn(subjects.DownloadedImage.cases),
      downloadedImage.schema,
      {
        node: "pve",
        datastore: "local",
        url: "https://example.org/talos.qcow2",
        fileName: "talos.qcow2",
        checksum: { algorithm: "sha256", value: "0".repeat(64) },
      },
      (stack, props) =>
        new DownloadedImage(stack, "image", { ...(props as DownloadedImageProps), connection: connectionIn(stack) }),
    ],
    [
      "TalosImage",
      judgedIn(subjects.TalosImage.cases),
      talosImage.schema,
      { version: "v1.13.9", nvidia: driver, extensions: ["siderolabs/iscsi-tools"], extraKernelArgs: ["quiet"] },
      (stack, props) => new TalosImage(stack, "image", props),
    ],
    [
      "NvidiaInstall",
      judgedIn(cases.nvidia),
      nvidiaInstall.schema,
      { sharing: { strategy: "time-slicing", replicas: 2 }, timeout: 900, smokeTest: true },
      (stack, props) =>
        new NvidiaInstall(stack, "nvidia", {
          ...props,
          node: nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver } }),
        }),
    ],
    [
      "LocalStorage",
      judgedIn(subjects.LocalStorage.cases),
      localStorage.schema,
      { disk: "scsi1", timeout: 900 },
      (stack, props) => new LocalStorage(stack, "storage", { ...(props as LocalStorageProps), node: nodeIn(stack) }),
    ],
    [
      "HelmInstall",
      judgedIn(subjects.HelmInstall.cases),
      helmInstall.schema,
      {
        chart: "ollama",
        name: "ollama",
        repository: "https://charts.example/",
        version: "1.2.3",
        timeout: 900,
      },
      (stack, props) =>
        new HelmInstall(stack, "helm", {
          ...(props as HelmInstallProps),
          secretValues: { "auth.password": new TerraformVariable(stack, "password", { type: "string" }).stringValue },
          node: nodeIn(stack),
        }),
    ],
  ];

/** Of credentials, whose password is always one; the rules' fixtures have them. */
const credentials = ["registry", "username", "password"].map((prop) => `registries.credentials[0].${prop}`);

/** What goes to another construct, such as to the VM that boots the image, or is tested elsewhere. */
const notAtPlan: Readonly<Record<string, readonly string[]>> = {
  DownloadedImage: ["guestAgent"],
  TalosSingleNode: credentials,
  TalosCluster: credentials,
};

describe.each(constructs)("a variable for a prop of %s", (construct, judged, schema, props, build) => {
  const scalars = scalarsOf(schema);

  test("is tested for every scalar prop", () => {
    // The resources of a machine of a cluster are named after it, and it leaves with what is in the directory.
    const known = /^(controlPlanes|workers)\[0\][.](machine[.])?name$|^outputDirectory$/;
    const variable = [...scalars.keys()].filter(
      (path) => path in judged || !("controlPlanes" in props && known.test(path)),
    );
    const listed = [...Object.keys(judged), ...(notAtPlan[construct] ?? [])];
    const missing = variable.filter((path) => !listed.includes(path));
    const advice =
      "write the rules that check a variable there into its row of lab/changes/cases.ts or __tests__/subjects.ts";
    expect(missing.map((path) => `${path}: ${advice}`)).toEqual([]);
    expect(listed.filter((path) => !variable.includes(path))).toEqual([]);
  });

  test.each(Object.entries(judged))("%s: Terraform checks %j", (path, rules) => {
    const withVariable = (stack: TerraformStack) => {
      const type = { string: "string", number: "number", boolean: "bool" }[scalars.get(path) ?? "string"];
      const variable = new TerraformVariable(stack, "value", { type });
      build(stack, with_(props, path, type === "number" ? variable.numberValue : variable.value));
    };
    const outcome = outcomeOf(withVariable);
    expect(outcome.problems()).toEqual([]);
    const stack = JSON.parse(outcome.synthesized());
    expect(JSON.stringify(stack)).toContain("var.value");
    expect(unresolvedIn(stack)).toEqual([]);
    // Extensions are compared with the list of all.
    if (path !== "extensions[0]" && !(construct === "TalosImage" && path === "version"))
      expect(checksIn(stack).filter(({ condition }) => lengthOf(condition) > longestCondition)).toEqual([]);
    expect(conformance(stack)).toEqual([]);
    const messages = checksIn(stack)
      .filter(({ condition, message }) => (condition + message).includes("var.value"))
      .map(({ message }) => message);
    for (const rule of rules) expect(messages).toContainEqual(expect.stringContaining(`[${rule}]`));
    if (rules.length === 0) expect(messages).toEqual([]);
  });
});

test("variables for what the outputs of a cluster tell come out of it as variables", () => {
  const cluster = new TalosGpuCluster(newApp(), "talos-gpu", (stack) => {
    const variable = (name: string) => new TerraformVariable(stack, name, { type: "number" });
    return {
      proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
      vm: {
        name: variable("name").stringValue,
        node: "pve",
        vmId: variable("id").numberValue,
        cpu: { cores: variable("cores").numberValue, sockets: variable("sockets").numberValue },
        memory: { dedicated: variable("memory").numberValue },
        disks: [{ size: variable("size").numberValue }],
        gpus: [{ address: "01:00" }, { address: variable("address").stringValue }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
      },
      talos: { nvidia: { kernelModules: "open", branch: "production" } },
      cluster: { clusterName: variable("cluster_name").stringValue, outputDirectory: "access" },
      nvidia: { sharing: { strategy: "time-slicing", replicas: variable("replicas").numberValue } },
    };
  });
  const stack = JSON.parse(Testing.synth(cluster, true));
  expect(unresolvedIn(stack)).toEqual([]);
  expect(stack.output.gpu_allocatable.value).toBe("${(2 * var.replicas)}");
  expect(stack.output.node_resources.value).toMatchObject({ cores: "${var.cores}", memory_mib: "${var.memory}" });
  expect(stack.resource.helm_release.nvidia_device_plugin.values).toEqual([
    expect.stringContaining('"replicas" = var.replicas'),
  ]);
});

test("a variable for a patch is checked in conditions that can be read", () => {
  const outcome = outcomeOf((stack) => {
    const patch = new TerraformVariable(stack, "value", { type: "string" }).stringValue;
    clusterIn(stack, { configPatches: [patch], controlPlanePatches: [patch], workerPatches: [patch] });
  });
  expect(outcome.problems()).toEqual([]);
  const checks = checksIn(JSON.parse(outcome.synthesized())).filter(({ message }) => /Patches\[0\] /.test(message));
  expect(checks.length).toBeGreaterThan(30);
  expect(checks.filter(({ condition }) => lengthOf(condition) > longestCondition)).toEqual([]);
});

test.each<readonly [string, (stack: TerraformStack) => void]>([
  [
    "several patches of a node",
    (stack) => void nodeIn(stack, { configPatches: [anyIn(stack, "first_patch"), anyIn(stack, "second_patch")] }),
  ],
  [
    "all addresses of a cluster, and its patches",
    (stack) =>
      void clusterIn(stack, {
        endpoint: anyIn(stack, "kubernetes_api_endpoint"),
        virtualAddress: anyIn(stack, "virtual_ip_address"),
        configPatches: ["first_patch", "second_patch"].map((name) => anyIn(stack, name)),
        controlPlanes: [1, 2, 3, 4, 5].map((number) =>
          machineAt(`control-${number}`, number, {
            address: anyIn(stack, `address_of_control_plane_${number}`),
            gateway: anyIn(stack, `gateway_of_control_plane_${number}`),
          }),
        ),
      }),
  ],
  [
    "the driver of an image, beside an extension of it",
    (stack) =>
      void new TalosImage(stack, "talos", {
        nvidia: { kernelModules: anyIn(stack, "kernel_modules"), branch: anyIn(stack, "driver_branch") },
        extensions: ["siderolabs/nvidia-fabricmanager-lts"],
      }),
  ],
  [
    "an extension of an image, and its version",
    (stack) =>
      void new TalosImage(stack, "talos", {
        version: anyIn(stack, "talos_version"),
        extensions: [anyIn(stack, "extension")],
      }),
  ],
  [
    "the extensions of an image",
    (stack) =>
      void new TalosImage(stack, "talos", {
        extensions: [anyIn(stack, "extension"), anyIn(stack, "second_extension")],
      }),
  ],
])("variables for %s are checked in conditions that can be read", (_, build) => {
  const outcome = outcomeOf(build);
  expect(outcome.problems()).toEqual([]);
  const conditions = checksIn(JSON.parse(outcome.synthesized())).map(({ condition }) => condition);
  expect(conditions.length).toBeGreaterThan(2);
  expect(conditions.filter((condition) => lengthOf(condition) > longestCondition)).toEqual([]);
});

const anyIn = (stack: TerraformStack, name: string): never => new TerraformVariable(stack, name, {}).value as never;

/** A condition is for reading in a review. */
const longestCondition = 1000;
const lengthOf = (condition: string) => condition.length;

/** What cdktf has for a variable until it is written, and what becomes of the number of it when somebody counts with it. */
function unresolvedIn(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Math.abs(value) > 1e100 ? [`${path} ${value}`] : [];
  if (typeof value === "string") return /TfToken|e[+]2[0-9]{2}/.test(value) ? [`${path} ${value}`] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) => [
    ...unresolvedIn(key, `${path} key`),
    ...unresolvedIn(inside, `${path}.${key}`),
  ]);
}

/** The paths of all scalars of the fields, with their types. */
function scalarsOf(fields: Readonly<Record<string, Field>>, path = ""): Map<string, Field["scalar"]> {
  const scalars = new Map<string, Field["scalar"]>();
  for (const [name, field] of Object.entries(fields)) {
    const here = `${path && `${path}.`}${name}${field.list ? "[0]" : ""}`;
    if (field.scalar) scalars.set(here, field.scalar);
    for (const [below, type] of field.fields ? scalarsOf(field.fields, here) : []) scalars.set(below, type);
  }
  return scalars;
}

const range = { start: "192.168.1.200", stop: "192.168.1.220" };

const alternatives: Readonly<Record<string, object>> = {
  "boot.image": { fileId: "local:import/talos.qcow2", guestAgent: true },
  "boot.iso": { fileId: "local:iso/talos.iso", guestAgent: true },
  "boot.clone.name": { name: "talos-template", guestAgent: true },
  "usb[0].mapping": {},
  "gpus[0].mapping": {
    name: "gpu",
    address: "01:00",
    deviceId: "10de:2684",
    subsystemId: "10de:2684",
    iommuGroup: 1,
    alternatives: [{ address: "02:00", deviceId: "10de:2684", subsystemId: "10de:2684", iommuGroup: 2 }],
  },
};

/** The props with the value at the path, and without what it excludes. */
function with_(props: object, path: string, value: unknown): object {
  const copy = structuredClone(props) as ProxmoxGpuVmProps & { boot: object; gpus: object[] };
  const [alternative] = Object.keys(alternatives).filter((prefix) => path.startsWith(prefix));
  if (alternative?.startsWith("boot.clone")) Object.assign(copy.boot, { clone: alternatives[alternative] });
  else if (alternative?.startsWith("boot")) {
    Object.assign(copy, { boot: { [alternative.slice("boot.".length)]: { ...alternatives[alternative] } } });
  } else if (alternative?.startsWith("usb")) Object.assign(copy, { usb: [{ mapping: "key" }] });
  else if (alternative) Object.assign(copy, { gpus: [{ mapping: structuredClone(alternatives[alternative]) }] });
  if (/^(machine|controlPlanes|workers).*interfaces/.test(path)) {
    const [owner = ""] = path.split(/[.[]/);
    const only = ({ name, address, installDisk }: typeof machine) => ({
      name,
      address,
      installDisk,
      interfaces: [{ macAddress: "BC:24:11:00:00:01", addresses: [address], gateways: ["192.168.1.1"] }],
    });
    const held = (copy as never as Record<string, typeof machine | (typeof machine)[]>)[owner] ?? [];
    Object.assign(copy, { [owner]: Array.isArray(held) ? held.map(only) : only(held) });
  }
  const list = path.match(/^(controlPlanes|workers)\[0\][.](machine|talos)[.]/)?.[1];
  if (list) {
    const machines = (copy as never as Record<string, object[]>)[list] ?? [];
    Object.assign(copy, {
      [list]: machines.map((machine) => ({ machine, talos: structuredClone(nodeProps.talos) })),
    });
  }
  if (path.startsWith("firewall.")) {
    Object.assign(copy, {
      firewall: { management: ["192.168.20.0/24"], ...(path.includes("addresses") && { addresses: [] }) },
    });
  }
  if (path.endsWith("reservedAddress")) Object.assign(copy, { initialization: { ipConfigs: [{ address: "dhcp" }] } });
  if (/blocks.*st(art|op)$/.test(path)) {
    Object.assign((copy as never as typeof ciliumProps).l2Announcements.addressPools[0] ?? {}, {
      blocks: [{ ...range }],
    });
  }
  const keys = path.replaceAll("[", ".").replaceAll("]", "").split(".");
  const last = keys.pop() as string;
  const holder = keys.reduce((inside, key) => (inside as Record<string, object>)[key] as object, copy as object);
  Object.assign(holder, { [last]: value });
  return copy;
}
