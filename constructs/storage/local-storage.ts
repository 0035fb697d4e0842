import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Precondition } from "cdktf";
import { Construct } from "constructs";
import type { Release } from "../../.gen/providers/helm/release";
import { namespaceObject, ownNamespace } from "../helm/namespace";
import { kubernetesObjects } from "../helm/provider";
import { releaseOf } from "../helm/release";
import { defaultTimeout, type ReleaseProps, releaseSchema } from "../helm/release-props";
import * as chartRepository from "../helm/repository";
import { rolloutOf } from "../helm/rollout";
import { checkTimeout } from "../helm/timeout";
import { type ChartValues, checkUnchanged } from "../helm/values";
import { checkChartVersion } from "../helm/version";
import { record } from "../props/plain-data";
import {
  instanceOf,
  type Parsed,
  parseProps,
  required,
  type Schema,
  staticBoolean,
  string,
  unchecked,
  urlString,
} from "../props/schema";
import { ProxmoxGpuVm } from "../proxmox/gpu-vm";
import { placeInStack } from "../rules/argument";
import { claim, type EarlierClaim } from "../rules/claims";
import { isUnknown, less, not } from "../rules/condition";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import { addPreconditions, enforce, ifSet, type Rule } from "../rules/rule";
import { providerDocs, talosDocs } from "../rules/source";
import { TalosCluster } from "../talos/cluster";
import type { TalosClusterBase } from "../talos/cluster-base";
import type { TalosNode } from "../talos/node";
import { ownSettings } from "../talos/node-settings";
import { TalosSingleNode } from "../talos/single-node";
import { mergeValues } from "../terraform/document";
import { checkSameStack, isInStackOf, partsInStack } from "../terraform/own-stack";
import * as defaultClassOnce from "./default-class";
import { storageTestStep } from "./storage-test";
import { mountOf, userVolume } from "./user-volume";
import * as volumeGuard from "./volume-guard";
import { reportVolumes } from "./volume-report";

/** Volumes on a disk of each machine. */
export interface LocalStorageProps extends ReleaseProps {
  /** The node or the cluster. Its machines that have the disk keep volumes on it. */
  readonly node: TalosSingleNode | TalosCluster;

  /** Interface of the disk in the machines' `disks`, such as `scsi1`. It is formatted, unless it holds volumes already. */
  readonly disk: string;

  /**
   * Name of the storage class, and of the user volume in Talos.
   *
   * @default "local"
   */
  readonly storageClass?: string;

  /**
   * Make this the default storage class, for claims that name none.
   *
   * @default true
   */
  readonly defaultClass?: boolean;

  /**
   * Write to a volume at the end and read it from another pod, and fail if that does not work.
   *
   * @default true
   */
  readonly storageTest?: boolean;

  /**
   * Version of the provisioner's chart, in full.
   *
   * @default "4.4.0"
   */
  readonly version?: string;

  /**
   * Further values of the chart, merged deeply over those of this construct.
   *
   * @default - none
   */
  readonly values?: ChartValues;

  /**
   * URL of the chart's repository: https or oci.
   *
   * @default "https://openebs.github.io/dynamic-localpv-provisioner"
   */
  readonly repository?: string;
}

export const schema: Schema<LocalStorageProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  disk: required(unchecked<string>()),
  storageClass: unchecked<string>(),
  defaultClass: staticBoolean,
  storageTest: staticBoolean,
  version: string,
  values: record,
  repository: urlString,
  ...releaseSchema,
};

const source = talosDocs("configure-your-talos-cluster/storage-and-disk-management/disk-management/user");

export const rules: readonly Rule<{
  readonly node?: TalosClusterBase;
  readonly user: Construct;
  readonly disk: string;
  readonly storageClass: string;
  readonly values: ChartValues;
  readonly version: string;
  readonly repository: string;
  readonly insecureHttp?: boolean;
  readonly timeout: number;
  readonly earlierInstalls: readonly EarlierClaim<string>[];
  readonly earlierDefaults: readonly EarlierClaim<string>[];
  readonly earlierClasses: ReturnType<typeof defaultClassOnce.claimClasses>;
}>[] = [
  { ...partsInStack, checks: ({ node, user }) => ifSet(node, (node) => checkSameStack("node", node, user)) },
  {
    id: "local-storage-disk",
    requirement: "local volumes are on a SCSI disk of a machine that runs pods, and not on its system disk",
    reason:
      "Talos finds the disk by a name that only SCSI disks have, and a volume elsewhere would be on the system disk",
    source,
    checks: ({ node, disk }) => {
      // That it is missing is said already.
      if (disk === undefined) return [];
      if (!isScsi(disk)) {
        return [
          {
            condition: false,
            message: `disk is ${formatUnlessVariable(disk)}; write the interface of a SCSI disk, such as "scsi1"`,
          },
        ];
      }
      return ifSet(node, (node) => [
        {
          condition: systemDisksOf(node).every((system) => system !== disk),
          message: `disk is ${formatValue(disk)}, from which a machine boots; write the interface of another one of its disks`,
        },
        {
          condition: nodesWith(node, disk).length > 0,
          message: `disk is ${formatValue(disk)}, which no machine that runs pods has; add it to the disks of one, as in disks: [{ size: 32 }, { size: 100 }]`,
        },
        ...sizesOf(node, disk).map(({ name, size }) => ({
          condition: not(less(size, leastGiB)),
          message: `disk ${formatValue(disk)} of node ${formatValue(name)} has ${formatValue(size)} GiB; write ${leastGiB} or more`,
        })),
      ]);
    },
  },
  {
    id: "local-storage-class",
    requirement: "the name of the storage class is one that Kubernetes and Talos accept",
    reason: "the user volume and its partition have the name too, which is limited to 34 characters",
    source,
    checks: ({ storageClass }) => [
      {
        condition: !isUnknown(storageClass) && /^[a-z0-9]([a-z0-9-]{0,32}[a-z0-9])?$/.test(storageClass),
        message: `storageClass is ${formatUnlessVariable(storageClass)}; write lower-case letters, digits and hyphens, at most 34, as in "local"`,
      },
    ],
  },
  {
    id: "local-storage-once",
    requirement: "one construct provides the local volumes of a cluster",
    reason: "two provisioners of one kind would both answer each claim",
    source: "https://openebs.io/docs/user-guides/local-storage-user-guide/local-pv-hostpath/hostpath-installation",
    checks: ({ earlierInstalls }) =>
      earlierInstalls.map(({ by }) => ({
        condition: false,
        message: `the node already has local volumes from ${by}; leave one of the two out`,
      })),
  },
  {
    id: "local-storage-values",
    requirement: "values that the storage class relies on keep their values",
    reason: "volumes would be on the system disk, or there would be two storage classes",
    source: "https://github.com/openebs/dynamic-localpv-provisioner/blob/develop/deploy/helm/charts/values.yaml",
    checks: ({ values, storageClass }) => checkUnchanged(values, valuesFor(storageClass)),
  },
  {
    id: "local-storage-version",
    requirement: "the chart's version is complete",
    reason: "for a range Helm installs the newest chart at every apply",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ version }) => [checkChartVersion(version, defaultVersion)],
  },
  ...chartRepository.rules,
  ...defaultClassOnce.rules,
  {
    id: "local-storage-timeout",
    requirement: "the release has at least 60 seconds until all of its pods run",
    reason: "the node pulls their images first, and pods that do not run in time fail the apply",
    source: providerDocs("hashicorp/helm", "/resources/release"),
    checks: ({ timeout }) => [checkTimeout("timeout", timeout, 60)],
  },
];

const isScsi = (disk: unknown): boolean =>
  typeof disk === "string" && !isUnknown(disk) && /^scsi([0-9]|[12][0-9]|30)$/.test(disk);

/** The interfaces of the disks from which the machines boot, as far as they are known. */
const systemDisksOf = ({ nodes }: TalosClusterBase): unknown[] =>
  nodes.flatMap(({ machine: { disks = [] } }) => disks.slice(0, 1).map((disk) => disk.interface));

/** The nodes that keep volumes: they run pods, and their machine has the disk, as far as that is known. */
const nodesWith = (cluster: TalosClusterBase, disk: string): TalosNode[] =>
  cluster.nodes.filter(
    (node) =>
      cluster.runsPods(node) &&
      (node.machine.disks === undefined || node.machine.disks.some((each) => each.interface === disk)),
  );

/** Of one GiB the partition table takes a part, and Talos finds no place for the least that the volume has. */
const leastGiB = 2;

/** The sizes of the disks in GiB, as far as they are known. */
const sizesOf = (cluster: TalosClusterBase, disk: string): { readonly name: string; readonly size: number }[] =>
  nodesWith(cluster, disk).flatMap(({ name, machine }) => {
    const size =
      machine instanceof ProxmoxGpuVm ? machine.disks.find((each) => each.interface === disk)?.size : undefined;
    return size === undefined ? [] : [{ name, size }];
  });

export const chart = "localpv-provisioner";
export const namespace = "local-storage";
const provisioner = "openebs.io/local";
const defaultVersion = "4.4.0";
export const defaultRepository = "https://openebs.github.io/dynamic-localpv-provisioner";
const defaultClass = "local";
/** Key of the label of nodes with volumes of a storage class. */
const labelOf = (storageClass: string): string => `local-storage/${storageClass}`;

/** The storage class is the construct's own: that of the chart lets a pod onto a node without the disk. */
export const valuesFor = (storageClass: string): ChartValues => ({
  hostpathClass: { enabled: false },
  localpv: { basePath: mountOf(storageClass) },
});

export const storageClassObject = (name: string, isDefault: boolean): object => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: {
    name,
    annotations: {
      "openebs.io/cas-type": "local",
      "cas.openebs.io/config": `- name: StorageType\n  value: hostpath\n- name: BasePath\n  value: ${mountOf(name)}\n`,
      "storageclass.kubernetes.io/is-default-class": String(isDefault),
    },
  },
  provisioner,
  reclaimPolicy: "Delete",
  // The volume comes to be where its pod is scheduled.
  volumeBindingMode: "WaitForFirstConsumer",
  allowedTopologies: [{ matchLabelExpressions: [{ key: labelOf(name), values: ["true"] }] }],
});

/**
 * A storage class with volumes on a disk of the node that the pod runs on. At the end of the apply a test proves that a
 * volume outlives its pod.
 *
 * @example
 * new LocalStorage(stack, "storage", { node, disk: "scsi1" });
 *
 * @see https://openebs.io/docs/user-guides/local-storage-user-guide/local-pv-hostpath/hostpath-overview
 */
export class LocalStorage extends Construct {
  /** The release of the provisioner; undefined if the props are invalid. */
  readonly resource?: Release;
  /** The namespace and the storage class. */
  readonly prerequisites?: Release;
  /** The wait until all of its pods run. */
  readonly rollout?: Resource;
  /** The Jobs that prove that a volume outlives its pod; undefined if they are left out. */
  readonly storageTest?: Resource;

  /** Name of the storage class. */
  readonly storageClass: string;

  constructor(scope: Construct, id: string, props: LocalStorageProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const options = parsed.props;
    const { node, disk } = options;
    this.storageClass = options.storageClass ?? defaultClass;
    const preconditions = [...parsed.preconditions, ...this.enforceRules(options)];
    // Of another stack, it is refused; until then it must not be in the way of the other problems.
    if (!node || !isInStackOf(this, node) || !isScsi(disk)) return;

    const nodes = nodesWith(node, disk);
    for (const each of nodes) {
      each.addRequiredPatch(userVolume(this.storageClass, disk), ownSettings);
      each.addRequiredPatch({ machine: { nodeLabels: { [labelOf(this.storageClass)]: "true" } } }, ownSettings);
    }
    const resource = kubernetesObjects(this, "Prerequisites", {
      address: `${id}_prerequisites`,
      name: `${namespace}-prerequisites`,
      objects: [
        namespaceObject(namespace, "privileged"),
        storageClassObject(this.storageClass, options.defaultClass ?? true),
      ],
      dependsOn: [node.networkReady],
    });
    this.prerequisites = resource;
    ownNamespace(this, node, namespace, { by: this.node.path, podSecurity: "privileged", resource });
    this.resource = this.createRelease(node, options, preconditions, resource);
    const guard = volumeGuard.volumeGuard(this, `${id}_kept`, { disk, storageClass: this.storageClass });
    const remembered = volumeGuard.rememberedNodes(this, `${id}_node`, nodes);
    const kept = { guard, disk, storageClass: this.storageClass, nodes, remembered };
    addPreconditions(this.resource, enforce(this, volumeGuard.rules, kept));
    this.rollout = rolloutOf(this, node, this.resource, {
      stage: "plugins",
      release: chart,
      namespace,
      timeout: options.timeout ?? defaultTimeout,
      nodes: nodes.map(({ name }) => name),
    });
    if (options.storageTest ?? true) {
      this.storageTest = storageTestStep(this, node, {
        ...{ nodes, namespace, release: this.resource, rollout: this.rollout },
        storageClasses: [this.storageClass],
        provisioner: chart,
        volume: [this.storageClass, disk],
        userVolume: { name: this.storageClass, talosconfig: node.talosconfigFile.filename, endpoint: node.address },
      });
    }
    node.workloadsNeed.push(this.storageTest ?? this.rollout);
    if (this.storageTest) node.saveAfter(this.storageTest);
    reportVolumes(this, `${id}_volumes`, node, { driver: provisioner, outlive: false }, [this.rollout]);
  }

  /** Applies all rules. @returns what only Terraform can decide */
  private enforceRules(options: Parsed<LocalStorageProps>): Precondition[] {
    const { node, disk } = options;
    const earlierInstalls = node ? claim("local volumes of nodes", node.node.path, this.node.id, this) : [];
    return enforce(this, rules, {
      node,
      user: this,
      disk,
      storageClass: this.storageClass,
      values: this.values(options),
      version: options.version ?? defaultVersion,
      repository: options.repository ?? defaultRepository,
      insecureHttp: options.insecureHttp,
      timeout: options.timeout ?? defaultTimeout,
      earlierInstalls,
      earlierClasses: node ? defaultClassOnce.claimClasses(node, [this.storageClass], this) : [],
      earlierDefaults:
        node && (options.defaultClass ?? true) ? defaultClassOnce.claimDefault(node, this.storageClass, this) : [],
    });
  }

  private values({ values = {} }: Parsed<LocalStorageProps>): ChartValues {
    return mergeValues(valuesFor(this.storageClass), { analytics: { enabled: false } }, values);
  }

  private createRelease(
    node: TalosClusterBase,
    options: Parsed<LocalStorageProps>,
    preconditions: Precondition[],
    prerequisites: Release,
  ): Release {
    const { version = defaultVersion, repository = defaultRepository, timeout = defaultTimeout } = options;
    const values = this.values(options);
    return releaseOf(
      this,
      node,
      { name: chart, namespace, chart, repository, version, values, timeout, preconditions },
      { address: this.node.id, dependsOn: [prerequisites] },
    );
  }
}
