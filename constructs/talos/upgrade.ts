import { join } from "node:path";
import { toTokenString } from "../rules/format-value";
import type { Script } from "../terraform/script";

/** A node that is there, as an upgrade finds it. */
export interface UpgradeTarget {
  /** Address at which Talos answers. */
  readonly node: string;
  /** File for talosctl, of the node's own cluster. */
  readonly talosconfig: string;
  /** Where the files of the cluster are, such as its kubeconfig and snapshots of etcd. */
  readonly directory: string;
  /** Talos version that the cluster began with: a machine that does not answer can only be a new one of that version. */
  readonly firstVersion: string;
  /** What it is one of; undefined for the only node of its cluster. */
  readonly cluster?: {
    /** Name of the node in Kubernetes. */
    readonly name: string;
    /** Address of the control plane through which the node is reached: its own, where it is one. */
    readonly endpoint: string;
    /** Whether it is the first to be upgraded, before which etcd is saved. */
    readonly isFirst: boolean;
  };
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  /** Seconds for each of the waits. */
  readonly timeout: number;
}

/** The variables of `scripts/lib-upgrade.sh`. */
const environmentOf = (target: UpgradeTarget): Record<string, string> => ({
  NODE: target.node,
  ...(target.cluster
    ? { NAME: target.cluster.name, ENDPOINT: target.cluster.endpoint }
    : { FIRST_VERSION: target.firstVersion }),
  TALOSCONFIG: target.talosconfig,
  DIRECTORY: target.directory,
  TALOS_VERSION: target.talosVersion,
  KUBERNETES_VERSION: target.kubernetesVersion,
  TIMEOUT: toTokenString(target.timeout),
});

/**
 * Upgrades the node to the installer, where it runs another version or schematic; after a snapshot of etcd, and until
 * Kubernetes is ready again. One of several is drained by talosctl, and upgraded only where all others are ready.
 *
 * @param installer image with the schematic and the version, such as `factory.talos.dev/nocloud-installer/<schematic>:v1.14.7`
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/upgrading-talos
 */
export const upgradeTalos = (target: UpgradeTarget, installer: string): Script => ({
  file: join(__dirname, "scripts/upgrade-talos.sh"),
  environment: {
    ...environmentOf(target),
    INSTALLER: installer,
    ...(target.cluster?.isFirst !== false && { SNAPSHOT: "true" }),
  },
});

/**
 * Upgrades Kubernetes where the cluster runs an older version, and waits until it is ready.
 *
 * @see https://docs.siderolabs.com/kubernetes-guides/advanced-guides/upgrading-kubernetes
 */
export const upgradeKubernetes = (target: UpgradeTarget): Script => ({
  file: join(__dirname, "scripts/upgrade-kubernetes.sh"),
  environment: environmentOf(target),
});
