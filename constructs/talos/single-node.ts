import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { required, type Schema, string } from "../props/schema";
import { TalosClusterBase } from "./cluster-base";
import { baseSchema, type TalosClusterBaseProps } from "./cluster-props";
import type { TalosMachine } from "./machine";
import * as machine from "./machine";

/** The machine of the node, and what it runs. */
export interface TalosSingleNodeProps extends TalosClusterBaseProps {
  /** The machine to run on, such as a `ProxmoxGpuVm`. */
  readonly machine: TalosMachine;

  /**
   * Disk to install to.
   *
   * @default - the machine's
   */
  readonly installDisk?: string;
}

export const schema: Schema<TalosSingleNodeProps> = {
  ...baseSchema,
  machine: required(machine.schema),
  installDisk: string,
};

/**
 * A Kubernetes cluster of one Talos node: its secrets, its configuration, and the steps from a booted machine to a ready
 * Kubernetes API. Its Terraform addresses do not contain the machine's name.
 *
 * @example
 * new TalosSingleNode(stack, "cluster", { clusterName: "talos-gpu", machine: vm, talos });
 *
 * @see https://docs.siderolabs.com/talos/v1.13/getting-started/getting-started
 */
export class TalosSingleNode extends TalosClusterBase<TalosSingleNodeProps> {
  /** The step that lets the node run pods. */
  readonly taintRemoval: Resource;

  constructor(scope: Construct, id: string, props: TalosSingleNodeProps) {
    super(scope, id, props, schema, ({ machine, talos, installDisk = machine.installDisk, endpoint }) => ({
      members: [
        { path: "machine", role: "controlplane", machine, release: { path: "talos", talos }, installDisk, names },
      ],
      endpoint,
      schedulingOnControlPlanes: true,
    }));
    this.taintRemoval = this.createTaintRemoval();
  }

  override get untainted(): ITerraformDependable {
    return this.taintRemoval;
  }
}

/** Existing states have these. */
export const names = { configuration: "node", upgrade: "upgrade_talos" };
