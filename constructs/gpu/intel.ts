import { type GpuDriver, vendorDrivers } from "../talos/driver";
import type { Method, PluginOptions } from "./method";
import { podScript } from "./pod-script";
import { type GpuResource, taintOf, type Vendor } from "./vendor";

const name = "intel-gpu-plugin";
const label = "intel.com/gpu.present";
const taint = taintOf("intel.com/gpu");

/** Folders of the host that the plugin reads, and the kubelet's socket. */
const folders = [
  { name: "devices", path: "/dev/dri", readOnly: true },
  { name: "sysfs", path: "/sys/class/drm", readOnly: true },
  { name: "kubelet", path: "/var/lib/kubelet/device-plugins" },
  { name: "cdi", path: "/var/run/cdi", type: "DirectoryOrCreate" },
];

/**
 * The plugin as Intel's operator creates it. The operator itself needs cert-manager and node feature discovery.
 *
 * @see https://github.com/intel/intel-device-plugins-for-kubernetes/blob/v0.36.0/cmd/gpu_plugin/README.md
 */
const daemonSet = ({ version, replicas }: PluginOptions) => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name, namespace: name, labels: { "app.kubernetes.io/instance": name } },
  spec: {
    selector: { matchLabels: { "app.kubernetes.io/instance": name } },
    template: {
      metadata: { labels: { "app.kubernetes.io/instance": name } },
      spec: {
        automountServiceAccountToken: false,
        nodeSelector: { [label]: "true" },
        tolerations: [{ key: taint.key, operator: "Exists", effect: taint.effect }],
        containers: [
          {
            name,
            image: `docker.io/intel/intel-gpu-plugin:${version}`,
            args: [`-shared-dev-num=${replicas}`],
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              readOnlyRootFilesystem: true,
              seccompProfile: { type: "RuntimeDefault" },
            },
            volumeMounts: folders.map(({ name, path, readOnly }) => ({ name, mountPath: path, readOnly })),
          },
        ],
        volumes: folders.map(({ name, path, type }) => ({ name, hostPath: { path, type } })),
      },
    },
  },
});

/** Intel's driver for dynamic resource allocation, and its device class. */
const deviceClass = "gpu.intel.com";

const resourceOf = (kernelModules: "i915" | "xe"): GpuResource => ({
  name: `gpu.intel.com/${kernelModules}`,
  isOf: (driver: GpuDriver) => driver.vendor === "intel" && driver.kernelModules === kernelModules,
  address: `intel_${kernelModules}_smoke_test`,
  job: `intel-${kernelModules}-smoke-test`,
  claimedDriver: kernelModules,
  work: {
    name: "encode",
    image: "docker.io/jellyfin/jellyfin:10.11.6",
    ...podScript("intel-encode.sh"),
  },
});

const resources = { i915: resourceOf("i915"), xe: resourceOf("xe") };

/**
 * Intel's driver for dynamic resource allocation.
 *
 * @see https://github.com/intel/intel-resource-drivers-for-kubernetes/tree/gpu-v0.11.0/charts/intel-gpu-resource-driver
 */
const dra: Method = {
  chart: "intel-gpu-resource-driver-chart",
  repository: "oci://ghcr.io/intel/intel-resource-drivers-for-kubernetes",
  version: "0.11.0",
  kubernetes: "1.34",
  namespace: "intel-gpu-resource-driver",
  daemonSet: "intel-gpu-resource-driver-kubelet-plugin",
  // The chart's labels are the same in every release of it.
  selector: "",
  settleSeconds: 60,
  address: "intel_dra_driver",
  ownRuntimeClass: false,
  claims: deviceClass,
  values: {
    kubeletPlugin: {
      nodeSelector: { [label]: "true" },
      // Without the health monitor, a further daemon, it asks the devices themselves.
      healthMonitoring: { enabled: false },
      privileged: true,
    },
    // Talos's /etc is read-only, and from 1.13 on its container runtime looks into /run/cdi alone:
    // https://github.com/siderolabs/talos/blob/v1.13.9/hack/cri-plugin.part
    cdi: { staticPath: "/var/run/cdi" },
  },
  taintedValues: {
    kubeletPlugin: {
      tolerations: [
        { key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" },
        { key: taint.key, operator: "Exists", effect: taint.effect },
      ],
    },
  },
  tolerations: ["kubeletPlugin", "tolerations"],
  sharingValues: () => ({}),
};

/** Intel's GPUs, by its device plugin or by claims. */
export const intel: Vendor = {
  title: vendorDrivers.intel.title,
  methods: {
    "device-plugin": {
      chart: name,
      objects: (options) => [daemonSet(options)],
      version: "0.36.0",
      namespace: name,
      daemonSet: name,
      selector: `app.kubernetes.io/instance=${name}`,
      settleSeconds: 60,
      address: "intel_device_plugin",
      ownRuntimeClass: false,
      values: {},
      tolerations: ["tolerations"],
      updateStrategy: ["updateStrategy", "type"],
      sharingValues: () => ({}),
    },
    dra,
  },
  operator: "needs cert-manager, and creates the same device plugin",
  prerequisites: { address: "intel_prerequisites", release: "intel-prerequisites" },
  label,
  taint,
  strategies: ["shared"],
  resources: Object.values(resources),
  evidenceOf: (resource) => {
    const module = resource === resources.xe ? "xe" : "i915";
    return {
      device: "Display controller.*Intel",
      file: `/sys/module/${module}/initstate`,
      refusal: `${module} .*(not (properly|officially) supported|Probe blocked|Device initialization failed|probe.* failed|Failed to initialize|GuC.* failed|force_probe)`,
      advice: "choose the other kernelModules in talos.driver",
    };
  },
  example: vendorDrivers.intel.example,
  source: "https://github.com/intel/intel-device-plugins-for-kubernetes",
};
