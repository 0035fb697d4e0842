import { posix } from "node:path";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { claim, type EarlierClaim } from "../rules/claims";
import { isUnknown } from "../rules/condition";
import { normalAddress } from "../rules/ip-address";
import type { Rule } from "../rules/rule";
import { shown } from "../rules/shown";

/** What no other cluster of an app may have. */
interface Identity<Value> {
  readonly clusterName: Value;
  /** Of the node, without prefix length. */
  readonly address: Value;
  /** For `kubeconfig` and `talosconfig`, relative to the stack's own. */
  readonly outputDirectory: Value;
}

interface Claimed {
  readonly value: string;
  readonly earlier?: EarlierClaim<string>;
}

/** Claims all of it for the cluster. What only Terraform knows cannot be compared with that of another stack. */
export function claimIdentity(cluster: Construct, identity: Identity<string>): Identity<Claimed> {
  const { clusterName, address, outputDirectory } = identity;
  const claimed = (what: string, value: string, key: string): Claimed => {
    if (isUnknown(value) || value === "") return { value };
    const [earlier] = claim(`${what} of clusters`, key, value, cluster);
    return { value, earlier };
  };
  const stackDirectory = `cdktf.out/stacks/${TerraformStack.of(cluster).node.id}`;
  const directory = posix.isAbsolute(outputDirectory) ? outputDirectory : posix.join(stackDirectory, outputDirectory);
  return {
    clusterName: claimed("name", clusterName, clusterName),
    address: claimed("address", address, normalAddress(address)),
    outputDirectory: claimed("directory", outputDirectory, posix.join(directory, "/")),
  };
}

export const rules: readonly Rule<Identity<Claimed>>[] = [
  {
    id: "cluster-once",
    demands: "no two clusters of an app have the same name, address, or directory for their kubeconfig",
    because: "the second would overwrite the first, its node or its files",
    source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
    checks: (identity) => {
      const taken = Object.entries(identity).filter(([, { earlier }]) => earlier);
      const isNameTaken = identity.clusterName.earlier !== undefined;
      return taken.flatMap(([prop, { value, earlier }]) => {
        // The directory is named after the cluster.
        if (prop === "outputDirectory" && isNameTaken) return [];
        return {
          holds: false,
          problem: `${prop} ${shown(value)} is already that of ${earlier?.by}; choose another one`,
        };
      });
    },
  },
];
