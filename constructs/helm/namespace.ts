import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { formatValue } from "../rules/format-value";
import { type Check, enforce, ifSet, type Rule } from "../rules/rule";
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

export const rules: readonly Rule<{ readonly namespace: string; readonly earlier?: NamespaceOwner }>[] = [
  {
    id: "namespace-once",
    requirement: "one construct creates a namespace",
    reason: "Helm refuses an object that another release has, in the middle of the apply",
    source: "https://github.com/helm/helm/blob/v3.18.5/pkg/action/validate.go",
    checks: ({ namespace, earlier }) =>
      ifSet(earlier, ({ by }) => ({
        condition: false,
        message: `the namespace ${formatValue(namespace)} is created by ${by} already; write that construct after this one, or another namespace for it`,
      })),
  },
];

/** Makes known what creates the namespace. */
export function ownNamespace(by: Construct, cluster: TalosClusterBase, namespace: string, owner: NamespaceOwner): void {
  enforce(by, rules, { namespace, earlier: ownerOf(cluster, namespace) });
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
