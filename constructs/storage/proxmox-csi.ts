import type { Resource } from "@cdktf/provider-null/lib/resource";
import { type Precondition, Token } from "cdktf";
import { Construct } from "constructs";
import type { Release } from "../../.gen/providers/helm/release";
import { namespaceObject, ownNamespace } from "../helm/namespace";
import { kubernetesObjects } from "../helm/provider";
import { type Chart, releaseOf } from "../helm/release";
import { defaultTimeout, type ReleaseProps, releaseSchema } from "../helm/release-props";
import { rolloutOf } from "../helm/rollout";
import { inputsOf, writeOnly } from "../helm/secret-values";
import type { ChartValues } from "../helm/values";
import { record } from "../props/plain-data";
import {
  instanceOf,
  type Parsed,
  parseProps,
  required,
  type Schema,
  staticBoolean,
  string,
  urlString,
} from "../props/schema";
import { ProxmoxConnection } from "../proxmox/connection";
import { ProxmoxGpuVm } from "../proxmox/gpu-vm";
import { placeInStack } from "../rules/argument";
import { claim } from "../rules/claims";
import { isUnknown } from "../rules/condition";
import { expression } from "../rules/expression";
import { enforce } from "../rules/rule";
import { TalosCluster } from "../talos/cluster";
import type { TalosClusterBase } from "../talos/cluster-base";
import type { TalosNode } from "../talos/node";
import { ownSettings } from "../talos/node-settings";
import { TalosSingleNode } from "../talos/single-node";
import { mergeValues } from "../terraform/document";
import { isInStackOf } from "../terraform/own-stack";
import { CsiAccount } from "./csi-account";
import { claimClasses, claimDefault } from "./default-class";
import { defaultVersion, rules } from "./proxmox-csi-rules";
import * as storageClass from "./proxmox-storage-class";
import { storageTestStep } from "./storage-test";
import { reportVolumes } from "./volume-report";

/** Volumes on storages of Proxmox. */
export interface ProxmoxCsiProps extends ReleaseProps {
  /** The node or the cluster. Its machines that run pods are VMs of the stack. */
  readonly node: TalosSingleNode | TalosCluster;

  /** The Proxmox API that the VMs are created with. Its account creates another one for the driver. */
  readonly connection: ProxmoxConnection;

  /** Storage classes, the default one first, such as `[{ storage: "local-lvm" }]`. */
  readonly storageClasses: readonly storageClass.ProxmoxStorageClass[];

  /**
   * Make the first one the default storage class, for claims that name none.
   *
   * @default true
   */
  readonly defaultClass?: boolean;

  /**
   * Name of the Proxmox cluster for Kubernetes: the label `topology.kubernetes.io/region` of its nodes.
   *
   * @default "proxmox"
   */
  readonly region?: string;

  /**
   * Name of the driver's user in the realm `pve`, and of its roles. Each cluster on the same Proxmox needs its own.
   *
   * @default - the name of the cluster behind `csi-`
   */
  readonly account?: string;

  /**
   * URL of the Proxmox API, as pods reach it.
   *
   * @default - that of the connection
   */
  readonly endpoint?: string;

  /**
   * CA certificate of Proxmox in PEM, such as the content of the file that `npm run discover` writes to
   * `proxmox-ca/`. The driver accepts no certificate that it cannot check.
   *
   * @default - one of the public CAs
   */
  readonly certificateAuthority?: string;

  /**
   * Write to a volume at the end and read it from another pod, and fail if that does not work.
   *
   * @default true
   */
  readonly storageTest?: boolean;

  /**
   * Version of the chart, in full.
   *
   * @default "0.5.9"
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
   * @default "oci://ghcr.io/sergelogvinov/charts"
   */
  readonly repository?: string;
}

export const schema: Schema<ProxmoxCsiProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  connection: required(instanceOf(ProxmoxConnection)),
  storageClasses: required(storageClass.schema),
  defaultClass: staticBoolean,
  region: string,
  account: string,
  endpoint: urlString,
  certificateAuthority: string,
  storageTest: staticBoolean,
  version: string,
  values: record,
  repository: urlString,
  ...releaseSchema,
};

export const name = "proxmox-csi-plugin";
export const namespace = "csi-proxmox";
export const driver = "csi.proxmox.sinextra.dev";
export const defaultRepository = "oci://ghcr.io/sergelogvinov/charts";
/** Go reads the CAs of this folder beside those of the image: https://go.dev/src/crypto/x509/root_linux.go */
const caFolder = "/etc/pki/tls/certs";
const caName = "proxmox-ca";

/** The URL as the driver takes it. */
const apiOf = (endpoint: string): string =>
  isUnknown(endpoint)
    ? Token.asString(expression`format("%s/api2/json", replace(${endpoint}, ${ending}, ""))`)
    : `${endpoint.replace(new RegExp(ending.slice(1, -1)), "")}/api2/json`;

/** What a user may have written behind the host, as Terraform writes a pattern. */
const ending = "/([/]api2[/]json)?[/]*$/";

/**
 * Storage classes with volumes that are disks on Proxmox storages, and follow their pod to another VM. Creates the
 * account that the driver needs. At the end of the apply a test proves that a volume outlives its pod.
 *
 * @example
 * new ProxmoxCsi(stack, "csi", { node, connection, storageClasses: [{ storage: "local-lvm" }] });
 *
 * @see https://github.com/sergelogvinov/proxmox-csi-plugin
 */
export class ProxmoxCsi extends Construct {
  /** The release of the driver; undefined if the props are invalid. */
  readonly resource?: Release;
  /** The namespace, and the CA of Proxmox. */
  readonly prerequisites?: Release;
  /** The release whose revision makes the provider read the token again. */
  readonly inputs?: Release;
  /** The wait until all of its pods run. */
  readonly rollout?: Resource;
  /** The Jobs that prove that a volume outlives its pod; undefined if they are left out. */
  readonly storageTest?: Resource;

  /** Names of the storage classes. */
  readonly storageClasses: readonly string[];

  constructor(scope: Construct, id: string, props: ProxmoxCsiProps) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const options = parsed.props;
    const { node, connection } = options;
    this.storageClasses = options.storageClasses.map(storageClass.nameOf);
    const nodes = node ? node.nodes.filter((each) => node.runsPods(each)) : [];
    const vms = nodes.flatMap(({ machine }) => (machine instanceof ProxmoxGpuVm ? [machine] : []));
    const preconditions = [...parsed.preconditions, ...this.enforceRules(options, nodes, vms)];
    // Of another stack, they are refused; until then they must not be in the way of the other problems.
    if (!node || !connection || !isInStackOf(this, node) || !isInStackOf(this, connection)) return;

    const region = options.region ?? defaultRegion;
    for (const vm of vms) vm.leaveDisks();
    for (const each of node.nodes) labelNode(each, region);
    const account = new CsiAccount(this, {
      name: id,
      connection,
      account: accountOf(options),
      vms,
      storages: [...new Set(options.storageClasses.map(({ storage }) => storage))],
    });
    this.prerequisites = this.createPrerequisites(node, options.certificateAuthority);
    const chart = this.chart(options, account, preconditions);
    this.inputs = inputsOf(this, chart, {
      address: `${id}_inputs`,
      changesWith: account.fingerprint,
      dependsOn: [this.prerequisites],
    });
    const secret = { "config.clusters[0].token_secret": account.secret };
    this.resource = releaseOf(this, node, chart, {
      address: id,
      dependsOn: [this.prerequisites, ...account.storageAcls],
      writeOnly: writeOnly(this, secret, this.inputs.metadata.revision),
    });
    this.rollout = rolloutOf(this, node, this.resource, {
      stage: "plugins",
      release: name,
      namespace,
      timeout: chart.timeout,
      nodes: nodes.map((each) => each.name),
    });
    if (options.storageTest ?? true) {
      this.storageTest = storageTestStep(this, node, {
        ...{ nodes, namespace, release: this.resource, rollout: this.rollout },
        storageClasses: this.storageClasses,
        provisioner: `${name}-controller`,
        volume: this.storageClasses,
      });
    }
    node.workloadsNeed.push(this.storageTest ?? this.rollout);
    if (this.storageTest) node.saveAfter(this.storageTest);
    reportVolumes(this, `${id}_volumes`, node, { driver, outlive: true }, [this.rollout]);
  }

  /** Applies all rules. @returns what only Terraform can decide */
  private enforceRules(
    options: Parsed<ProxmoxCsiProps>,
    nodes: readonly TalosNode[],
    vms: readonly ProxmoxGpuVm[],
  ): Precondition[] {
    const { node, connection, defaultClass = true } = options;
    const [first] = this.storageClasses;
    return enforce(this, rules, {
      ...options,
      user: this,
      vms,
      others: nodes.flatMap(({ machine, name }) => (machine instanceof ProxmoxGpuVm ? [] : [name])),
      region: options.region ?? defaultRegion,
      account: accountOf(options),
      endpoint: options.endpoint ?? connection?.endpoint,
      repository: options.repository ?? defaultRepository,
      chart: { ...this.chartOf(options), values: options.values ?? {}, preconditions: [] },
      earlierInstalls: node ? claim("Proxmox's CSI driver of nodes", node.node.path, this.node.id, this) : [],
      earlierClasses: node ? claimClasses(node, this.storageClasses, this) : [],
      earlierDefaults: node && defaultClass && first !== undefined ? claimDefault(node, first, this) : [],
    });
  }

  private chartOf(options: Parsed<ProxmoxCsiProps>) {
    const { version = defaultVersion, repository = defaultRepository, timeout = defaultTimeout } = options;
    return { name, namespace, chart: name, repository, version, timeout };
  }

  /** The chart with all but the secret of the token, which no plan and no state of the release has. */
  private chart(options: Parsed<ProxmoxCsiProps>, account: CsiAccount, preconditions: Precondition[]): Chart {
    const { region = defaultRegion, storageClasses, defaultClass = true, values = {}, certificateAuthority } = options;
    const own: ChartValues = {
      config: {
        clusters: [
          {
            url: apiOf(options.endpoint ?? options.connection?.endpoint ?? ""),
            insecure: false,
            token_id: account.tokenId,
            region,
          },
        ],
      },
      // A pod with a volume may run on every node, whatever its taints.
      node: { tolerations: [{ operator: "Exists" }] },
      storageClass: storageClasses.map((each, index) => storageClass.chartClass(each, defaultClass && index === 0)),
      ...(certificateAuthority !== undefined && {
        extraVolumes: [{ name: caName, configMap: { name: caName } }],
        extraVolumeMounts: [{ name: caName, mountPath: caFolder, readOnly: true }],
      }),
    };
    return { ...this.chartOf(options), values: mergeValues(own, values), preconditions };
  }

  private createPrerequisites(node: TalosClusterBase, certificateAuthority: string | undefined): Release {
    const ca = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: caName, namespace },
      data: { "proxmox-ca.pem": certificateAuthority },
    };
    const resource = kubernetesObjects(this, "Prerequisites", {
      address: `${this.node.id}_prerequisites`,
      name: `${namespace}-prerequisites`,
      objects: [namespaceObject(namespace, "privileged"), ...(certificateAuthority === undefined ? [] : [ca])],
      dependsOn: [node.networkReady],
    });
    ownNamespace(this, node, namespace, { by: this.node.path, podSecurity: "privileged", resource });
    return resource;
  }
}

const defaultRegion = "proxmox";

const accountOf = ({ account, node }: Parsed<ProxmoxCsiProps>): string => account ?? `csi-${node?.clusterName ?? ""}`;

/** The driver finds by these labels where a volume can be. */
function labelNode(node: TalosNode, region: string): void {
  if (!(node.machine instanceof ProxmoxGpuVm)) return;
  const nodeLabels = {
    "topology.kubernetes.io/region": region,
    "topology.kubernetes.io/zone": node.machine.hostNode,
  };
  node.addRequiredPatch({ machine: { nodeLabels } }, ownSettings);
}
