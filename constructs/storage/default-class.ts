import type { Construct } from "constructs";
import { claim, type EarlierClaim } from "../rules/claims";
import type { Rule } from "../rules/rule";
import type { TalosClusterBase } from "../talos/cluster-base";

export const rules: readonly Rule<{
  readonly earlierDefaults: readonly EarlierClaim<string>[];
  readonly earlierClasses: readonly { readonly name: string; readonly by: string }[];
}>[] = [
  {
    id: "default-class-once",
    requirement: "a cluster has one default storage class",
    reason:
      "if there are several, Kubernetes uses the one that was created last, so an apply changes where volumes are",
    source: "https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass",
    checks: ({ earlierDefaults }) =>
      earlierDefaults.map(({ value, by }) => ({
        condition: false,
        message: `the default storage class is ${JSON.stringify(value)} of ${by} already; write defaultClass: false in one of the two`,
      })),
  },
  {
    id: "storage-class-once",
    requirement: "one construct of a cluster creates the storage class of a name",
    reason: "Helm refuses the second one in the middle of the apply",
    source: "https://kubernetes.io/docs/concepts/storage/storage-classes/",
    checks: ({ earlierClasses }) =>
      earlierClasses.map(({ name, by }) => ({
        condition: false,
        message: `the storage class ${JSON.stringify(name)} is created by ${by} already; write another name in one of the two`,
      })),
  },
];

/** Makes known which storage classes a construct creates. @returns those of them that another one creates already */
export const claimClasses = (cluster: TalosClusterBase, names: readonly string[], by: Construct) =>
  [...new Set(names)].flatMap((name) =>
    claim(`storage classes of ${cluster.node.path}`, name, name, by).map((earlier) => ({ name, by: earlier.by })),
  );

/** Makes known that claims which name no storage class get this one. @returns what has said so before */
export const claimDefault = (
  cluster: TalosClusterBase,
  storageClass: string,
  by: Construct,
): EarlierClaim<string>[] => [...claim(`default storage classes of ${cluster.node.path}`, "", storageClass, by)];
