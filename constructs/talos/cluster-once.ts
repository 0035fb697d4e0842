import { posix } from "node:path";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { normalAddress, sameAddress } from "../network/ip-address";
import { claim, type EarlierClaim } from "../rules/claims";
import { isUnknown, not } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { checkOnce } from "../rules/once";
import type { Rule } from "../rules/rule";
import type { TalosMachine } from "./machine";

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
  /** Undefined for an address that several machines share. */
  readonly machine?: TalosMachine;
}

/** An address that no other node and no other cluster may have, and what has been claimed before. */
interface ClaimedAddress extends OwnAddress {
  readonly earlier: readonly EarlierClaim<OwnAddress>[];
}

interface Claimed {
  readonly path: string;
  readonly value: string;
  readonly earlier: readonly EarlierClaim<string>[];
}

/** Claims all of it for the cluster. What only Terraform knows cannot be compared with that of another stack. */
export function claimIdentity(
  cluster: Construct,
  { clusterName, outputDirectory, addresses }: Identity,
): {
  /** The cluster's path in the app. */
  readonly path: string;
  readonly clusterName: Claimed;
  readonly addresses: readonly ClaimedAddress[];
  readonly outputDirectory: Claimed;
} {
  const claimed = (path: string, what: string, value: string, key: string): Claimed => {
    const isKnown = !isUnknown(value) && value !== "";
    return { path, value, earlier: isKnown ? claim(`${what} of clusters`, key, value, cluster) : [] };
  };
  const stackDirectory = `cdktf.out/stacks/${TerraformStack.of(cluster).node.id}`;
  const directory = posix.isAbsolute(outputDirectory) ? outputDirectory : posix.join(stackDirectory, outputDirectory);
  return {
    path: cluster.node.path,
    clusterName: claimed("clusterName", "name", clusterName, clusterName),
    addresses: addresses.flatMap((own) => claimAddress(cluster, own)),
    outputDirectory: claimed("outputDirectory", "directory", outputDirectory, posix.join(directory, "/")),
  };
}

function claimAddress(cluster: Construct, own: OwnAddress): ClaimedAddress[] {
  const { address, by, machine } = own;
  if (address === "") return [];
  const earlier = claim("address of clusters", normalAddress(address), own, by).filter(
    // Virtual IPs and VMs have rules of their own.
    (each) => each.by !== cluster.node.path && !areTwoVms(machine, each.value.machine),
  );
  return [{ ...own, earlier }];
}

const areTwoVms = (one: TalosMachine | undefined, other: TalosMachine | undefined): boolean =>
  one !== other && Construct.isConstruct(one) && Construct.isConstruct(other);

export const rules: readonly Rule<ReturnType<typeof claimIdentity>>[] = [
  {
    id: "cluster-once",
    requirement:
      "no two clusters of an app have the same name, address, or directory for their kubeconfig, and no two nodes of one the same address",
    reason: "the second would overwrite the first, its node or its files",
    source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
    checks: ({ path: own, clusterName, addresses, outputDirectory }) => [
      // The directory is named after the cluster.
      ...[clusterName, ...(clusterName.earlier.length > 0 ? [] : [outputDirectory])].flatMap(
        ({ path, value, earlier }) =>
          checkOnce(own, earlier, ({ by }) => ({ condition: false, message: takenMessage(path, value, by) })),
      ),
      ...addresses.flatMap(({ path, address, by, earlier }) =>
        checkOnce(by.node.path, earlier, (other) => ({
          condition: not(sameAddress(address, other.value.address)),
          message: takenMessage(path, address, other.by),
        })),
      ),
    ],
  },
];

const takenMessage = (path: string, value: string, by: string): string =>
  `${path} ${formatValue(value)} is already used by ${by}; choose another one`;
