import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { DataTalosMachineConfiguration } from "../../.gen/providers/talos/data-talos-machine-configuration";
import type { MachineConfigurationApply } from "../../.gen/providers/talos/machine-configuration-apply";
import { required, type Schema, string } from "../props/schema";
import { withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import { TalosClusterBase } from "./cluster-base";
import { baseSchema, type TalosClusterBaseProps } from "./cluster-props";
import { removeControlPlaneTaint } from "./kubectl";
import type { TalosMachine } from "./machine";
import * as machine from "./machine";
import type { NvidiaDriver } from "./nvidia-driver";

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
 * Kubernetes API. The addresses of its resources name no machine.
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
    this.taintRemoval = withLogicalId(
      "remove_control_plane_taint",
      nullResource(this, "RemoveControlPlaneTaint", {
        triggers: { cluster: this.apiReady.id },
        scripts: [removeControlPlaneTaint(this.kubeconfigFile.filename)],
      }),
    );
  }

  /** The machine configuration of the node. */
  get machineConfiguration(): DataTalosMachineConfiguration {
    return this.nodes[0].machineConfiguration;
  }

  /** The upgrade of Talos; undefined where no installer is known. */
  get talosUpgrade(): Resource | undefined {
    return this.nodes[0].talosUpgrade;
  }

  /** The step that applies the machine configuration to the node. */
  get configurationApply(): MachineConfigurationApply {
    return this.nodes[0].configurationApply;
  }

  /** Disk that Talos is installed to. */
  get installDisk(): string {
    return this.nodes[0].installDisk;
  }

  /** The NVIDIA driver of its Talos; undefined without one. */
  get nvidia(): NvidiaDriver | undefined {
    return this.nodes[0].nvidia;
  }

  override get untainted(): ITerraformDependable {
    return this.taintRemoval;
  }
}

/** Existing states have these. */
const names = { configuration: "node", upgrade: "upgrade_talos" };
