import { join } from "node:path";
import type { File } from "@cdktf/provider-local/lib/file";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { dependable, Lazy, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Release } from "../../.gen/providers/helm/release";
import type { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import { whenComplete } from "../rules/rule";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** The cluster that is looked into. */
interface ClusterWithReleases extends Construct {
  readonly bootstrap: MachineBootstrap;
  readonly kubeconfigFile: File;
  readonly apiReady: Resource;
}

/** Seconds for the API to answer, and for Helm to end what it uninstalls. */
const timeout = 120;

/**
 * Fails if the cluster still has a Helm release that the stack had before.
 *
 * @param releases of the stack now, as `namespace/name`, separated by spaces
 */
export const checkRemovedReleases = (kubeconfig: string, releases: string): Script => ({
  file: join(__dirname, "scripts/check-removed-releases.sh"),
  environment: { KUBECONFIG: kubeconfig, RELEASES: releases, TIMEOUT: String(timeout) },
});

/**
 * The step that looks whether the Helm releases that the stack no longer has are gone, before any other is installed. The Helm
 * provider takes a release that it cannot read for deleted, and a Terraform that is killed records none.
 *
 * @see https://github.com/hashicorp/terraform-provider-helm/blob/v3.1.2/helm/resource_helm_release.go
 */
export function removedReleases(cluster: ClusterWithReleases): Resource {
  // A release with a provider of its own may be in another cluster.
  const releases = () =>
    TerraformStack.of(cluster)
      .node.findAll()
      .filter((each) => each instanceof Release && each.provider === undefined) as Release[];
  const names = Lazy.stringValue({ produce: () => releases().map(nameOf).sort().join(" ") });
  const step = withLogicalId(
    "removed_releases",
    kubernetesStep(cluster, "RemovedReleases", "cilium", {
      triggers: { cluster: cluster.bootstrap.id, releases: names },
      scripts: [checkRemovedReleases(cluster.kubeconfigFile.filename, names)],
      dependsOn: [cluster.apiReady],
    }),
  );
  whenComplete(cluster, () => {
    for (const release of releases()) release.dependsOn = [...(release.dependsOn ?? []), dependable(step)];
  });
  return step;
}

const nameOf = ({ namespaceInput, nameInput }: Release): string => `${namespaceInput ?? "default"}/${nameInput}`;
