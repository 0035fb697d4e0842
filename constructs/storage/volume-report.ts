import { join } from "node:path";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { escapeTemplate } from "../rules/template";
import type { TalosClusterBase } from "../talos/cluster-base";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** Which volumes to report of. */
interface Volumes {
  /** What has made them, as Kubernetes names it. */
  readonly driver: string;
  /** Whether they stay when the cluster is destroyed. */
  readonly outlive: boolean;
}

/** Prints which volumes there are, and what happens to them, when the stack is destroyed. */
export const volumeReport = (directory: string, { driver, outlive }: Volumes): Script => ({
  file: join(__dirname, "scripts/report-volumes.sh"),
  when: "destroy",
  environment: { DIRECTORY: escapeTemplate(directory), DRIVER: driver, OUTLIVE: outlive ? "yes" : "" },
});

/** The step that prints it before what it depends on is destroyed. */
export const reportVolumes = (
  scope: Construct,
  address: string,
  cluster: TalosClusterBase,
  volumes: Volumes,
  dependsOn: ITerraformDependable[],
) =>
  withLogicalId(
    address,
    nullResource(scope, "Volumes", { scripts: [volumeReport(cluster.outputDirectory, volumes)], dependsOn }),
  );
