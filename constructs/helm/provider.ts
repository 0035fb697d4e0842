import { join } from "node:path";
import { AssetType, Fn, type ITerraformDependable, TerraformAsset } from "cdktf";
import type { Construct } from "constructs";
import { HelmProvider, type HelmProviderKubernetes } from "../../.gen/providers/helm/provider";
import { Release } from "../../.gen/providers/helm/release";
import type { TalosClusterBase } from "../talos/cluster-base";
import { renderDocument } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { stackSingleton } from "../terraform/stack-singleton";

/** Helm in the cluster, for the releases of its stack. */
export const helmIn = (cluster: TalosClusterBase): HelmProvider =>
  stackSingleton(
    cluster,
    "helm_provider",
    (scope, id) => new HelmProvider(scope, id, { kubernetes: kubernetesOf(cluster) }),
  );

/** Helm without a cluster: what it renders becomes part of the machine configuration that the cluster comes from. */
export const helmForRendering = (scope: Construct): HelmProvider =>
  stackSingleton(scope, "helm_rendering", (scope, id) => new HelmProvider(scope, id, { alias: "rendering" }));

/** The kubeconfig resource gives its certificates in base64, and the provider takes them as PEM. */
function kubernetesOf({ kubeconfig }: TalosClusterBase): HelmProviderKubernetes {
  const { host, caCertificate, clientCertificate, clientKey } = kubeconfig.kubernetesClientConfiguration;
  return {
    host,
    clusterCaCertificate: Fn.base64decode(caCertificate),
    clientCertificate: Fn.base64decode(clientCertificate),
    clientKey: Fn.base64decode(clientKey),
  };
}

/** A release of Kubernetes objects as they are given, from a chart of the project's own. */
export interface KubernetesObjects {
  /** Address of the release in Terraform. */
  readonly address: string;
  /** Name of the release. */
  readonly name: string;
  /**
   * Namespace of the release.
   *
   * @default "kube-system"
   */
  readonly namespace?: string;
  readonly objects: readonly object[];
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Lets a release take over objects that Helm did not create and would refuse. The first installation alone needs that: a release
 * that is there is not changed for it.
 */
export function takeOver(release: Release): void {
  release.takeOwnership = true;
  const { ignoreChanges = [], ...lifecycle } = release.lifecycle ?? {};
  release.lifecycle = { ...lifecycle, ignoreChanges: [...ignoreChanges, "take_ownership"] };
}

/** Objects that must be there before or after others, which one chart cannot promise. */
export function kubernetesObjects(
  scope: Construct,
  id: string,
  { address, name, namespace = "kube-system", objects, dependsOn }: KubernetesObjects,
) {
  const { path } = new TerraformAsset(scope, "chart", {
    path: join(__dirname, "charts/kubernetes-objects"),
    type: AssetType.DIRECTORY,
  });
  const values = [renderDocument({ objects })];
  return withLogicalId(
    address,
    new Release(scope, id, {
      name,
      namespace,
      chart: path,
      // Without it the provider would ask the cluster for the installed version, when there is no cluster yet.
      version: "1.0.0",
      values,
      upgradeInstall: true,
      dependsOn,
    }),
  );
}
