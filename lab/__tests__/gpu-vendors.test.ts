import type { GpuDriver, GpuVendor, TalosGpuCluster } from "../../constructs";
import type { Method } from "../../constructs/gpu/method";
import type { GpuResource } from "../../constructs/gpu/vendor";
import { vendors } from "../../constructs/gpu/vendors";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { arc, graphicsCard, processorGraphics, radeon } from "../proxmox/pci-device";
import { expectBrokenLinksNamed } from "./support/broken-links";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { gpuTest } from "./support/gpu";
import { placed } from "./support/placed";
import { strictly } from "./support/strict";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

const driver: readonly GpuDriver[] = [
  { vendor: "nvidia", kernelModules: "open", branch: "production" },
  { vendor: "amd" },
  { vendor: "intel", kernelModules: "i915" },
  { vendor: "intel", kernelModules: "xe" },
];

const devices = [
  ...graphicsCard("0000:01:00", 14),
  ...radeon("0000:03:00", 15),
  ...arc("0000:04:00", 16),
  ...processorGraphics(),
];

/** What is broken here mends by no waiting. */
function impatient({ nvidia, amd, intel }: TalosGpuCluster): void {
  for (const test of [nvidia, amd, intel].flatMap((install) => install?.smokeTests ?? [])) {
    for (const each of test.provisioners ?? []) {
      if (each.type === "local-exec" && each.environment) each.environment.PATIENCE = "0";
    }
  }
}

/** The GPUs that Kubernetes can allocate, by resource. */
async function allocatable(kubectl: Kubectl): Promise<Record<string, string>> {
  const { output } = await kubectl.run("get", "nodes", "--output=jsonpath={.items[0].status.allocatable}");
  const all: Record<string, string> = JSON.parse(output);
  return Object.fromEntries(Object.entries(all).filter(([name]) => /gpu/.test(name)));
}

test("GPUs of three vendors in one VM are each used by a pod, and each broken link of each chain is named", async () => {
  const lab = await startLab({ devices });
  const terraform = await deployCluster(lab, {
    talos: { driver },
    vm: { gpus: ["01:00", "03:00", "04:00", "00:02"].map((address) => ({ address, functions: "all" as const })) },
    intel: { sharing: { strategy: "shared", replicas: 5 } },
  });
  const applied = await terraform.apply();
  succeeded(applied);
  for (const test of ["gpu", "amd", "intel_i915", "intel_xe"]) {
    expect(applied.output).toMatch(new RegExp(`null_resource[.]${test}_smoke_test.*: a pod has used the GPU`));
  }
  await unchanged(terraform);
  const kubectl = await lab.kubectl(100);
  expect(await allocatable(kubectl)).toEqual({
    "nvidia.com/gpu": "1",
    "amd.com/gpu": "1",
    "gpu.intel.com/i915": "5",
    "gpu.intel.com/xe": "5",
  });
  expect(await strictly(kubectl)).toMatchObject({
    cilium: "",
    "nvidia-device-plugin": "",
    "nvidia-prerequisites": "",
    "amd-gpu": "",
    "intel-gpu-plugin": "",
  });

  await deployCluster(lab, {
    talos: { driver },
    vm: { gpus: ["01:00", "03:00", "04:00", "00:02"].map((address) => ({ address, functions: "all" as const })) },
    intel: { sharing: { strategy: "shared", replicas: 5 } },
    force: impatient,
  });
  const node = await lab.node(100);
  const said = async (): Promise<string[]> => {
    const { output } = await gpuTest(lab, "talos-gpu");
    return output.split("\n").filter((line) => /^(no pod can use|a pod has used)/.test(line));
  };
  const used = "a pod has used the GPU";
  expect(await said()).toEqual([used, used, used, used]);

  /** With these faults, what is said of AMD and of Intel's two drivers; NVIDIA's GPU is not in the way. */
  const broken = async (...expected: readonly (string | RegExp)[]) =>
    eventually(async () => {
      const lines = (await said()).filter((line) => line !== used);
      expect(lines).toEqual(
        expected.map((each) =>
          expect.stringMatching(
            new RegExp(`^no pod can use the GPU: ${typeof each === "string" ? each : each.source}`),
          ),
        ),
      );
    });

  await node.setFaults({ method: "amdgpu", message: "amdgpu 0000:03:00.0: amdgpu: Fatal error during GPU init" });
  await broken(/the driver and the GPU do not fit; see docs\/amd[.]md.*Fatal error during GPU init/);
  await node.setFaults({ method: "amdgpu" });
  await broken("Talos has no AMD driver");
  await node.setFaults({ method: "xe", message: "xe 0000:04:00.0: [drm] *ERROR* GuC load failed" });
  await broken(/the driver and the GPU do not fit; choose the other kernelModules in talos[.]driver.*GuC load failed/);
  await node.setFaults({ method: "i915" });
  await broken("Talos has no Intel driver");

  const restarted = async (namespace: string) =>
    succeeded(await kubectl.run("delete", "pods", "--all", "--wait", `--namespace=${namespace}`));
  await node.setFaults(
    { pod: "amd-gpu/*", reason: "ErrImagePull" },
    { pod: "intel-gpu-plugin/*", reason: "ErrImagePull" },
  );
  await restarted("amd-gpu");
  await restarted("intel-gpu-plugin");
  const notPulled = "an image was not pulled: docker.io/intel/intel-gpu-plugin:0.36.0";
  await broken("an image was not pulled: docker.io/rocm/k8s-device-plugin:1.31.0.9", notPulled, notPulled);

  await node.setFaults(
    { pod: "amd-smoke-test/*", reason: "ErrImagePull" },
    { pod: "intel-xe-smoke-test/*", reason: "ErrImagePull" },
  );
  await broken(
    "an image was not pulled: docker.io/rocm/dev-ubuntu-24.04:6.4.4",
    "an image was not pulled: docker.io/jellyfin/jellyfin:10.11.6",
  );
  await node.setFaults();

  const plugins = [
    { namespace: "amd-gpu", daemonSet: "amd-gpu-device-plugin-daemonset", label: "amd.com/gpu.present" },
    { namespace: "intel-gpu-plugin", daemonSet: "intel-gpu-plugin", label: "intel.com/gpu.present" },
  ];
  /** What is said of AMD's GPU, and of Intel's two. */
  const ofBoth = (message: (plugin: { readonly daemonSet: string; readonly label: string }) => string) => {
    const [amd, intel] = plugins.map(message) as [string, string];
    return broken(amd, intel, intel);
  };
  const selecting = async (value: string | null) => {
    const patch = JSON.stringify({ spec: { template: { spec: { nodeSelector: { nowhere: value } } } } });
    for (const { namespace, daemonSet } of plugins) {
      const args = [`--namespace=${namespace}`, "--type=merge", `--patch=${patch}`];
      succeeded(await kubectl.run("patch", "daemonset", daemonSet, ...args));
    }
  };
  await selecting("true");
  await ofBoth(({ daemonSet, label }) => `no node fits ${daemonSet}, which needs the node label ${label}: "true"`);
  await selecting(null);

  const level = "pod-security.kubernetes.io/enforce";
  for (const { namespace } of plugins) {
    succeeded(await kubectl.run("label", "namespace", namespace, `${level}-`));
    await restarted(namespace);
  }
  await ofBoth(
    ({ daemonSet }) =>
      `pod security refused the pod of ${daemonSet}, whose namespace lacks the label ${level}: privileged`,
  );
  for (const { namespace } of plugins) {
    succeeded(await kubectl.run("label", "namespace", namespace, `${level}=privileged`));
  }
  await eventually(async () => expect(await said()).toEqual([used, used, used, used]));

  const { host } = lab.proxmox;
  const vm = host.vm(100);
  for (const slot of ["hostpci1", "hostpci2", "hostpci3"]) vm.wait(slot, undefined);
  host.stop(vm);
  host.start(vm);
  await broken("the VM has no AMD device", "the VM has no Intel device", "the VM has no Intel device");
});

const whole = (address: string) => ({ address, functions: "all" as const });

/** GPUs of each vendor, and their driver. Intel's are a card and a virtual function of the processor's graphics. */
const cards = {
  nvidia: { gpus: [whole("01:00")], driver: { vendor: "nvidia", kernelModules: "open", branch: "production" } },
  amd: { gpus: [whole("03:00")], driver: { vendor: "amd" } },
  intel: {
    gpus: [whole("04:00"), { address: "00:02.1" }],
    driver: { vendor: "intel", kernelModules: "xe", forceProbe: ["a780"] },
  },
} as const satisfies Record<GpuVendor, { readonly gpus: readonly object[]; readonly driver: GpuDriver }>;

/** One apply of a VM with these GPUs, after which nothing is left to do. @returns what it said */
async function applied(
  lab: Lab,
  version: string,
  intel: ClusterOptions["intel"],
  ...of: readonly GpuVendor[]
): Promise<string> {
  const terraform = await deployCluster(lab, {
    talos: { version, driver: of.map((vendor) => cards[vendor].driver) },
    node: { kubernetesVersion: "1.34.1" },
    vm: { gpus: of.flatMap((vendor) => cards[vendor].gpus) },
    intel,
    force: impatient,
  });
  const run = await terraform.apply();
  succeeded(run);
  await unchanged(terraform);
  return run.output;
}

/** Pods that have a GPU each for as long as they are there. */
function users(name: string, resource: string, replicas: number) {
  const labels = { name };
  const containers = [{ name, image: "user", resources: { limits: { [resource]: 1 } } }];
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" } },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

/** What each vendor has in the cluster. */
const traces: Readonly<Record<GpuVendor, readonly string[]>> = {
  nvidia: ["nvidia-device-plugin", "nvidia.com/gpu.present"],
  amd: ["amd-gpu", "amd.com/gpu.present"],
  intel: ["intel-gpu-plugin", "intel.com/gpu.present"],
};

/** The namespaces and labels of vendors that are there. */
async function tracesIn(kubectl: Kubectl): Promise<string[]> {
  const namespaces = await kubectl.run("get", "namespaces", "--output=jsonpath={.items[*].metadata.name}");
  const labels = await kubectl.run("get", "nodes", "--output=jsonpath={.items[0].metadata.labels}");
  const found = [...namespaces.output.split(" "), ...Object.keys(JSON.parse(labels.output))];
  return Object.values(traces)
    .flat()
    .filter((trace) => found.includes(trace));
}

test("an upgrade keeps the GPUs of AMD and Intel that pods use, and GPUs become another vendor's or claims in one apply", async () => {
  const divided = [...graphicsCard("0000:01:00", 14), ...radeon("0000:03:00", 15), ...arc("0000:04:00", 16)];
  const lab = await startLab({ devices: [...divided, ...processorGraphics(2)] });
  await applied(lab, "v1.13.9", undefined, "amd", "intel");
  const kubectl = await lab.kubectl(100);
  succeeded(await kubectl.apply(users("amd", "amd.com/gpu", 1), users("intel", "gpu.intel.com/xe", 2)));
  const inUse = () =>
    eventually(async () => {
      const available = "--output=jsonpath={.items[*].status.availableReplicas}";
      expect((await kubectl.run("get", "deployments", "--namespace=default", available)).output).toBe("1 2");
      expect(await allocatable(kubectl)).toEqual({ "amd.com/gpu": "1", "gpu.intel.com/xe": "2" });
    });
  await inUse();
  const upgraded = await applied(lab, "v1.14.7", undefined, "amd", "intel");
  expect(upgraded).toMatch(/every GPU is in use, by default\/amd-\S+; no other pod was tried/);
  expect(upgraded).toMatch(/every GPU is in use, by default\/intel-\S+, default\/intel-\S+; no other pod was tried/);
  await inUse();
  succeeded(await kubectl.run("delete", "deployments", "--namespace=default", "--all"));

  for (const vendor of ["nvidia", "amd"] as const) {
    expect(await applied(lab, "v1.14.7", undefined, vendor)).toContain("a pod has used the GPU");
    await eventually(async () => {
      expect(await allocatable(kubectl)).toMatchObject({ [`${vendor}.com/gpu`]: "1" });
      expect(await tracesIn(kubectl)).toEqual(traces[vendor]);
    });
  }

  expect(await applied(lab, "v1.14.7", { method: "dra" }, "intel")).toContain("a pod has used the GPU");
  const { dra } = vendors.intel.methods;
  await expectBrokenLinksNamed(lab, {
    stack: "talos-gpu",
    vmid: 100,
    vendor: vendors.intel,
    method: dra as Method,
    resource: vendors.intel.resources.find(({ name }) => name === "gpu.intel.com/xe") as GpuResource,
    driver: "xe",
    refusal: "xe 0000:04:00.0: [drm] *ERROR* GuC load failed",
    slots: ["hostpci0", "hostpci1"],
  });
});

interface WorkerNode {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly allocatable: Readonly<Record<string, string>> };
}

/** What each node that a pod of a vendor's namespace runs on, has a vendor's label or has GPUs, has of them. */
async function byNode(kubectl: Kubectl): Promise<Record<string, string[]>> {
  const { items } = await kubectl.get<{ items: WorkerNode[] }>("nodes");
  const { output } = await kubectl.run(
    "get",
    "pods",
    "--all-namespaces",
    "--output=jsonpath={range .items[*]}{.spec.nodeName} {.metadata.namespace} {.status.phase}{'\\n'}{end}",
  );
  const known = Object.values(traces).flat();
  const running = output.split("\n").map((line) => line.split(" "));
  return Object.fromEntries(
    items.map(({ metadata: { name, labels }, status: { allocatable } }) => [
      name,
      [
        ...running
          .filter(([node, , phase]) => node === name && phase === "Running")
          .map(([, namespace = ""]) => namespace),
        ...Object.keys(labels),
        ...Object.entries(allocatable)
          .filter(([, count]) => count !== "0")
          .map(([resource]) => resource),
      ].filter((each) => known.includes(each) || /gpu$|gpu[.]intel[.]com/.test(each)),
    ]),
  );
}

test("in the example with a worker for each vendor, each has its own driver, plugin, label, resource and smoke test", async () => {
  const devices = [...graphicsCard("0000:01:00", 14), ...radeon("0000:03:00", 15), ...processorGraphics(1)];
  const { lab, terraform, program } = await placed("examples/mixed-gpus.ts", { devices });
  const applied = await terraform.apply();
  succeeded(applied);
  for (const test of ["gpu", "amd", "intel_xe"]) {
    expect(applied.output).toMatch(new RegExp(`null_resource[.]${test}_smoke_test.*: a pod has used the GPU`));
  }
  await unchanged(terraform);
  const kubectl = await lab.kubectl(Number(program.vm.vm_id));
  await eventually(async () =>
    expect(await byNode(kubectl)).toEqual({
      "control-1": [],
      "gpu-nvidia": [...traces.nvidia, "nvidia.com/gpu"],
      "gpu-amd": [...traces.amd, "amd.com/gpu"],
      "gpu-intel": [...traces.intel, "gpu.intel.com/xe"],
    }),
  );
  for (const problems of Object.values(await strictly(kubectl))) expect(problems).toBe("");
});
