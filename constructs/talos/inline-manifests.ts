import { join } from "node:path";
import { Fn } from "cdktf";
import { asFunctionArgument } from "../rules/expression";
import { toTokenString } from "../rules/format-value";
import { escapeTemplate } from "../rules/template";
import type { Script } from "../terraform/script";
import type { TalosClusterBase } from "./cluster-base";
import type { TalosPatch } from "./patch/patch";

/** Manifests that Talos has in its machine configuration. */
export interface InlineManifests {
  /** The name of the Helm release that they stand for. */
  readonly name: string;
  /** YAML documents. */
  readonly contents: string;
}

/** A Kubernetes object without a namespace. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/** Seconds for the API to take them. */
const timeout = 300;

/** Adds them to the machine configuration of the control plane nodes; Talos applies those of no worker. */
export function addInlineManifests(cluster: TalosClusterBase, { name, contents }: InlineManifests): void {
  const patch: TalosPatch = { cluster: { inlineManifests: [{ name, contents }] } };
  for (const node of cluster.nodes) if (node.role === "controlplane") node.addRequiredPatch(patch);
}

/** What tells one content from another, for a trigger. */
export const hashOf = ({ contents }: InlineManifests): string =>
  contents === "" ? "" : toTokenString(Fn.sha256(asFunctionArgument(contents)));

/** Linux limits a variable to 128 KiB. */
const compressed = (contents: string): string =>
  contents === "" ? "" : toTokenString(Fn.base64gzip(asFunctionArgument(contents)));

/**
 * Brings the cluster to them, because Talos creates what is missing and updates nothing before the next upgrade of Kubernetes.
 *
 * @param before manifests whose Helm release is uninstalled first
 */
export const applyManifests = (
  kubeconfig: string,
  { name, contents }: InlineManifests,
  before?: InlineManifests,
): Script => ({
  file: join(__dirname, "scripts/apply-manifests.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    NAME: `${name}-manifests`,
    RELEASE: name,
    MANIFESTS: compressed(contents),
    BEFORE: compressed(before?.contents ?? ""),
    TIMEOUT: String(timeout),
  },
});

/**
 * Hands over to Helm what they had brought, after its release.
 *
 * @param keep objects that a later release takes over
 */
export const handOverManifests = (
  kubeconfig: string,
  name: string,
  keep: readonly KubernetesObject[] = [],
): Script => ({
  file: join(__dirname, "scripts/hand-over-manifests.sh"),
  environment: {
    KUBECONFIG: kubeconfig,
    NAME: `${name}-manifests`,
    KEEP: keep.map(({ kind, metadata }) => `${kind}/${escapeTemplate(metadata.name)}`).join(" "),
    TIMEOUT: String(timeout),
  },
});
