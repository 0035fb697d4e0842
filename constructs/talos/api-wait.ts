import type { File } from "@cdktf/provider-local/lib/file";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Lazy } from "cdktf";
import type { Construct } from "constructs";
import type { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import type { Described } from "./cluster-props";
import { deleteRenamedNodes, waitForKubernetes } from "./kubectl";
import { type Member, replacedWith, type TalosNode } from "./node";
import { asEndpoint } from "./node-endpoint";

/** The cluster that is waited for. */
interface AwaitedCluster extends Construct {
  readonly address: string;
  readonly endpoint: string;
  readonly kubeconfigFile: File;
  readonly bootstrap: MachineBootstrap;
  readonly nodes: readonly TalosNode[];
  readonly isGrown: boolean;
}

/** The waits until the Kubernetes API answers and has the nodes. */
export class ApiWait {
  private readonly awaited: string[] = [];

  constructor(
    private readonly cluster: AwaitedCluster,
    private readonly members: Described["members"],
    /** Seconds for each of the waits. */
    private readonly timeout: number,
  ) {}

  /** Adds a resource to the wait, named as `kubectl get` takes it. */
  include(...resources: readonly string[]): void {
    this.awaited.push(...resources);
  }

  /** The step that waits for the API. */
  createStep(): Resource {
    const { cluster, members, timeout } = this;
    const [first, ...others] = members;
    const isOnly = first.construct === undefined;
    const deletion = deleteRenamedNodes(cluster.kubeconfigFile.filename, cluster.nodes, timeout);
    const step = { triggers: { cluster: cluster.bootstrap.id }, scripts: [this.waitAt(cluster.endpoint), deletion] };
    if (isOnly) return this.stepAt("wait_for_kubernetes", step);
    if (cluster.isGrown) {
      const joined = others.length === 0 ? [] : [this.waitForMachines(others)];
      return this.stepAt("wait_for_kubernetes", { ...step, dependsOn: joined });
    }
    this.include(...members.map(nodeOf));
    return this.stepAt("wait_for_kubernetes", {
      // Who comes later is waited for too.
      triggers: { ...step.triggers, nodes: namesOf(members) },
      lifecycle: replacedWith(...members.map(({ machine }) => machine)),
      // The API of a node first: of the address of all, one knows then whether it alone is missing.
      scripts: [this.waitAt(asEndpoint(cluster.address), "directly"), ...step.scripts],
      dependsOn: cluster.nodes.map(({ configurationApply }) => configurationApply),
    });
  }

  /** The wait for the machines of a cluster that had one before, which has a wait of its own. */
  private waitForMachines(others: readonly Member[]): Resource {
    const { cluster } = this;
    const resources = others.map(nodeOf).join(" ");
    return this.stepAt("wait_for_machines", {
      triggers: { nodes: namesOf(others) },
      lifecycle: replacedWith(...others.map(({ machine }) => machine)),
      scripts: [
        this.waitAt(asEndpoint(cluster.address), "directly", resources),
        this.waitAt(cluster.endpoint, undefined, resources),
      ],
      dependsOn: [cluster.bootstrap, ...cluster.nodes.map(({ configurationApply }) => configurationApply)],
    });
  }

  private waitAt(server: string, at?: "directly", resources?: string): Script {
    const awaited = resources ?? Lazy.stringValue({ produce: () => this.awaited.join(" ") });
    return waitForKubernetes(this.cluster.kubeconfigFile.filename, server, this.timeout, awaited, at);
  }

  private stepAt(address: string, config: Parameters<typeof kubernetesStep>[3]): Resource {
    const [id, stage] =
      address === "wait_for_kubernetes"
        ? (["WaitForKubernetes", "kubernetes"] as const)
        : (["WaitForMachines", "machines"] as const);
    return withLogicalId(address, kubernetesStep(this.cluster, id, stage, config));
  }
}

/** The machine's node, as `kubectl get` takes it. */
const nodeOf = ({ machine }: Member): string => `node/${machine.name.toLowerCase()}`;

const namesOf = (members: readonly Member[]): string => members.map(({ machine }) => machine.name).join(" ");
