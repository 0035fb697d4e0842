import type { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import {
  CiliumInstall,
  DownloadedImage,
  NvidiaInstall,
  PciMapping,
  ProxmoxConnection,
  ProxmoxGpuVm,
  TalosCluster,
  TalosGpuCluster,
  TalosImage,
  TalosSingleNode,
} from "../constructs";
import { ciliumProps, clusterProps, nodeProps, vmProps } from "./props.fixtures";
import { nodeIn, password } from "./stacks";

export type Props = Record<string, unknown>;
export type Class = new (scope: Construct, id: string, props: never) => Construct;

const driver = { kernelModules: "open", branch: "production" } as const;
const gpuNode = (stack: TerraformStack) => nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver } });
const connectionIn = (stack: TerraformStack) => new ProxmoxConnection(stack, "proxmox", password);
const pool = { name: "lan", blocks: [{ start: "192.168.1.200", stop: "192.168.1.220" }] };
const device = { address: "01:00", deviceId: "10de:2684", subsystemId: "10de:2684", iommuGroup: 1 };
const mapping = { name: "gpu", ...device, alternatives: [{ ...device, address: "02:00", node: "pve" }] };
export const site = {
  proxmox: { ...password, username: "root@pam", insecure: true, checkHost: true },
  vm: { ...vmProps, boot: undefined },
  talos: { version: "v1.13.9", nvidia: driver, extensions: ["siderolabs/iscsi-tools"], datastore: "local" },
  cluster: {
    clusterName: "talos-gpu",
    kubernetesVersion: "1.35.4",
    configPatches: [{ machine: { sysctls: { a: "1" } } }],
  },
  cilium: ciliumProps,
  nvidia: { sharing: { strategy: "time-slicing", replicas: 2 }, values: { nodeSelector: { a: "b" } } },
};

/** Props of every construct in which every prop is somewhere. */
export const subjects: readonly (readonly [name: string, Class, (stack: TerraformStack) => Props])[] = [
  ["ProxmoxConnection", ProxmoxConnection, () => ({ ...site.proxmox })],
  [
    "ProxmoxGpuVm",
    ProxmoxGpuVm,
    (stack) => ({
      connection: connectionIn(stack),
      ...vmProps,
      guest: "talos",
      replaceable: false,
      disksManagedElsewhere: false,
    }),
  ],
  [
    "ProxmoxGpuVm",
    ProxmoxGpuVm,
    (stack) => ({
      connection: connectionIn(stack),
      name: "talos-gpu",
      node: "pve",
      boot: { image: { fileId: "local:import/talos.qcow2", guestAgent: true } },
      gpus: [{ mapping }],
      usb: [{ mapping: "key" }],
      networkDevices: [{ macAddress: "BC:24:11:00:00:01" }],
      initialization: { ipConfigs: [{ address: "dhcp", reservedAddress: "192.168.1.50" }] },
    }),
  ],
  [
    "ProxmoxGpuVm",
    ProxmoxGpuVm,
    (stack) => ({
      connection: connectionIn(stack),
      name: "talos-gpu",
      node: "pve",
      boot: { iso: { fileId: "local:iso/talos.iso", guestAgent: true } },
    }),
  ],
  ["PciMapping", PciMapping, (stack) => ({ connection: connectionIn(stack), node: "pve", ...mapping })],
  [
    "DownloadedImage",
    DownloadedImage,
    (stack) => ({
      connection: connectionIn(stack),
      node: "pve",
      datastore: "local",
      ...new TalosImage(stack, "talos").file,
    }),
  ],
  [
    "TalosImage",
    TalosImage,
    () => ({
      version: "v1.13.9",
      nvidia: driver,
      extensions: ["siderolabs/iscsi-tools"],
      extraKernelArgs: ["quiet"],
      factory: "https://factory.talos.dev",
    }),
  ],
  [
    "TalosSingleNode",
    TalosSingleNode,
    () => ({ ...nodeProps, secretsFile: true, configPatches: [{ machine: { sysctls: { a: "1" } } }] }),
  ],
  ["TalosCluster", TalosCluster, () => ({ ...clusterProps, schedulingOnControlPlanes: true, secretsFile: true })],
  [
    "TalosCluster",
    TalosCluster,
    () => ({
      ...clusterProps,
      workers: [
        {
          machine: {
            name: "worker-1",
            address: "192.168.1.61/24",
            installDisk: "/dev/sda",
            interfaces: [{ addresses: ["192.168.1.61/24"], gateways: ["192.168.1.1"], dhcp: false, dhcpv6: false }],
          },
          talos: nodeProps.talos,
        },
      ],
    }),
  ],
  [
    "CiliumInstall",
    CiliumInstall,
    (stack) => ({ node: gpuNode(stack), method: "helm-release", values: { a: { b: 1 } }, ...ciliumProps }),
  ],
  ["CiliumInstall", CiliumInstall, (stack) => ({ node: gpuNode(stack), l2Announcements: { addressPools: [pool] } })],
  [
    "NvidiaInstall",
    NvidiaInstall,
    (stack) => ({
      node: gpuNode(stack),
      method: "device-plugin",
      taint: false,
      smokeTest: true,
      version: "0.20.0",
      repository: "https://nvidia.github.io/k8s-device-plugin",
      timeout: 900,
      ...site.nvidia,
    }),
  ],
  ["TalosGpuCluster", TalosGpuCluster as never, () => ({ ...site })],
];

/** The paths of all that is in the value, but in constructs. */
export function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null || Construct.isConstruct(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) =>
    inside === undefined ? [] : [[...path, key], ...pathsIn(inside, [...path, key])],
  );
}

/** A copy of the value with another one at the path, or a getter. */
export function replaced(value: unknown, [key, ...rest]: readonly string[], wrong: PropertyDescriptor): unknown {
  if (key === undefined) return value;
  const copy = Array.isArray(value) ? [...value] : { ...(value as Props) };
  const inside = (value as Props)[key];
  Object.defineProperty(
    copy,
    key,
    rest.length > 0 ? { value: replaced(inside, rest, wrong), enumerable: true } : { enumerable: true, ...wrong },
  );
  return copy;
}

export const spelled = (path: readonly string[]) =>
  path
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);

/** What people write where no secret may be; each has a secret of its own in it. */
export const withSecrets = {
  "a URL with a password": "https://root:canary-1@pve.example:8006/",
  "a URL with a password for a user of a realm": "https://root@pam:canary-1@pve.example:8006/",
  "a URL with a token in its query": "https://pve.example:8006/?a=b&token=canary-2",
  "a URL with a password in its fragment": "https://pve.example/a.qcow2#password=canary-2",
  "an API token": "root@pam!ci=canary-3-canary-3",
  "an API token as a UUID": "ci@pve!talos=c0ffee00-cafe-4bad-8bad-canary000000",
  "a ticket": "PVE:root@pam:65C0FFEE::canary-4canary-4==",
  "a private key": "-----BEGIN EC PRIVATE KEY-----\ncanary-5\n-----END EC PRIVATE KEY-----",
};

/** What a user's own values and patches hold is the cluster's, secrets too. */
export const isFree = (path: readonly string[]) => path.includes("values") || path.includes("configPatches");
export const at = (value: unknown, path: readonly string[]) =>
  path.reduce((inside, key) => (inside as Props)[key], value);
