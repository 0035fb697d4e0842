import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Method } from "../../constructs/gpu/method";
import { smokeTest } from "../../constructs/gpu/smoke-test";
import type { GpuResource, Vendor } from "../../constructs/gpu/vendor";
import { vendors } from "../../constructs/gpu/vendors";
import { gpuVendors } from "../../constructs/talos/driver";
import { contentOf, file, pathOfTools, program, run } from "../provisioner";

/** What kubectl and talosctl answer. */
interface Answers {
  readonly job?: string;
  readonly gpus?: string;
  /** Devices that can be claimed, each with its driver. */
  readonly slices?: string;
  readonly claims?: string;
  readonly daemonsets?: string;
  readonly pod?: string;
  readonly users?: string;
  readonly devices?: string;
  readonly isLoaded?: boolean;
  readonly dmesg?: string;
}

function cluster({ job = "", gpus = "", slices = "", daemonsets = "", pod = "", ...answers }: Answers): void {
  const { users = "", claims = "", ...talos } = answers;
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}
case "$*" in
  *"get job"*) printf '%s' '${job}';;
  *"get daemonsets"*) printf '%s' '${daemonsets}';;
  *"get pods"*PodScheduled*) printf '%s' '${pod}';;
  *"get pods --all-namespaces"*Running*) printf '%s' '${users}';;
  *"get nodes"*) printf '%s' '${gpus}';;
  *"get resourceslices"*) printf '%s' '${slices}';;
  *"get resourceclaims"*) printf '%s' '${claims}';;
  *apply* | *delete*) cat >/dev/null;;
esac`,
  );
  program(
    "talosctl",
    `case "$*" in
  *"get pcidevices"*) echo '${talos.devices ?? ""}';;
  *"read "*) ${talos.isLoaded ? "echo live" : "false"};;
  *dmesg*) echo 'kern: warning: [2026-11-30T10:00:00Z]: ${talos.dmesg ?? ""}';;
esac`,
  );
}

const resources = gpuVendors.flatMap((vendor) =>
  Object.entries(vendors[vendor].methods).flatMap(([method, record]) =>
    vendors[vendor].resources.map(
      (resource) => [resource.name, method, { vendor: vendors[vendor], method: record, resource }] as const,
    ),
  ),
);

/** Lines as `talosctl get pcidevices` prints them. */
const bridge = "0000:00:00.0  1  Bridge  Host bridge  Intel Corporation  82G33/G31/P35/P31 Express DRAM Controller";
const line = (vendor: string) => `${bridge}\n0000:01:00.0  1  Display controller  VGA compatible controller  ${vendor}`;
const cards: Readonly<Record<string, string>> = {
  NVIDIA: line("NVIDIA Corporation"),
  AMD: line("Advanced Micro Devices, Inc. [AMD/ATI]  Navi 31"),
  Intel: line("Intel Corporation  Battlemage G21"),
};

/** What the kernel says of a driver that does not work, as it was reported or as the driver's source has it. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  "nvidia.com/gpu": ["NVRM: installed in this system is not supported by open nvidia.ko"],
  "amd.com/gpu": [
    "amdgpu 0000:85:00.0: amdgpu: Fatal error during GPU init",
    "amdgpu 0000:85:00.0: probe with driver amdgpu failed with error -22",
  ],
  "gpu.intel.com/i915": [
    "i915 0000:00:02.0: Your graphics device 7d55 is not properly supported by i915 in this kernel version.",
    "i915 0000:00:02.0: Device initialization failed (-19)",
  ],
  "gpu.intel.com/xe": [
    "xe 0000:03:00.0: probe with driver xe failed with error -110",
    // The rest of the sentence is on lines of its own.
    "xe 0000:00:02.0: Your graphics device a780 is not officially supported",
    "xe 0000:00:02.0: Probe blocked for device [8086:a780].",
  ],
};

interface Way {
  readonly vendor: Vendor;
  readonly method: Method;
  readonly resource: GpuResource;
}

describe.each(resources)("the smoke test of %s by %s", (name, _, { vendor, method, resource }: Way) => {
  /** A GPU that is there, and a pod that none is left for, as the method has them. */
  const there = method.claims ? { slices: `gpu-0 ${resource.claimedDriver ?? ""}` } : { gpus: "1" };
  const lacks = method.claims ? "cannot allocate all claims" : `Insufficient ${name}`;
  const prove = () => {
    const access = { kubeconfig: "kubeconfig", talosconfig: "talosconfig", node: "192.168.1.50", vendor, resource };
    const proof = smokeTest(method, access);
    return run({ ...proof, environment: { ...proof.environment, PATIENCE: "0" } });
  };
  const device = cards[vendor.title] as string;
  const runs = `${method?.daemonSet} 1 1 1`;

  test("ends with its own Job, and leaves nothing behind", () => {
    cluster({ job: "Complete", ...there });
    expect(prove()).toMatchObject({ status: 0, stdout: expect.stringContaining("a pod has used the GPU"), stderr: "" });
    const kinds = ["job", ...(method.claims ? ["resourceclaimtemplate"] : [])];
    expect(contentOf("calls").trim().split("\n").slice(-kinds.length)).toEqual(
      kinds.map((kind) => expect.stringContaining(`delete ${kind} ${resource.job} --namespace=${resource.job}`)),
    );
  });

  test.each<[string, Answers, string]>([
    ["the device", { devices: bridge }, `the VM has no ${vendor.title} device`],
    ["the driver", { devices: device }, `Talos has no ${vendor.title} driver`],
    ...(refusals[name] ?? []).map((dmesg): [string, Answers, string] => [
      `a driver that says "${dmesg}"`,
      { devices: device, isLoaded: true, dmesg },
      "the driver and the GPU do not fit; ",
    ]),
    [
      "the chart",
      { devices: device, isLoaded: true },
      `the namespace ${method?.namespace} has no DaemonSet ${method?.daemonSet}`,
    ],
    [
      "the label",
      { devices: device, isLoaded: true, daemonsets: `${method?.daemonSet} 0 0 0` },
      `no node fits ${method?.daemonSet}, which needs the node label ${vendor.label}: "true"`,
    ],
    [
      "the plugin",
      { devices: device, isLoaded: true, daemonsets: runs },
      `no GPU is allocatable, though ${method?.daemonSet} runs`,
    ],
    [
      "a GPU that is there for no pod",
      { ...there, pod: `Pending 0/1 nodes are available: 1 ${lacks}.` },
      `the pod waits: 0/1 nodes are available: 1 ${lacks}`,
    ],
  ])("names %s where that is the broken link", (_, answers, message) => {
    cluster(answers);
    const { status, stderr } = prove();
    expect([status, stderr]).toEqual([1, expect.stringContaining(`no pod can use the GPU: ${message}`)]);
  });

  test("takes no GPU from other pods", () => {
    const pod = `Pending 0/1 nodes are available: 1 ${lacks}.`;
    const own = `${resource.job}/${resource.job}-x`;
    const used = method.claims
      ? { ...there, claims: `a/one ${method.claims}\nb/two other.example\n${own} ${method.claims}` }
      : { gpus: "0 1", users: `a/one 1\nb/none \n${own} 1` };
    cluster({ pod, ...used });
    expect(prove()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("every GPU is in use, by a/one; no other pod was tried"),
    });
    expect(contentOf("calls")).toContain(
      method.claims ? `@.spec.driver=="${method.claims}"` : `allocatable.${name.replaceAll(".", "\\.")}`,
    );
  });
});

test("devices of Intel's other driver are none of the resource's", () => {
  const { dra } = vendors.intel.methods;
  const [i915] = vendors.intel.resources;
  const access = { kubeconfig: "kubeconfig", talosconfig: "talosconfig", node: "192.168.1.50", vendor: vendors.intel };
  const proof = smokeTest(dra as Method, { ...access, resource: i915 as GpuResource });
  cluster({ slices: "gpu-0 xe", devices: bridge });
  expect(run({ ...proof, environment: { ...proof.environment, PATIENCE: "0" } })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("the VM has no Intel device"),
  });
});

describe("what Intel's smoke test does in its pod", () => {
  const encode = (encoders: string) => {
    program("vainfo", "exit 0");
    program(
      "ffmpeg",
      `case "$*" in *"-low_power "${encoders}" "*) exit 0;; *) echo 'No usable encoding entrypoint' >&2; exit 1;; esac`,
    );
    const [, , script = ""] = vendors.intel.resources[0]?.work.command ?? [];
    writeFileSync(file("encode.sh"), script);
    return spawnSync("/bin/sh", [file("encode.sh")], {
      encoding: "utf8",
      env: { PATH: `${file("")}:${pathOfTools()}` },
    });
  };

  test.each(["[01]", "0", "1"])("is content with a GPU that has the encoders %s", (encoders) => {
    expect(encode(encoders)).toMatchObject({ status: 0, stdout: "the GPU has encoded a video\n" });
  });

  test("fails where no encoder works", () => {
    expect(encode("none")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("No usable encoding"),
    });
  });
});
