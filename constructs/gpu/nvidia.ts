import { talosDocs } from "../rules/source";
import { vendorDrivers } from "../talos/driver";
import type { Method } from "./method";
import { configuration } from "./sharing";
import { taintOf, type Vendor } from "./vendor";

export const methodNames = ["device-plugin", "gpu-operator", "dra"] as const;
/** How NVIDIA's GPUs are advertised to pods: by which chart. */
export type MethodName = (typeof methodNames)[number];

/** Handler that Talos's container toolkit gives containerd. */
export const runtimeClass = "nvidia";

/** Where Talos keeps the driver. */
const driverRoot = "/usr/local";

const operatorValues = {
  driver: { enabled: false },
  toolkit: { enabled: false },
  hostPaths: { driverInstallDir: driverRoot },
};

/** @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu */
export const methods: Readonly<Record<MethodName, Method>> = {
  "device-plugin": {
    chart: "nvidia-device-plugin",
    repository: "https://nvidia.github.io/k8s-device-plugin",
    version: "0.20.0",
    namespace: "nvidia-device-plugin",
    daemonSet: "nvidia-device-plugin",
    selector: "app.kubernetes.io/instance=nvidia-device-plugin",
    settleSeconds: 60,
    address: "nvidia_device_plugin",
    ownRuntimeClass: false,
    values: { runtimeClassName: runtimeClass },
    tolerations: ["tolerations"],
    updateStrategy: ["updateStrategy", "type"],
    sharingValues: (sharing) => ({ config: { map: { sharing: configuration(sharing) }, default: "sharing" } }),
  },
  "gpu-operator": {
    chart: "gpu-operator",
    repository: "https://helm.ngc.nvidia.com/nvidia",
    version: "v26.7.0",
    talos: "1.13",
    namespace: "gpu-operator",
    daemonSet: "nvidia-device-plugin-daemonset",
    selector: "app.kubernetes.io/instance=gpu-operator",
    // Node feature discovery comes first, then what the operator makes of it.
    settleSeconds: 300,
    address: "nvidia_gpu_operator",
    ownRuntimeClass: true,
    values: operatorValues,
    withoutHandler: {
      injects: true,
      // It brings the toolkit, and its NRI plugin injects the devices: https://github.com/siderolabs/extensions/pull/1222
      values: { ...operatorValues, toolkit: { enabled: true }, cdi: { nriPluginEnabled: true } },
    },
    tolerations: ["daemonsets", "tolerations"],
    updateStrategy: ["daemonsets", "updateStrategy"],
    sharingValues: (sharing) => ({
      devicePlugin: {
        config: { create: true, name: "sharing", default: "sharing", data: { sharing: configuration(sharing) } },
      },
    }),
    // The plugin reads its ConfigMap when it starts, and the operator does not look into it:
    // https://github.com/NVIDIA/gpu-operator/blob/v26.7.0/controllers/object_controls.go
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
    selector: "app.kubernetes.io/instance=dra-driver-nvidia-gpu",
    settleSeconds: 60,
    address: "nvidia_dra_driver",
    ownRuntimeClass: false,
    claims: "gpu.nvidia.com",
    withoutHandler: {},
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

/** NVIDIA's GPUs. Of its charts, what runs on a node with GPUs tolerates the taint. */
export const nvidia: Vendor = {
  title: vendorDrivers.nvidia.title,
  methods,
  prerequisites: { address: "nvidia_prerequisites", release: "nvidia-prerequisites" },
  label: "nvidia.com/gpu.present",
  taint: taintOf("nvidia.com/gpu"),
  runtimeClass,
  strategies: ["time-slicing", "mps"],
  resources: [
    {
      name: "nvidia.com/gpu",
      isOf: ({ vendor }) => vendor === "nvidia",
      address: "gpu_smoke_test",
      job: "gpu-smoke-test",
      work: { name: "vector-add", image: "nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0" },
    },
  ],
  example: vendorDrivers.nvidia.example,
  source: talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu"),
};
