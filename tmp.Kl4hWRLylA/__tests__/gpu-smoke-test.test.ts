import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "../constructs/nvidia/method";
import { smokeTest } from "../constructs/nvidia/smoke-test";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "smoke-test-"));
  program("sleep", "exit 0");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function program(name: string, script: string): void {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** A cluster as kubectl shows it; every call is written down. */
function cluster(
  answers: Partial<Record<"job" | "events" | "daemonsets" | "images" | "gpus" | "slices" | "pods", string>>,
): void {
  const {
    job = "Failed",
    events = "",
    daemonsets = "nvidia-device-plugin 1 1",
    images = "",
    gpus = "1",
    slices = "",
    pods = "",
  } = answers;
  program(
    "kubectl",
    `echo "$*" >>${directory}/calls
case "$*" in
  *"get job"*) printf '%s' '${job}';;
  *"get events"*) printf '%s' '${events}';;
  *"get daemonsets"*) printf '%s' '${daemonsets}';;
  *"get pods --all-namespaces"*) printf '%s' '${images}';;
  *"get nodes"*) printf '%s' '${gpus}';;
  *"get resourceslices"*) printf '%s' '${slices}';;
  *"describe pods"*) printf '%s' '${pods}';;
  *apply* | *delete*) cat >/dev/null;;
esac`,
  );
}

/** Runs the test as Terraform does, with the programs of the test first. */
function run(method = methods["device-plugin"], path = "/usr/bin:/bin") {
  const {
    interpreter = [],
    command,
    environment,
  } = smokeTest(method, {
    kubeconfig: "kubeconfig",
    talosconfig: "talosconfig",
    node: "192.168.1.50",
  });
  const [shell = "", ...args] = interpreter;
  return spawnSync(shell, [...args, command], {
    encoding: "utf8",
    env: { ...environment, TIMEOUT: "0", PATH: `${directory}:${path}` },
  });
}

const calls = () => (existsSync(join(directory, "calls")) ? readFileSync(join(directory, "calls"), "utf8") : "");

describe("the proof that a pod can use the GPU", () => {
  test("ends with the Job, and leaves nothing behind", () => {
    cluster({ job: "Complete" });
    expect(run()).toMatchObject({ status: 0, stdout: "a pod has used the GPU\n", stderr: "" });
    expect(calls().trim().split("\n").at(-1)).toMatch(/delete --ignore-not-found/);
  });

  test.each([
    [
      "pod security",
      {
        events: 'pods "nvidia-device-plugin-x" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes',
      },
      "pod security refused a pod, the namespace needs the label pod-security.kubernetes.io/enforce: privileged: pods",
    ],
    ["the chart", { daemonsets: "" }, "the namespace nvidia-device-plugin has no DaemonSet"],
    [
      "the label",
      { daemonsets: "nvidia-device-plugin 0 0" },
      'no node fits nvidia-device-plugin, it needs the node label nvidia.com/gpu.present: "true"',
    ],
    [
      "the image",
      { images: "default/gpu-smoke-test-x ImagePullBackOff" },
      "an image was not pulled: default/gpu-smoke-test-x ImagePullBackOff",
    ],
    ["the allocatable GPU", { gpus: "0" }, "no GPU is allocatable; see talosctl --nodes 192.168.1.50 get pcidevices"],
    ["the pod itself", { pods: "Insufficient nvidia.com/gpu" }, "Insufficient nvidia.com/gpu"],
  ])("names %s where that is the broken link, and cleans up", (_, answers, message) => {
    cluster(answers);
    const { status, stderr } = run();
    expect([status, stderr]).toEqual([1, expect.stringContaining(`no pod can use the GPU: ${message}`)]);
    expect(calls().trim().split("\n").at(-1)).toMatch(/delete --ignore-not-found/);
  });

  test.each([
    ["no device", "", "", "", "the VM has no NVIDIA device; see its hardware in Proxmox"],
    ["no driver", "NVIDIA Corporation GP104", "", "", "Talos has no NVIDIA driver"],
    [
      "a driver that does not fit",
      "NVIDIA Corporation GP104",
      "NVRM version: 595",
      "NVRM: The NVIDIA GPU 0000:00:10.0 is not supported by the 595 driver",
      "the driver and the GPU do not fit",
    ],
  ])(
    "asks Talos about the device and the driver where no GPU is allocatable: %s",
    (_, devices, driver, dmesg, message) => {
      cluster({ gpus: "" });
      program(
        "talosctl",
        `case "$*" in
  *"get pcidevices"*) echo '${devices}';;
  *"read /proc"*) [ -n '${driver}' ] && echo '${driver}';;
  *dmesg*) echo '${dmesg}';;
esac`,
      );
      expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining(`no pod can use the GPU: ${message}`) });
    },
  );

  test("counts the devices of claims where there are no numbers", () => {
    cluster({
      gpus: "",
      slices: "gpu-0",
      daemonsets: "dra-driver-nvidia-gpu-kubelet-plugin 1 1",
      pods: "cannot allocate",
    });
    expect(run(methods.dra)).toMatchObject({ status: 1, stderr: expect.stringContaining("cannot allocate") });
  });

  test("says that kubectl is missing where it is", () => {
    expect(run(methods["device-plugin"], "")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^kubectl is missing/),
    });
  });
});
