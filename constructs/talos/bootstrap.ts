import type { File } from "@cdktf/provider-local/lib/file";
import type { Construct } from "constructs";
import { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";
import { localExec } from "../terraform/script";
import { bootstrapBegin, bootstrapEnd, endBootstrap, noteName } from "./bootstrap-note";
import type { Described } from "./cluster-props";
import type { EtcdNode } from "./etcd-snapshot";
import { isControlPlane, replacedWith, type TalosNode } from "./node";

/** The cluster whose etcd is bootstrapped. */
interface BootstrappedCluster extends Construct {
  readonly clusterName: string;
  readonly address: string;
  readonly outputDirectory: string;
  readonly talosconfigFile: File;
  readonly machineSecrets: MachineSecrets;
  readonly nodes: readonly [TalosNode, ...TalosNode[]];
  readonly etcdNode: EtcdNode;
}

/** Bootstraps etcd on the first control plane node, with a note before and after it. */
export function bootstrapEtcd(cluster: BootstrappedCluster, members: Described["members"]): MachineBootstrap {
  const { etcdNode } = cluster;
  const [{ configurationApply }] = cluster.nodes;
  // Of several control plane nodes, one that is new joins the others; bootstrapped, it would be a second cluster.
  const isOneOfSeveral = members.filter(isControlPlane).length > 1;
  const lifecycle = isOneOfSeveral ? undefined : replacedWith(members[0].machine);
  const begin = bootstrapBegin(
    cluster,
    { ...etcdNode, clusterName: escapeTemplate(cluster.clusterName) },
    { note: `${cluster.outputDirectory}/${noteName}`, talosconfig: cluster.talosconfigFile },
    { lifecycle, dependsOn: [configurationApply] },
  );
  const bootstrap = withLogicalId(
    "cluster",
    new MachineBootstrap(cluster, "MachineBootstrap", {
      nodeAttribute: cluster.address,
      clientConfiguration: cluster.machineSecrets.clientConfiguration,
      dependsOn: [configurationApply, begin],
      // Terraform records the bootstrap when this has run: no apply can be ended between the two.
      provisioners: [localExec(cluster, endBootstrap(etcdNode.directory))],
      lifecycle: isOneOfSeveral ? { ignoreChanges: ["node"] } : lifecycle,
    }),
  );
  bootstrapEnd(cluster, begin, bootstrap, etcdNode.directory);
  return bootstrap;
}
