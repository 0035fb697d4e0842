import { existsSync, readFileSync } from "node:fs";
import { Resource } from "@cdktf/provider-null/lib/resource";
import type { TerraformStack } from "cdktf";
import { parse, parseAllDocuments } from "yaml";
import { Release } from "../.gen/providers/helm/release";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import {
  type GpuDriver,
  GpuInstall,
  type GpuInstallProps,
  type GpuVendor,
  TalosGpuCluster,
  type TalosSingleNodeProps,
} from "../constructs";
import type { GpuResource } from "../constructs/gpu/vendor";
import { vendors } from "../constructs/gpu/vendors";
import { gpuVendors, vendorDrivers } from "../constructs/talos/driver";
import { talosMinors } from "../constructs/talos/version";
import { conformance } from "./conformance";
import { plainVm } from "./fixtures/builders";
import {
  clusterIn,
  machineAt,
  newApp,
  nodeIn,
  password,
  problemsOf,
  synthesizedJson,
  type TerraformJson,
} from "./stacks";

const drivers: Readonly<Record<string, GpuDriver>> = {
  "nvidia.com/gpu": { vendor: "nvidia", kernelModules: "open", branch: "lts" },
  "amd.com/gpu": { vendor: "amd" },
  "gpu.intel.com/i915": { vendor: "intel", kernelModules: "i915" },
  "gpu.intel.com/xe": { vendor: "intel", kernelModules: "xe" },
};

const driverOf = ({ name }: GpuResource): GpuDriver => drivers[name] as GpuDriver;

const gpuIn =
  (
    driver: GpuDriver | readonly GpuDriver[],
    props: Partial<GpuInstallProps> = {},
    node: Partial<TalosSingleNodeProps> = {},
  ) =>
  (stack: TerraformStack): void => {
    const cluster = nodeIn(stack, { talos: { version: "v1.13.9", driver }, ...node });
    const all = ([driver].flat() as GpuDriver[]).map(({ vendor }) => vendor);
    for (const vendor of new Set(all)) new GpuInstall(stack, vendor, { node: cluster, vendor, ...props });
  };

const releasesOf = (stack: TerraformJson) => stack.resource[Release.tfResourceType];
const stepsOf = (stack: TerraformJson) => stack.resource[Resource.tfResourceType];
const valuesOf = ({ values }: TerraformJson) => parse(values[0]);
const environmentOf = ({ provisioner }: TerraformJson) => provisioner[0]["local-exec"].environment;
const jobOf = (step: TerraformJson) =>
  parseAllDocuments(environmentOf(step).JOB)
    .map((document) => document.toJS())
    .find(({ kind }) => kind === "Job");
const labelsOf = (stack: TerraformJson): Record<string, string> =>
  Object.assign(
    {},
    ...stack.data[DataTalosMachineConfiguration.tfResourceType].node.config_patches.flatMap((patch: string) =>
      parseAllDocuments(patch).map((document) => document.toJS()?.machine?.nodeLabels ?? {}),
    ),
  );

/** Vendor, method, resource and Talos version. */
const all = gpuVendors.flatMap((vendor) =>
  Object.entries(vendors[vendor].methods).flatMap(([name, method]) =>
    vendors[vendor].resources.flatMap((resource) =>
      talosMinors
        .filter(({ minor }) => Number(minor.slice(2)) >= Number((method.talos ?? "1.0").slice(2)))
        .filter(({ minor }) => resource.name !== "gpu.intel.com/xe" || minor !== "1.11")
        .map(({ minor }) => [vendor, name, resource.name, `v${minor}.4`] as const),
    ),
  ),
);

test("every resource of every vendor has a driver here", () => {
  expect(gpuVendors.flatMap((vendor) => vendors[vendor].resources.map(({ name }) => name))).toEqual(
    Object.keys(drivers),
  );
});

describe.each(all)("GPUs of %s by %s, as %s, on Talos %s", (vendor, name, resourceName, version) => {
  const record = vendors[vendor];
  const method = record.methods[name];
  const resource = record.resources.find((each) => each.name === resourceName) as GpuResource;
  const build = gpuIn(
    driverOf(resource),
    { method: name as "device-plugin" },
    {
      talos: { version, driver: driverOf(resource) },
    },
  );

  test("break no rule, and are described as the providers take it", () => {
    expect(problemsOf(build)).toEqual([]);
    expect(conformance(synthesizedJson(build))).toEqual([]);
  });

  test("have a namespace that lets the plugin in, a plugin, a label for it, a wait and a smoke test", () => {
    const stack = synthesizedJson(build);
    const { [record.prerequisites.address]: first, [method?.address as string]: plugin } = releasesOf(stack);
    expect(valuesOf(first).objects[0]).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: method?.namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
    });
    expect(plugin.depends_on).toContain(`helm_release.${record.prerequisites.address}`);
    expect(labelsOf(stack)).toMatchObject({ [record.label]: "true" });
    expect(environmentOf(stepsOf(stack)[`wait_for_${method?.address}`])).toMatchObject({
      PLUGIN: method?.daemonSet,
      NAMESPACE: method?.namespace,
      NODES: "1",
    });
    const { spec } = jobOf(stepsOf(stack)[resource.address]);
    const [{ resources }] = spec.template.spec.containers;
    expect(resources).toEqual(method?.claims ? { claims: [{ name: "gpu" }] } : { limits: { [resource.name]: 1 } });
    expect(spec).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: expect.any(Number),
      ttlSecondsAfterFinished: 3600,
    });
    expect(spec.template.spec.runtimeClassName).toBe(method?.claims ? undefined : record.runtimeClass);
  });
});

test.each(gpuVendors)(
  "a cluster whose image has a driver of %s installs what advertises its GPUs, unless it is told not to",
  (vendor) => {
    const [resource] = vendors[vendor].resources;
    const clusterOf = (props: object): TalosGpuCluster =>
      new TalosGpuCluster(newApp(), "site", {
        proxmox: password,
        vm: { ...plainVm, gpus: [{ address: "01:00" }] },
        talos: { driver: driverOf(resource as GpuResource) },
        cluster: { clusterName: "talos-gpu" },
        ...props,
      });
    expect(clusterOf({})[vendor]).toMatchObject({ vendor, smokeTests: [expect.anything()] });
    expect(clusterOf({ [vendor]: false })[vendor]).toBeUndefined();
  },
);

test.each(gpuVendors)("docs/gpu.md says which GPUs of %s there are, what pods ask for and where more is", (vendor) => {
  const page = readFileSync("docs/gpu.md", "utf8");
  const { title, label, taint, resources } = vendors[vendor];
  const row = page.split("\n").find((line) => line.startsWith(`| ${title} `) && line.includes(label));
  for (const text of [taint.key, ...resources.map(({ name }) => name)]) expect(row).toContain(`\`${text}\``);
  const [, link = ""] = new RegExp(`\\[${title}\\]\\(([a-z-]+[.]md)\\)`).exec(page) ?? [];
  expect(existsSync(`docs/${link}`)).toBe(true);
});

test.each(gpuVendors)("what %s has in the cluster is its own", (vendor) => {
  const others = gpuVendors.filter((each) => each !== vendor).map((each) => vendors[each]);
  const own = (of: (typeof others)[number]) => [
    of.label,
    of.taint.key,
    of.prerequisites.address,
    of.prerequisites.release,
    ...of.resources.flatMap(({ name, address, job }) => [name, address, job]),
    ...Object.values(of.methods).flatMap(({ chart, namespace, address }) => [chart, `namespace ${namespace}`, address]),
  ];
  for (const other of others) expect(own(other).filter((each) => own(vendors[vendor]).includes(each))).toEqual([]);
  expect(vendors[vendor].title).toBe(vendorDrivers[vendor].title);
});

describe("GPUs of several vendors in one node", () => {
  const build = gpuIn(Object.values(drivers));

  test("have all of each vendor", () => {
    expect(problemsOf(build)).toEqual([]);
    const stack = synthesizedJson(build);
    expect(labelsOf(stack)).toEqual({
      "nvidia.com/gpu.present": "true",
      "amd.com/gpu.present": "true",
      "intel.com/gpu.present": "true",
    });
    expect(
      Object.keys(stepsOf(stack))
        .filter((name) => name.endsWith("smoke_test"))
        .sort(),
    ).toEqual(["amd_smoke_test", "gpu_smoke_test", "intel_i915_smoke_test", "intel_xe_smoke_test"]);
  });

  test("have a smoke test each that looks at its own", () => {
    const steps = stepsOf(synthesizedJson(build));
    const told = (name: string) => {
      const { VENDOR, RESOURCE, LABEL, NAME, DRIVER_FILE } = environmentOf(steps[name]);
      return [VENDOR, RESOURCE, LABEL, NAME, DRIVER_FILE];
    };
    expect(told("gpu_smoke_test")).toEqual(Array(5).fill(undefined));
    expect(told("amd_smoke_test")).toEqual([
      "AMD",
      "amd.com/gpu",
      "amd.com/gpu.present",
      "amd-smoke-test",
      "/sys/module/amdgpu/initstate",
    ]);
    expect(told("intel_xe_smoke_test")).toEqual([
      "Intel",
      "gpu.intel.com/xe",
      "intel.com/gpu.present",
      "intel-xe-smoke-test",
      "/sys/module/xe/initstate",
    ]);
  });
});

describe("AMD's plugin", () => {
  const plugin = (props: Partial<GpuInstallProps> = {}) =>
    releasesOf(synthesizedJson(gpuIn({ vendor: "amd" }, props))).amd_device_plugin;

  test("is that of ROCm, on nodes with the label of the stack", () => {
    expect(plugin()).toMatchObject({
      chart: "amd-gpu",
      version: "0.21.0",
      repository: "https://rocm.github.io/k8s-device-plugin",
      namespace: "amd-gpu",
    });
    expect(valuesOf(plugin())).toEqual({
      node_selector_enabled: true,
      node_selector: { "feature.node.kubernetes.io/pci-0300_1002.present": null, "amd.com/gpu.present": "true" },
    });
  });

  test("has no RuntimeClass, and adds two vectors on the GPU as nobody", () => {
    const stack = synthesizedJson(gpuIn({ vendor: "amd" }));
    expect(stepsOf(stack)).not.toHaveProperty("nvidia_runtime_class");
    const { spec } = jobOf(stepsOf(stack).amd_smoke_test).spec.template;
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(spec.containers[0].command[2]).toMatch(/hipcc --offload-arch=native[\s\S]*\n[.]\/add\n$/);
  });
});

describe("Intel's plugin", () => {
  const intel = { vendor: "intel", kernelModules: "i915" } as const;
  const daemonSet = (props: Partial<GpuInstallProps> = {}) =>
    valuesOf(releasesOf(synthesizedJson(gpuIn(intel, props))).intel_device_plugin).objects[0];

  test("runs on nodes with the label of the stack, with no more rights than the paths of the host", () => {
    const { nodeSelector, containers, volumes } = daemonSet().spec.template.spec;
    expect(nodeSelector).toEqual({ "intel.com/gpu.present": "true" });
    expect(containers[0]).toMatchObject({
      image: "docker.io/intel/intel-gpu-plugin:0.36.0",
      args: ["-shared-dev-num=1"],
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    });
    expect(volumes.map(({ hostPath }: { hostPath: { path: string } }) => hostPath.path)).toEqual([
      "/dev/dri",
      "/sys/class/drm",
      "/var/lib/kubelet/device-plugins",
      "/var/run/cdi",
    ]);
  });

  test("shares each GPU", () => {
    expect(daemonSet({ sharing: { strategy: "shared", replicas: 10 } }).spec.template.spec.containers[0].args).toEqual([
      "-shared-dev-num=10",
    ]);
    expect(problemsOf(gpuIn(intel, { sharing: { strategy: "time-slicing", replicas: 2 } }))).toEqual([
      expect.stringContaining('sharing.strategy is "time-slicing"; write "shared"'),
    ]);
  });

  test("is a driver for claims with method dra, each of a device with the driver that the resource is of", () => {
    const stack = synthesizedJson(gpuIn(intel, { method: "dra" }));
    expect(releasesOf(stack).intel_dra_driver).toMatchObject({
      chart: "intel-gpu-resource-driver-chart",
      version: "0.11.0",
      repository: "oci://ghcr.io/intel/intel-resource-drivers-for-kubernetes",
    });
    expect(valuesOf(releasesOf(stack).intel_dra_driver)).toEqual({
      kubeletPlugin: {
        nodeSelector: { "intel.com/gpu.present": "true" },
        healthMonitoring: { enabled: false },
        privileged: true,
      },
      cdi: { staticPath: "/var/run/cdi" },
    });
    const { JOB, DEVICE_CLASS, DEVICE_DRIVER } = environmentOf(stepsOf(stack).intel_i915_smoke_test);
    expect([DEVICE_CLASS, DEVICE_DRIVER]).toEqual(["gpu.intel.com", "i915"]);
    const template = parseAllDocuments(JOB).find((document) => document.get("kind") === "ResourceClaimTemplate");
    expect(template?.toJS().spec.spec.devices.requests).toEqual([
      {
        name: "gpu",
        exactly: {
          deviceClassName: "gpu.intel.com",
          selectors: [{ cel: { expression: 'device.attributes["gpu.intel.com"].driver == "i915"' } }],
        },
      },
    ]);
  });

  test("encodes a video as nobody", () => {
    const { spec } = jobOf(stepsOf(synthesizedJson(gpuIn(intel))).intel_i915_smoke_test).spec.template;
    expect(spec.containers[0].command[2]).toMatch(/vainfo[\s\S]*h264_vaapi/);
  });
});

const kernelMethods = (["amd", "intel"] as const).flatMap((vendor) =>
  Object.keys(vendors[vendor].methods).map((method): [GpuVendor, string] => [vendor, method]),
);

test.each(kernelMethods)("tainted nodes of %s let the plugin of %s and the smoke test in", (vendor, method) => {
  const { taint, resources, methods } = vendors[vendor];
  const driver = driverOf(resources[0] as GpuResource);
  const stack = synthesizedJson((scope) => {
    const workers = [{ machine: machineAt("gpu-1", 61), talos: { version: "v1.13.9", driver } }];
    const node = clusterIn(scope, { talos: { version: "v1.13.9" }, workers: [...workers, machineAt("worker-1", 62)] });
    new GpuInstall(scope, vendor, { node, vendor, method: method as "dra", taint: true });
  });
  const tolerated = expect.arrayContaining([{ key: taint.key, operator: "Exists", effect: "NoSchedule" }]);
  const plugin = valuesOf(releasesOf(stack)[methods[method]?.address as string]);
  const { tolerations } = plugin.kubeletPlugin ?? plugin.objects?.[0].spec.template.spec ?? plugin;
  expect(tolerations).toEqual(tolerated);
  expect(jobOf(stepsOf(stack)[resources[0]?.address as string]).spec.template.spec.tolerations).toEqual(tolerated);
  expect(stepsOf(stack).worker_taints.for_each).toEqual({
    "gpu-1": { node: "gpu-1", taints: expect.stringContaining(`${taint.key}=`) },
  });
});
