import type { Construct } from "constructs";
import type { Chart } from "../helm/release";
import * as chartRepository from "../helm/repository";
import { checkTimeout } from "../helm/timeout";
import { isMissing, valueAt } from "../helm/values";
import { checkChartVersion } from "../helm/version";
import { caExpiry, checkExpiry, isCertificate } from "../network/certificate";
import { isInvalid } from "../props/schema";
import { type ProxmoxConnection, useRules } from "../proxmox/connection";
import type { ProxmoxGpuVm } from "../proxmox/gpu-vm";
import { type Host, hostOf } from "../proxmox/host/host-facts";
import { checkContent, images } from "../proxmox/host/host-storage";
import { checkStorageName, proxmoxName } from "../proxmox/name";
import type { EarlierClaim } from "../rules/claims";
import { and, equal, isUnknown, matches, not, oneOf } from "../rules/condition";
import { lowerCase } from "../rules/expression";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import { checkEachOnce } from "../rules/once";
import { ifSet, type Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";
import type { TalosClusterBase } from "../talos/cluster-base";
import { checkSameStack, partsInStack } from "../terraform/own-stack";
import { some } from "../terraform/rows";
import * as defaultClass from "./default-class";
import { nameOf, type ProxmoxStorageClass } from "./proxmox-storage-class";

export const defaultVersion = "0.5.9";

const install = "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/docs/install.md";

/** What the construct writes itself, of the chart's values. */
const ownValues = [
  ["config", "clusters"],
  ["storageClass"],
  ["existingConfigSecret"],
  ["createNamespace"],
  ["nameOverride"],
  ["fullnameOverride"],
];

/** Types of storages on which the driver creates no volume. */
const refusedTypes = ["cifs", "pbs"];

/** The driver as far as its rules are concerned. */
interface ProxmoxCsiInstall {
  readonly node?: TalosClusterBase;
  readonly connection?: ProxmoxConnection;
  readonly user: Construct;
  /** The VMs of the nodes that run pods. */
  readonly vms: readonly ProxmoxGpuVm[];
  /** Names of the nodes that run pods on other machines. */
  readonly others: readonly string[];
  readonly storageClasses: readonly ProxmoxStorageClass[];
  readonly region: string;
  readonly account: string;
  readonly endpoint?: string;
  readonly certificateAuthority?: string;
  readonly chart: Chart;
  readonly repository: string;
  readonly insecureHttp?: boolean;
  readonly earlierInstalls: readonly EarlierClaim<string>[];
  readonly earlierDefaults: readonly EarlierClaim<string>[];
  readonly earlierClasses: ReturnType<typeof defaultClass.claimClasses>;
}

/** The nodes of Proxmox that the VMs are on, each once, as far as they may be asked. */
const hostsOf = ({ vms, connection }: ProxmoxCsiInstall): Host[] =>
  [...new Set(vms.map(({ hostNode }) => hostNode))].flatMap((name) => hostOf(connection, name) ?? []);

const machineRules: readonly Rule<ProxmoxCsiInstall>[] = [
  {
    id: "proxmox-csi-machine",
    requirement: "the nodes that run pods are VMs of the stack",
    reason: "the driver attaches volumes to VMs, and needs privileges on each and the name of its Proxmox node",
    source: install,
    checks: ({ others }) =>
      others.map((name) => ({
        condition: false,
        message: `the machine of node ${formatValue(name)} is not a ProxmoxGpuVm; make it one`,
      })),
  },
  {
    id: "proxmox-csi-name",
    requirement: "the name of a VM has no upper-case letters",
    reason: "Kubernetes writes the name of its node in lower case, and the driver looks for a VM of that name",
    source: "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/pkg/proxmoxpool/pool.go",
    checks: ({ vms }) =>
      vms.map(({ name, node }) => ({
        condition: matches(name, /^[^A-Z]*$/),
        message: `name of ${node.path} is ${formatValue(name)}, for which the driver finds no VM; write ${formatValue(lowerCase(name))}`,
      })),
  },
  {
    id: "proxmox-csi-controller",
    requirement: "the VMs have a VirtIO SCSI controller",
    reason: "the guest finds a volume by a name that only disks on this controller have",
    source: install,
    checks: ({ vms }) =>
      vms.map(({ scsiHardware, node }) => ({
        condition: oneOf(scsiHardware, ["virtio-scsi-pci", "virtio-scsi-single"]),
        message: `scsiHardware of ${node.path} is ${formatValue(scsiHardware)}; write "virtio-scsi-pci", or leave it out`,
      })),
  },
  {
    id: "proxmox-csi-disks",
    requirement: "the disks of the VMs are left to the driver",
    reason: "with the next change of a disk Terraform would detach all volumes from the VM",
    source: "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/docs/faq.md",
    checks: ({ vms }) =>
      vms.map(({ disksManagedElsewhere, node }) => ({
        condition: disksManagedElsewhere !== false,
        message: `disksManagedElsewhere of ${node.path} is false; write true, or leave it out`,
      })),
  },
];

const storageRules: readonly Rule<ProxmoxCsiInstall>[] = [
  {
    ...proxmoxName,
    checks: ({ storageClasses }) =>
      storageClasses.map(({ storage }, index) => checkStorageName(`storageClasses[${index}].storage`, storage)),
  },
  {
    id: "proxmox-csi-class",
    requirement: "each storage class has a name of its own that Kubernetes takes",
    reason: "Helm would fail in the middle of the apply",
    source: "https://kubernetes.io/docs/concepts/storage/storage-classes/",
    checks: ({ storageClasses }) => [
      ...storageClasses.map((each, index) => ({
        condition:
          isInvalid(nameOf(each)) ||
          (!isUnknown(nameOf(each)) && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(nameOf(each))),
        message: `storageClasses[${index}] has the name ${formatUnlessVariable(nameOf(each))}; write a name of lower-case letters, digits and hyphens, such as "fast"`,
      })),
      ...checkEachOnce(
        storageClasses,
        (_, index) => `storageClasses[${index}]`,
        (each, { value, by }, own) => ({
          condition: isUnknown(nameOf(each)) || nameOf(each) !== nameOf(value),
          message: `${own} has the name ${formatValue(nameOf(each))}, as has ${by}; write another name`,
        }),
      ),
    ],
  },
  {
    id: "proxmox-csi-storage",
    requirement:
      "the storage of a class is on every Proxmox node of the VMs, enabled, active, and has the content type Disk image",
    reason: "a pod on such a node would wait for its volume for ever",
    source: "https://pve.proxmox.com/pve-docs/chapter-pvesm.html#_storage_types",
    checks: (csi) =>
      hostsOf(csi).flatMap((host) =>
        csi.storageClasses.flatMap(({ storage }, index) =>
          checkContent(`storageClasses[${index}].storage`, storage, host, images),
        ),
      ),
  },
  {
    id: "proxmox-csi-storage-type",
    requirement: "the storage of a class is of a type that the driver supports",
    reason: "the driver refuses to create a volume there, and the claims stay Pending",
    source: "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/pkg/csi/controller.go",
    checks: (csi) =>
      hostsOf(csi).flatMap((host) =>
        csi.storageClasses.map(({ storage }, index) => ({
          condition: not(
            some(host.storages, (found) => and(equal(found.name, storage), oneOf(found.type, refusedTypes))),
          ),
          message: `storageClasses[${index}].storage ${formatValue(storage)} is an SMB/CIFS share or a Proxmox Backup Server; write another storage, such as one on NFS`,
        })),
      ),
  },
  {
    id: "proxmox-csi-shared",
    severity: "warning",
    requirement: "with VMs on several Proxmox nodes, the storage of a class is shared by them",
    reason: "a volume on another storage stays on its Proxmox node, and its pod can only run there",
    source: "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/docs/faq.md",
    checks: (csi) => {
      const [host, ...others] = hostsOf(csi);
      return host === undefined || others.length === 0
        ? []
        : csi.storageClasses.map(({ storage }, index) => ({
            condition: not(some(host.storages, (found) => and(equal(found.name, storage), equal(found.shared, false)))),
            message: `storageClasses[${index}].storage ${formatValue(storage)} is not shared by the Proxmox nodes: a volume stays on its own node, and its pod can run only on the VMs there`,
          }));
    },
  },
  ...defaultClass.rules,
];

const connectionRules: readonly Rule<ProxmoxCsiInstall>[] = [
  {
    id: "proxmox-csi-region",
    requirement: "the region is the value of a label",
    reason: "each node has it as a label, and Kubernetes refuses other values",
    source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
    checks: ({ region }) => [
      {
        condition: matches(region, /^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/),
        message: `region ${formatValue(region)} is not the value of a label; write letters, digits and hyphens, as in "home"`,
      },
    ],
  },
  {
    id: "proxmox-csi-account",
    requirement: "the account has a name that Proxmox takes for a user and for roles",
    reason: "Proxmox refuses other names in the middle of the apply",
    source: "https://pve.proxmox.com/pve-docs/api-viewer/#/access/users",
    checks: ({ account }) => [
      {
        condition: matches(account, /^[a-zA-Z][a-zA-Z0-9_.-]{0,55}$/),
        message: `account ${formatValue(account)} is not a name for a user and for roles; write letters, digits and hyphens, at most 56, as in "csi-talos"`,
      },
      {
        condition: not(matches(account, /^pve/i)),
        message: `account ${formatValue(account)} begins like the roles of Proxmox itself; write another name, such as "csi-talos"`,
      },
    ],
  },
  {
    id: "proxmox-csi-endpoint",
    requirement: "the driver has an https URL of the Proxmox API",
    reason: "it runs in the cluster, where neither Terraform's environment nor the CAs of its machine are available",
    source: "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/docs/config.md",
    checks: ({ endpoint, certificateAuthority, connection }) => [
      {
        condition:
          endpoint === undefined ? connection === undefined : matches(endpoint, /^https:[/][/][^@/ ]+([/][!-~]*)?$/),
        message:
          endpoint === undefined
            ? 'endpoint is missing, and the connection has none; write it as in "https://pve.example:8006/"'
            : `endpoint ${formatValue(endpoint)} is not an https URL; write it as in "https://pve.example:8006/"`,
      },
      ...ifSet(certificateAuthority, (text) => ({
        condition: isCertificate(text),
        message: `certificateAuthority is not a certificate; write it in PEM, from "-----BEGIN CERTIFICATE-----" to the end`,
      })),
    ],
  },
];

const expiryRule: Rule<ProxmoxCsiInstall> = {
  ...caExpiry,
  checks: ({ certificateAuthority }) =>
    ifSet(certificateAuthority, (text) => checkExpiry("certificateAuthority", text)),
};

export const rules: readonly Rule<ProxmoxCsiInstall>[] = [
  { ...partsInStack, checks: ({ node, user }) => ifSet(node, (node) => checkSameStack("node", node, user)) },
  ...useRules,
  {
    id: "proxmox-csi-once",
    requirement: "one construct installs the driver to a cluster",
    reason: "two drivers of one name would both answer each claim",
    source: install,
    checks: ({ earlierInstalls }) =>
      earlierInstalls.map(({ by }) => ({
        condition: false,
        message: `the node already has the driver from ${by}; write one construct with the storageClasses of both`,
      })),
  },
  ...machineRules,
  ...storageRules,
  ...connectionRules,
  expiryRule,
  {
    id: "proxmox-csi-values",
    requirement: "values that the construct sets are not changed",
    reason: "the driver would have another account, or the storage classes would not be the tested ones",
    source: "https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/charts/proxmox-csi-plugin/values.yaml",
    checks: ({ chart: { values } }) =>
      ownValues.map((path) => ({
        condition: isMissing(valueAt(values, path)),
        message: `values.${path.join(".")} is set by the construct; leave it out, and use its props`,
      })),
  },
  {
    id: "proxmox-csi-version",
    requirement: "the chart's version is complete",
    reason: "for a range Helm installs the newest chart at every apply",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ chart: { version } }) => [checkChartVersion(version, defaultVersion)],
  },
  ...chartRepository.rules,
  {
    id: "proxmox-csi-timeout",
    requirement: "the release has at least 60 seconds until all of its pods run",
    reason: "the node pulls their images first, and pods that do not run in time fail the apply",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ chart: { timeout } }) => [checkTimeout("timeout", timeout, 60)],
  },
];
