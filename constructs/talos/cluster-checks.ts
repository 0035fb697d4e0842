import { type Precondition, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { Parsed } from "../props/schema";
import { claim } from "../rules/claims";
import { enforce } from "../rules/rule";
import { leaveOutAddresses } from "../terraform/logical-id";
import * as versions from "../versions/rules";
import * as clusterOnce from "./cluster-once";
import type { Described, TalosClusterBaseProps } from "./cluster-props";
import { rules } from "./cluster-rules";
import * as driver from "./driver";
import { enforceDrivers } from "./gpu-driver";
import * as ingressFirewall from "./ingress-firewall";
import * as kubernetesVersion from "./kubernetes-version";
import { machineRules, plainMachineRules } from "./machine-rules";
import { claimAddressesOf } from "./network-claims";
import { addressOf, type Member, withSameMachine } from "./node";
import * as registries from "./registries";
import * as talosVersion from "./version";

/** Seconds to wait for the Kubernetes API. */
export const defaultReadyTimeout = 900;

interface Checked {
  readonly given: Parsed<TalosClusterBaseProps>;
  readonly described: Described;
  /** The construct of a machine, where it has one of its own. */
  readonly constructOf: (member: Member) => Construct;
}

type CheckedCluster = Construct & Readonly<Record<"clusterName" | "outputDirectory" | "kubernetesVersion", string>>;

/** Applies all rules of a cluster and its machines. @returns what only Terraform can decide */
export function enforceCluster(cluster: CheckedCluster, { given, described, constructOf }: Checked): Precondition[] {
  const { talos } = given;
  const { version } = talos;
  const { members } = described;
  const { kubernetesVersion: kubernetes } = cluster;
  const identity = claimIdentity(cluster, described, constructOf);
  const releases = [...new Map(members.map(({ release }) => [release.path, release])).values()];
  // A construct has judged its own.
  const plainReleases = releases.filter((release) => !Construct.isConstruct(release.talos));
  const earlierClusters = claim("clusters", TerraformStack.of(cluster).node.path, cluster.node.id, cluster);
  if (earlierClusters.length > 0) leaveOutAddresses(cluster);
  return [
    ...(Construct.isConstruct(talos) ? [] : enforce(cluster, talosVersion.rules, { version, path: "talos.version" })),
    ...enforce(cluster, kubernetesVersion.rules, { version, kubernetesVersion: kubernetes }),
    ...enforce(cluster, versions.rules, { program: "talos", name: "Talos version", version }),
    ...enforce(cluster, versions.rules, { program: "kubernetes", name: "kubernetesVersion", version: kubernetes }),
    ...members.flatMap((member) =>
      Construct.isConstruct(member.machine)
        ? []
        : enforce(cluster, plainMachineRules, {
            ...member,
            ...claimAddressesOf(member, constructOf(member), cluster),
          }),
    ),
    ...plainReleases.flatMap((release) => enforce(cluster, driver.rules, release.talos)),
    ...enforce(cluster, ingressFirewall.rules, given),
    ...enforce(cluster, clusterOnce.rules, identity),
    ...members.flatMap((member) => enforce(cluster, machineRules, member)),
    ...enforceDrivers(cluster, members),
    ...enforce(cluster, registries.rules, { registries: given.registries, scope: cluster }),
    ...enforce(cluster, rules, {
      clusterName: given.clusterName,
      endpoint: given.endpoint,
      version,
      outputDirectory: given.outputDirectory,
      timeServers: given.timeServers,
      releases: plainReleases,
      parts: [
        ...members.map(({ path, machine }) => ({ path, part: machine })),
        ...releases.map(({ path, talos }) => ({ path, part: talos })),
      ],
      cluster,
      readyTimeout: given.readyTimeout ?? defaultReadyTimeout,
      earlierClusters,
    }),
  ];
}

/** Claims the cluster's name, directory and addresses, which no other cluster of the app may have. */
function claimIdentity(
  cluster: CheckedCluster,
  { members, virtualAddress }: Described,
  constructOf: (member: Member) => Construct,
) {
  const machines = members.filter((member) => withSameMachine(members, member) === undefined);
  const addresses = machines.map((member) => ({
    path: member.construct === undefined ? "address" : `${member.path}.address`,
    address: addressOf(member.machine),
    by: constructOf(member),
    machine: member.machine,
  }));
  return clusterOnce.claimIdentity(cluster, {
    clusterName: cluster.clusterName,
    outputDirectory: cluster.outputDirectory,
    addresses: [
      ...(virtualAddress === undefined ? [] : [{ path: "virtualAddress", address: virtualAddress, by: cluster }]),
      ...addresses,
    ],
  });
}
