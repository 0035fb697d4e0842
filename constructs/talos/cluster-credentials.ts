import type { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { dependable, Fn } from "cdktf";
import type { Construct } from "constructs";
import { ClusterKubeconfig } from "../../.gen/providers/talos/cluster-kubeconfig";
import { DataTalosClientConfiguration } from "../../.gen/providers/talos/data-talos-client-configuration";
import type { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { stackSingleton } from "../terraform/stack-singleton";
import { checkClusterFiles } from "./cluster-files";
import type { Described } from "./cluster-props";
import { addressOf, isControlPlane, type TalosNode } from "./node";
import { ownKubeconfig } from "./own-kubeconfig";
import { secretFile } from "./secret-file";

/** A cluster that talosctl and kubectl are to reach. */
interface ReachableCluster extends Construct {
  readonly clusterName: string;
  readonly address: string;
  readonly endpoint: string;
  readonly outputDirectory: string;
  readonly isGrown: boolean;
  readonly machineSecrets: MachineSecrets;
  readonly clientConfiguration: DataTalosClientConfiguration;
  readonly bootstrap: MachineBootstrap;
  readonly kubeconfig: ClusterKubeconfig;
  readonly nodes: readonly [TalosNode, ...TalosNode[]];
}

/** The configuration of talosctl. */
export function createClientConfiguration(
  cluster: ReachableCluster,
  members: Described["members"],
): DataTalosClientConfiguration {
  const controlPlanes = members.filter(isControlPlane);
  // A worker that is added to a single node must not change its talosconfig.
  const nodes = cluster.isGrown ? controlPlanes : members;
  return withLogicalId(
    "cluster",
    new DataTalosClientConfiguration(cluster, "ClientConfiguration", {
      clusterName: cluster.clusterName,
      clientConfiguration: cluster.machineSecrets.clientConfiguration,
      endpoints: controlPlanes.map(({ machine }) => addressOf(machine)),
      nodes: nodes.map(({ machine }) => addressOf(machine)),
    }),
  );
}

/** The file with the configuration of talosctl, written after the files of another cluster are looked for. */
export function createTalosconfig(cluster: ReachableCluster): File {
  const { clusterName, outputDirectory, machineSecrets, clientConfiguration } = cluster;
  const content = clientConfiguration.talosConfig;
  const file = secretFile(cluster, "talosconfig", { directory: outputDirectory, content });
  const talosconfig = escapeTemplate(`${outputDirectory}/talosconfig`);
  file.dependsOn = [dependable(checkClusterFiles(cluster, machineSecrets, { clusterName, talosconfig }))];
  return file;
}

/** The kubeconfig, as Talos issues it once etcd is bootstrapped. */
export function createKubeconfig(cluster: ReachableCluster): ClusterKubeconfig {
  return withLogicalId(
    "cluster",
    new ClusterKubeconfig(cluster, "ClusterKubeconfig", {
      nodeAttribute: cluster.address,
      clientConfiguration: cluster.machineSecrets.clientConfiguration,
      dependsOn: [cluster.bootstrap],
      lifecycle: { postcondition: [ownKubeconfig(cluster.nodes[0].machineConfiguration.machineConfiguration)] },
    }),
  );
}

/** The file that holds the kubeconfig. */
export function createKubeconfigFile(cluster: ReachableCluster): File {
  const { kubeconfigRaw } = cluster.kubeconfig;
  // Talos has issued it for the endpoint of then, and Terraform does not ask again.
  const content = cluster.isGrown
    ? Fn.replace(kubeconfigRaw, "/server: .*/", escapeTemplate(`server: ${cluster.endpoint}`))
    : kubeconfigRaw;
  const file = secretFile(cluster, "kubeconfig", { directory: cluster.outputDirectory, content });
  // Releases depend on it, but Helm's provider does not, as `kubernetesStep` explains.
  file.provider = stackSingleton(
    cluster,
    "local_kubernetes",
    (scope, id) => new LocalProvider(scope, id, { alias: "kubernetes" }),
  );
  return file;
}
