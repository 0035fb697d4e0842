import { vendorDrivers } from "../talos/driver";
import { podScript } from "./pod-script";
import { taintOf, type Vendor } from "./vendor";

const label = "amd.com/gpu.present";
const taint = taintOf("amd.com/gpu");

/**
 * AMD's GPUs, by the device plugin of ROCm.
 *
 * @see https://github.com/ROCm/k8s-device-plugin
 */
export const amd: Vendor = {
  title: vendorDrivers.amd.title,
  methods: {
    "device-plugin": {
      chart: "amd-gpu",
      repository: "https://rocm.github.io/k8s-device-plugin",
      version: "0.21.0",
      namespace: "amd-gpu",
      daemonSet: "amd-gpu-device-plugin-daemonset",
      // The chart gives its DaemonSets no labels.
      selector: "",
      settleSeconds: 60,
      address: "amd_device_plugin",
      ownRuntimeClass: false,
      values: {
        // Its own is a label of node feature discovery, which is not there.
        node_selector_enabled: true,
        node_selector: { "feature.node.kubernetes.io/pci-0300_1002.present": null, [label]: "true" },
      },
      taintedValues: {
        tolerations: [
          { key: "CriticalAddonsOnly", operator: "Exists" },
          { key: taint.key, operator: "Exists", effect: taint.effect },
        ],
      },
      tolerations: ["tolerations"],
      updateStrategy: ["dp", "updateStrategy", "type"],
      sharingValues: () => ({}),
    },
  },
  operator: "installs the same device plugin, of no fixed version",
  prerequisites: { address: "amd_prerequisites", release: "amd-prerequisites" },
  label,
  taint,
  strategies: [],
  resources: [
    {
      name: "amd.com/gpu",
      isOf: ({ vendor }) => vendor === "amd",
      address: "amd_smoke_test",
      job: "amd-smoke-test",
      work: {
        name: "vector-add",
        image: "docker.io/rocm/dev-ubuntu-24.04:6.4.4",
        ...podScript("amd-vector-add.sh"),
      },
    },
  ],
  evidenceOf: () => ({
    device: "(Display controller|Processing accelerators).*(Advanced Micro Devices|AMD/ATI)",
    file: "/sys/module/amdgpu/initstate",
    refusal: "amdgpu.*(Fatal error during GPU init|probe.* failed with error|failed to load.* firmware|init failed)",
    advice: "see docs/amd.md about the ROM file and resets, and cold start the host",
  }),
  example: vendorDrivers.amd.example,
  source: "https://github.com/ROCm/k8s-device-plugin",
};
