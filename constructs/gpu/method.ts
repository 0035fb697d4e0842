import type { ChartValues } from "../helm/values";
import type { GpuSharing } from "./sharing";

/** How the objects of a plugin without a chart are made. */
export interface PluginOptions {
  readonly version: string;
  /** How many pods may have each GPU. */
  readonly replicas: number;
}

/** A way to advertise GPUs to pods: a chart, or objects of this project, and what it needs on Talos. */
export interface Method {
  /** Name of the release, and of its chart. */
  readonly chart: string;
  /** Where the chart is; without it, the objects are this project's. */
  readonly repository?: string;
  /** The objects of a plugin without a chart. */
  readonly objects?: (options: PluginOptions) => readonly object[];
  /** The version that is known to work. */
  readonly version: string;
  /** First Talos minor version that it works on; without it, all of them. */
  readonly talos?: string;
  /** First Kubernetes minor version that it works with; without it, all of them. */
  readonly kubernetes?: string;
  readonly namespace: string;
  /** What brings the plugin to the node, of the chart or its operator. */
  readonly daemonSet: string;
  /** Labels of its workloads; empty where they have none, and are all that the namespace has. */
  readonly selector: string;
  /** Seconds after which what is broken no longer mends by itself. */
  readonly settleSeconds: number;
  /** Name of the resources of the release in Terraform. */
  readonly address: string;
  /** The chart makes a RuntimeClass of its own. */
  readonly ownRuntimeClass: boolean;
  /**
   * Device class and driver of the claims that pods name instead of asking for a number of GPUs, with which they need no
   * RuntimeClass; without it, pods ask for a number.
   */
  readonly claims?: string;
  /** Devices are injected into pods that ask for one: they need no RuntimeClass. */
  readonly injects?: true;
  /** What differs if the container runtime has no handler of the vendor; without it, the method does not work there. */
  readonly withoutHandler?: Partial<Method>;
  /** Values without which it does not work on Talos. */
  readonly values: ChartValues;
  /** Values with which its pods tolerate the taint of nodes with GPUs; none if the chart's own do. */
  readonly taintedValues?: ChartValues;
  /** Where the chart takes the plugin's tolerations. */
  readonly tolerations: readonly string[];
  /** Where the chart takes the update strategy of the plugin; without it, it always replaces the pods. */
  readonly updateStrategy?: readonly string[];
  /** Where the chart takes the configuration of sharing. */
  readonly sharingValues: (sharing: GpuSharing) => ChartValues;
  /** Where the chart takes an annotation of the pods that its operator creates; without it the chart creates them. */
  readonly checksumValues?: (checksum: string) => ChartValues;
}
