import type { ITerraformDependable } from "cdktf";
import { formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";
import type { TalosClusterBase } from "../talos/cluster-base";

/** @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export const podSecurityLevels = ["privileged", "baseline", "restricted"] as const;
/** What the pods of a namespace may do, by the Pod Security Standards of Kubernetes. */
export type PodSecurity = (typeof podSecurityLevels)[number];

/** What Talos enforces in namespaces that say nothing. */
export const defaultPodSecurity: PodSecurity = "baseline";

/** What creates a namespace, for what else is in it. */
export interface NamespaceOwner {
  /** The construct's path. */
  readonly by: string;
  readonly podSecurity: PodSecurity;
  readonly resource: ITerraformDependable;
}

const owners = new WeakMap<TalosClusterBase, Map<string, NamespaceOwner>>();

/** What creates the namespace in the cluster, of the constructs there are so far. */
export const ownerOf = (cluster: TalosClusterBase, namespace: string): NamespaceOwner | undefined =>
  owners.get(cluster)?.get(namespace);

/** Makes known what creates the namespace. */
export function ownNamespace(cluster: TalosClusterBase, namespace: string, owner: NamespaceOwner): void {
  owners.set(cluster, (owners.get(cluster) ?? new Map<string, NamespaceOwner>()).set(namespace, owner));
}

/** Namespaces that Kubernetes creates itself. */
const ofKubernetes = ["default", "kube-node-lease", "kube-public", "kube-system"];
export const isOfKubernetes = (namespace: string): boolean => ofKubernetes.includes(namespace);

/** A namespace of the name, whose pods may do what the level allows. */
export const namespaceObject = (name: string, podSecurity: PodSecurity): object => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "pod-security.kubernetes.io/enforce": podSecurity } },
});

/** Checks that one level of pod security is wanted of the namespace. */
export function checkPodSecurity(
  namespace: string,
  podSecurity: PodSecurity | undefined,
  owner: NamespaceOwner | undefined,
): Check[] {
  if (podSecurity === undefined) return [];
  const given = `podSecurity is ${formatValue(podSecurity)}`;
  return [
    {
      condition: !isOfKubernetes(namespace),
      message: `${given} for the namespace ${formatValue(namespace)}, which Kubernetes creates; leave it out, or write another namespace`,
    },
    {
      condition: owner === undefined || owner.podSecurity === podSecurity,
      message: `${given} for the namespace ${formatValue(namespace)}, which ${owner?.by} creates with ${formatValue(owner?.podSecurity)}; write that, or another namespace`,
    },
  ];
}
