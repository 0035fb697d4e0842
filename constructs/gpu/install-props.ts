import { type ReleaseProps, releaseSchema } from "../helm/release-props";
import type { ChartValues } from "../helm/values";
import { record } from "../props/plain-data";
import { instanceOf, required, type Schema, string, unchecked, urlString } from "../props/schema";
import { TalosCluster } from "../talos/cluster";
import type { GpuVendor } from "../talos/driver";
import { TalosSingleNode } from "../talos/single-node";
import type { MethodName } from "./nvidia";
import * as sharing from "./sharing";

/** How pods get the GPU. */
export interface NvidiaInstallProps extends ReleaseProps {
  /** The node or the cluster. Machines whose Talos has a driver of the vendor advertise their GPUs. */
  readonly node: TalosSingleNode | TalosCluster;

  /**
   * How pods get the GPU: the device plugin alone, the GPU operator with feature discovery and metrics, or dynamic resource
   * allocation, by claims. Which resources exist depends on it, so it cannot be a Terraform variable. Intel GPUs have
   * no operator here, and AMD GPUs only the device plugin.
   *
   * @default "device-plugin"
   */
  readonly method?: MethodName;

  /**
   * Let several pods use each GPU.
   *
   * @default - one pod each
   */
  readonly sharing?: sharing.GpuSharing;

  /**
   * Version of the chart, in full.
   *
   * @default - the one that is known to work
   */
  readonly version?: string;

  /**
   * Further values of the chart, merged deeply over those of this construct.
   *
   * @default - none
   */
  readonly values?: ChartValues;

  /**
   * Keep pods that do not tolerate `nvidia.com/gpu`, `amd.com/gpu` or `intel.com/gpu` off the nodes with such GPUs.
   *
   * @default false
   */
  readonly taint?: boolean;

  /**
   * Run a pod that uses the GPU at the end, and fail if it cannot.
   *
   * @default true
   */
  readonly smokeTest?: boolean;

  /**
   * URL of the chart's repository: https or oci.
   *
   * @default - the vendor's
   */
  readonly repository?: string;
}

/** How pods get the GPUs of a vendor. */
export interface GpuInstallProps extends NvidiaInstallProps {
  /**
   * Vendor of the GPUs: `nvidia`, `amd` or `intel`. Which resources exist depends on it, so it cannot be a Terraform
   * variable.
   */
  readonly vendor: GpuVendor;
}

export const schema: Schema<NvidiaInstallProps> = {
  node: required(instanceOf<TalosSingleNode | TalosCluster>(TalosSingleNode, TalosCluster)),
  method: unchecked(),
  sharing: sharing.schema,
  version: string,
  values: record,
  taint: unchecked(),
  smokeTest: unchecked(),
  repository: urlString,
  ...releaseSchema,
};

/** The schema of any vendor's. */
export const gpuSchema: Schema<GpuInstallProps> = { ...schema, vendor: required(unchecked()) };

/** How pods get the GPUs unless they say otherwise. */
export const defaultMethod = "device-plugin";
