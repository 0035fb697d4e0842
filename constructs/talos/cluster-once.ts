import { posix } from "node:path";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { claim, type EarlierClaim } from "../rules/claims";
import { isUnknown } from "../rules/condition";
import { normalAddress } from "../rules/ip-address";
import { given, type Rule } from "../rules/rule";
import { shown } from "../rules/shown";

/** What no other cluster of an app may have. */
interface Identity {
  readonly clusterName: string;
  /** For `kubeconfig` and `talosconfig`, relative to the stack's own. */
  readonly outputDirectory: string;
  /** Of the nodes, and of the API, without prefix length. */
  readonly addresses: readonly OwnAddress[];
}

interface OwnAddress {
  /** Where the props say so, for messages. */
  readonly path: string;
  readonly address: string;
  /** The construct that has it. */
  readonly by: Construct;
}

interface Claimed {
  readonly path: string;
  readonly value: string;
  readonly earlier?: EarlierClaim<string>;
}

/** Claims all of it for the cluster. What only Terraform knows cannot be compared with that of another stack. */
export function claimIdentity(
  cluster: Construct,
  { clusterName, outputDirectory, addresses }: Identity,
): { readonly clusterName: Claimed; readonly addresses: readonly Claimed[]; readonly outputDirectory: Claimed } {
  const claimed = (path: string, what: string, value: string, key: string, by = cluster): Claimed => {
    if (isUnknown(value) || value === "") return { path, value };
    const earlier = claim(`${what} of clusters`, key, value, by).find((each) => each.by !== cluster.node.path);
    return { path, value, earlier };
  };
  const stackDirectory = `cdktf.out/stacks/${TerraformStack.of(cluster).node.id}`;
  const directory = posix.isAbsolute(outputDirectory) ? outputDirectory : posix.join(stackDirectory, outputDirectory);
  return {
    clusterName: claimed("clusterName", "name", clusterName, clusterName),
    addresses: addresses.map(({ path, address, by }) => claimed(path, "address", address, normalAddress(address), by)),
    outputDirectory: claimed("outputDirectory", "directory", outputDirectory, posix.join(directory, "/")),
  };
}

export const rules: readonly Rule<ReturnType<typeof claimIdentity>>[] = [
  {
    id: "cluster-once",
    demands:
      "no two clusters of an app have the same name, address, or directory for their kubeconfig, and no two nodes of one the same address",
    because: "the second would overwrite the first, its node or its files",
    source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
    checks: ({ clusterName, addresses, outputDirectory }) =>
      // The directory is named after the cluster.
      [clusterName, ...addresses, ...(clusterName.earlier ? [] : [outputDirectory])].flatMap(
        ({ path, value, earlier }) =>
          given(earlier, ({ by }) => ({
            holds: false,
            problem: `${path} ${shown(value)} is already that of ${by}; choose another one`,
          })),
      ),
  },
];
