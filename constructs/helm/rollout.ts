import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { Release } from "../../.gen/providers/helm/release";
import { toTokenString } from "../rules/format-value";
import { escapeTemplate } from "../rules/template";
import type { TalosClusterBase } from "../talos/cluster-base";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep, type Stage } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** The workloads of a release, and how long to wait until they run. */
export interface Rollout {
  /** Name of the release, for messages. */
  readonly release: string;
  readonly namespace: string;
  /**
   * The labels of its workloads, as `kubectl get --selector` takes them.
   *
   * @default - what Helm has marked as the release's
   */
  readonly selector?: string;
  /** Seconds. */
  readonly timeout: number;
  /** Names of the nodes that its pods are for. */
  readonly nodes: readonly string[];
  /** What an operator makes of the release, or what has no effect without a node for it. */
  readonly plugin?: {
    readonly daemonSet: string;
    /** On how many nodes it has to run, at least. */
    readonly nodes: number;
    /** The annotation `checksum/values` that its pods have once the operator has acted on the release. */
    readonly checksum?: string;
    /** Seconds after which a pod that fails is not waited for any longer. */
    readonly settleSeconds: number;
  };
}

/**
 * Waits until all pods of a release run, from its newest templates.
 *
 * @param members names of all nodes that the stack has in the cluster
 */
export const waitForRollout = (
  kubeconfig: string,
  members: readonly string[],
  { plugin, ...rollout }: Rollout,
): Script => ({
  file: join(__dirname, "scripts/wait-for-rollout.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    RELEASE: rollout.release,
    NAMESPACE: rollout.namespace,
    SELECTOR: rollout.selector ?? "",
    TIMEOUT: toTokenString(rollout.timeout),
    PLUGIN: plugin?.daemonSet ?? "",
    NODES: toTokenString(plugin?.nodes ?? ""),
    NAMES: rollout.nodes.map(escapeTemplate).join(" "),
    MEMBERS: members.map((name) => escapeTemplate(name.toLowerCase())).join(" "),
    CHECKSUM: plugin?.checksum ?? "",
    PATIENCE: toTokenString(plugin?.settleSeconds ?? ""),
  },
});

/**
 * The wait for a release, which runs each time that the release has changed or there is a node of another name. For nodes that
 * have been added to a single node there is a wait of its own.
 *
 * @param then what is waited for after it
 */
export function rolloutOf(
  scope: Construct,
  cluster: TalosClusterBase,
  release: Release,
  rollout: Rollout & { readonly stage: Stage },
  then: readonly Script[] = [],
): Resource {
  const address = `wait_for_${release.friendlyUniqueId}`;
  const { stage } = rollout;
  const isOld = (name: string) => !cluster.isGrown || name === cluster.nodes[0].name;
  const waitFor = (
    id: string,
    nodes: readonly string[],
    scripts: readonly Script[],
    dependsOn: ITerraformDependable,
  ) => {
    const wait = kubernetesStep(scope, id, stage, {
      triggers: {
        release: `${release.id} ${release.metadata.revision}`,
        nodes: nodes.map(escapeTemplate).join(" "),
      },
      scripts: [waitForRollout(cluster.kubeconfigFile.filename, namesOf(cluster), rollout), ...scripts],
      dependsOn: [dependsOn],
    });
    cluster.saveAfter(wait);
    return wait;
  };
  // Some pods are scheduled to no node with the taint of control plane nodes.
  const wait = withLogicalId(address, waitFor("Rollout", rollout.nodes.filter(isOld), then, cluster.untainted));
  const added = rollout.nodes.filter((name) => !isOld(name));
  if (added.length > 0) withLogicalId(`${address}_machines`, waitFor("RolloutToMachines", added, [], wait));
  return wait;
}

/** Names of the nodes that the stack has in the cluster. */
export const namesOf = ({ nodes }: TalosClusterBase): string[] => nodes.map(({ name }) => name);
