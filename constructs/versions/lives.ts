import { talosDocs } from "../rules/source";
import type { Life } from "./life";
import { nextTalosLife, nextTalosMinor, supportsNextTalos } from "./next-talos";

const talos = talosDocs("getting-started/support-matrix");
const kubernetes = "https://kubernetes.io/releases/patch-releases/";
const cilium = "https://docs.cilium.io/en/stable/network/kubernetes/compatibility/";
const threeNewest = "one of the three newest minor versions";
const driver = "https://docs.nvidia.com/datacenter/tesla/drivers/620/supported-drivers-and-cuda-toolkit-versions.html";
const earlierDriver =
  "https://docs.nvidia.com/datacenter/tesla/drivers/615/supported-drivers-and-cuda-toolkit-versions.html";

/**
 * Every version that the project has to do with. This is the only list of them: what is supported, the defaults and the
 * review's verdicts come from it. Days that lie ahead are planned ones.
 */
export const lives = {
  talos: {
    "1.11": {
      source: talos,
      newest: "1.11.6",
      since: "2025-09-01",
      ends: { on: "2025-12-22" },
      kubernetes: [29, 34],
    },
    "1.12": {
      source: talos,
      newest: "1.12.12",
      since: "2025-12-22",
      ends: { on: "2026-04-27" },
      kubernetes: [30, 35],
    },
    "1.13": {
      source: talos,
      newest: "1.13.12",
      since: "2026-04-27",
      ends: { on: "2026-09-03" },
      kubernetes: [31, 36],
    },
    "1.14": {
      source: talos,
      newest: "1.14.7",
      since: "2026-09-03",
      ends: { on: "2026-12-27", planned: true },
      kubernetes: [33, 37],
    },
    ...(supportsNextTalos ? { [nextTalosMinor]: nextTalosLife } : {}),
  },
  kubernetes: {
    "1.29": { source: kubernetes, newest: "1.29.15", ends: { on: "2025-02-28" } },
    "1.30": { source: kubernetes, newest: "1.30.14", ends: { on: "2025-07-15" } },
    "1.31": { source: kubernetes, newest: "1.31.14", ends: { on: "2025-11-11" } },
    "1.32": { source: kubernetes, newest: "1.32.13", ends: { on: "2026-02-28" } },
    "1.33": { source: kubernetes, newest: "1.33.13", since: "2025-04-23", ends: { on: "2026-06-28" } },
    "1.34": { source: kubernetes, newest: "1.34.13", since: "2025-08-27", ends: { on: "2026-10-27" } },
    "1.35": { source: kubernetes, newest: "1.35.10", since: "2025-12-17", ends: { on: "2027-02-28", planned: true } },
    "1.36": { source: kubernetes, newest: "1.36.6", since: "2026-04-22", ends: { on: "2027-06-28", planned: true } },
    "1.37": { source: kubernetes, newest: "1.37.2", since: "2026-08-26", ends: { on: "2027-10-28", planned: true } },
  },
  cilium: {
    "1.18": { source: cilium, newest: "1.18.14", since: "2025-07-29", until: threeNewest, kubernetes: [30, 33] },
    "1.19": { source: cilium, newest: "1.19.8", since: "2026-02-03", until: threeNewest, kubernetes: [32, 35] },
    "1.20": { source: cilium, newest: "1.20.3", since: "2026-07-29", until: threeNewest, kubernetes: [33, 36] },
  },
  driver: {
    "535": { source: earlierDriver, newest: "535.247", ends: { on: "2026-06-30" } },
    "570": { source: driver, newest: "570.211", ends: { on: "2026-02-28", inferred: true } },
    "580": { source: driver, newest: "580.196", ends: { on: "2028-06-30", planned: true } },
    "595": { source: driver, newest: "595.112", ends: { on: "2027-03-31", planned: true } },
  },
  proxmox: {
    "8": {
      source: "https://pve.proxmox.com/pve-docs/chapter-pve-faq.html",
      newest: "8.4",
      ends: { on: "2026-08-31", inferred: true },
    },
    "9": { source: "https://pve.proxmox.com/pve-docs/chapter-pve-faq.html", newest: "9.2" },
  },
  chart: {
    "nvidia-device-plugin": { source: "https://github.com/NVIDIA/k8s-device-plugin/releases", newest: "0.20.1" },
    "gpu-operator": {
      source: "https://github.com/NVIDIA/gpu-operator/releases",
      newest: "v26.7.1",
      kubernetes: [33, 37],
    },
    "dra-driver-nvidia-gpu": {
      source: "https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu/releases",
      newest: "0.5.0",
    },
    "amd-gpu": { source: "https://rocm.github.io/k8s-device-plugin", newest: "0.21.0" },
    "intel-gpu-resource-driver-chart": {
      source: "https://github.com/intel/intel-resource-drivers-for-kubernetes/releases",
      newest: "0.11.0",
    },
    "intel-gpu-plugin": {
      source: "https://github.com/intel/intel-device-plugins-for-kubernetes/releases",
      newest: "0.36.0",
    },
    "localpv-provisioner": { source: "https://openebs.github.io/dynamic-localpv-provisioner", newest: "4.4.0" },
    "proxmox-csi-plugin": { source: "https://ghcr.io/sergelogvinov/charts", newest: "0.5.9" },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Life>>>>;
