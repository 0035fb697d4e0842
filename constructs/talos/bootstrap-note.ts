import { join } from "node:path";
import type { File } from "@cdktf/provider-local/lib/file";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn, type ITerraformDependable, type TerraformResourceLifecycle } from "cdktf";
import type { Construct } from "constructs";
import type { MachineBootstrap } from "../../.gen/providers/talos/machine-bootstrap";
import { asFunctionArgument } from "../rules/expression";
import { toTokenString } from "../rules/format-value";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** The node that etcd is bootstrapped on. */
interface BootstrappedNode {
  readonly node: string;
  readonly clusterName: string;
  /** File for talosctl. */
  readonly talosconfig: string;
  /** Where the files of the cluster are. */
  readonly directory: string;
}

/** Name of the note in that directory. */
export const noteName = "bootstrapping";

/** Notes that etcd is about to be bootstrapped; fails if it is, and the state does not know. */
export const beginBootstrap = ({ node, clusterName, talosconfig, directory }: BootstrappedNode): Script => ({
  file: join(__dirname, "scripts/begin-bootstrap.sh"),
  environment: {
    NODE: node,
    TALOSCONFIG: talosconfig,
    DIRECTORY: directory,
    CLUSTER: clusterName,
  },
});

/** Removes the note. */
export const endBootstrap = (directory: string): Script => ({
  file: join(__dirname, "scripts/end-bootstrap.sh"),
  environment: { DIRECTORY: directory },
});

/**
 * The step before the bootstrap. It runs again if an apply has left its note, and on a machine that has no talosconfig yet, where the
 * note would be missing: the id of a file that is to be created is unknown, and so is all that comes of it.
 */
export const bootstrapBegin = (
  cluster: Construct,
  node: BootstrappedNode,
  files: {
    /** Path of the note. */
    readonly note: string;
    readonly talosconfig: File;
  },
  step: { readonly lifecycle?: TerraformResourceLifecycle; readonly dependsOn: ITerraformDependable[] },
): Resource =>
  withLogicalId(
    "bootstrap_begin",
    nullResource(cluster, "BootstrapBegin", {
      ...step,
      triggers: {
        left: toTokenString(
          Fn.conditional(
            Fn.fileexists(asFunctionArgument(files.note)),
            "note",
            Fn.replace(files.talosconfig.id, "/.*/", ""),
          ),
        ),
      },
      scripts: [beginBootstrap(node)],
    }),
  );

/** The step after it, for a cluster that was bootstrapped before there was a note. */
export const bootstrapEnd = (
  cluster: Construct,
  begin: Resource,
  bootstrap: MachineBootstrap,
  directory: string,
): Resource =>
  withLogicalId(
    "bootstrap_end",
    nullResource(cluster, "BootstrapEnd", {
      triggers: { begin: begin.id, bootstrap: bootstrap.id },
      scripts: [endBootstrap(directory)],
    }),
  );
