import type { ChartValues } from "../helm/values";
import type { NodeTaint } from "../talos/node-taint";
import { configuration, type GpuSharing } from "./sharing";

export const methodNames = ["device-plugin", "gpu-operator", "dra"] as const;
/** How the GPU is advertised to pods: by which chart. */
export type MethodName = (typeof methodNames)[number];

/** A way to hand the GPU to pods: a chart, and what it needs on Talos. */
export interface Method {
  readonly chart: string;
  readonly repository: string;
  /** The version that is known to work. */
  readonly version: string;
  /** First Talos minor version that it works on; without it, all of them. */
  readonly talos?: string;
  /** First Kubernetes minor version that it works with; without it, all of them. */
  readonly kubernetes?: string;
  readonly namespace: string;
  /** What brings the plugin to the node, of the chart or its operator. */
  readonly daemonSet: string;
  /** Seconds after which what is broken no longer mends by itself. */
  readonly settleSeconds: number;
  /** Name of the resources of the release in Terraform. */
  readonly address: string;
  /** The chart makes a RuntimeClass of its own. */
  readonly ownRuntimeClass: boolean;
  /** Pods name a claim instead of asking for a number of GPUs, and need no RuntimeClass. */
  readonly claims: boolean;
  /** Values without which it does not work on Talos. */
  readonly values: ChartValues;
  /** Where the chart takes the plugin's tolerations. */
  readonly tolerations: readonly string[];
  /** Where the chart takes the update strategy of the plugin. */
  readonly updateStrategy: readonly string[];
  /** Where the chart takes the configuration of sharing. */
  readonly sharingValues: (sharing: GpuSharing) => ChartValues;
  /** Where the chart takes an annotation of the pods that its operator creates; without it the chart creates them. */
  readonly checksumValues?: (checksum: string) => ChartValues;
}

/**
 * What keeps pods off a node with GPUs that ask for none. Of NVIDIA's charts, what runs on such a node tolerates it.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#example-use-cases
 */
export const taint: NodeTaint = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };

/** Handler that Talos's container toolkit gives containerd. */
export const runtimeClass = "nvidia";

/** Where Talos keeps the driver. */
const driverRoot = "/usr/local";

/** @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu */
export const methods: Readonly<Record<MethodName, Method>> = {
  "device-plugin": {
    chart: "nvidia-device-plugin",
    repository: "https://nvidia.github.io/k8s-device-plugin",
    version: "0.20.0",
    namespace: "nvidia-device-plugin",
    daemonSet: "nvidia-device-plugin",
    settleSeconds: 60,
    address: "nvidia_device_plugin",
    ownRuntimeClass: false,
    claims: false,
    values: { runtimeClassName: runtimeClass },
    tolerations: ["tolerations"],
    updateStrategy: ["updateStrategy", "type"],
    sharingValues: (sharing) => ({ config: { map: { sharing: configuration(sharing) }, default: "sharing" } }),
  },
  "gpu-operator": {
    chart: "gpu-operator",
    repository: "https://helm.ngc.nvidia.com/nvidia",
    // v26.7.0 turned on a ServiceMonitor, whose kind is not there.
    version: "v26.3.3",
    talos: "1.13",
    namespace: "gpu-operator",
    daemonSet: "nvidia-device-plugin-daemonset",
    // Node feature discovery comes first, then what the operator makes of it.
    settleSeconds: 300,
    address: "nvidia_gpu_operator",
    ownRuntimeClass: true,
    claims: false,
    values: {
      driver: { enabled: false },
      toolkit: { enabled: false },
      hostPaths: { driverInstallDir: driverRoot },
    },
    tolerations: ["daemonsets", "tolerations"],
    updateStrategy: ["daemonsets", "updateStrategy"],
    sharingValues: (sharing) => ({
      devicePlugin: {
        config: { create: true, name: "sharing", default: "sharing", data: { sharing: configuration(sharing) } },
      },
    }),
    // The plugin reads its ConfigMap when it starts, and the operator does not look into it:
    // https://github.com/NVIDIA/gpu-operator/blob/v26.3.3/controllers/object_controls.go
    checksumValues: (checksum) => ({ daemonsets: { annotations: { "checksum/values": checksum } } }),
  },
  dra: {
    chart: "dra-driver-nvidia-gpu",
    repository: "oci://registry.k8s.io/dra-driver-nvidia/charts",
    version: "0.4.1",
    talos: "1.13",
    kubernetes: "1.34",
    namespace: "dra-driver-nvidia-gpu",
    daemonSet: "dra-driver-nvidia-gpu-kubelet-plugin",
    settleSeconds: 60,
    address: "nvidia_dra_driver",
    ownRuntimeClass: false,
    claims: true,
    values: {
      nvidiaDriverRoot: driverRoot,
      // The chart requires a value that says that no device plugin advertises the same GPUs.
      gpuResourcesEnabledOverride: true,
      resources: { computeDomains: { enabled: false } },
    },
    tolerations: ["kubeletPlugin", "tolerations"],
    updateStrategy: ["kubeletPlugin", "updateStrategy", "type"],
    sharingValues: () => ({}),
  },
};
