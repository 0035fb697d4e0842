import { type GpuDriver, vendorDrivers } from "../talos/driver";
import type { PluginOptions } from "./method";
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

const resourceOf = (kernelModules: "i915" | "xe"): GpuResource => ({
  name: `gpu.intel.com/${kernelModules}`,
  isOf: (driver: GpuDriver) => driver.vendor === "intel" && driver.kernelModules === kernelModules,
  address: `intel_${kernelModules}_smoke_test`,
  job: `intel-${kernelModules}-smoke-test`,
  work: {
    name: "encode",
    image: "docker.io/jellyfin/jellyfin:10.11.6",
    ...podScript("intel-encode.sh"),
  },
});

const resources = { i915: resourceOf("i915"), xe: resourceOf("xe") };

/** Intel's GPUs, by its device plugin. */
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
      claims: false,
      values: {},
      tolerations: ["tolerations"],
      updateStrategy: ["updateStrategy", "type"],
      sharingValues: () => ({}),
    },
  },
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
