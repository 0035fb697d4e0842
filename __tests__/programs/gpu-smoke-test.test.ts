import { methods } from "../../constructs/gpu/nvidia";
import { smokeTest } from "../../constructs/gpu/smoke-test";
import { contentOf, file, program, run, whileItSleeps } from "../provisioner";

/** A cluster as kubectl shows it; every call is written down. */
interface Cluster {
  readonly job?: string;
  /** Of DaemonSet and Job alike. */
  readonly events?: string;
  /** Names, with how many pods are wanted, there and ready. */
  readonly daemonsets?: string;
  readonly pluginWaits?: string;
  readonly gpus?: string;
  readonly slices?: string;
  readonly pod?: string;
  readonly podWaits?: string;
  readonly users?: string;
  readonly claims?: string;
  readonly described?: string;
}

function cluster({ daemonsets = "nvidia-device-plugin 1 1 1", gpus = "1", ...answers }: Cluster): void {
  const { job = "", events = "", pluginWaits = "", slices = "", pod = "", podWaits = "" } = answers;
  const { users = "", claims = "", described = "" } = answers;
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}
case "$*" in
  *"get job"*) printf '%s' '${job}';;
  *"get events"*) printf '%s' '${events}';;
  *"get daemonsets"*) printf '%s' '${daemonsets}';;
  *"get pods --namespace=gpu-smoke-test"*initContainer*) printf '%s' '${podWaits}';;
  *"get pods --namespace=gpu-smoke-test"*PodScheduled*) printf '%s' '${pod}';;
  *"get pods --namespace"*initContainer*) printf '%s' '${pluginWaits}';;
  *"get pods --all-namespaces"*Running*) printf '%s' '${users}';;
  *"get nodes"*) printf '%s' '${gpus}';;
  *"get resourceslices"*) printf '%s' '${slices}';;
  *"get resourceclaims"*) printf '%s' '${claims}';;
  *"describe pods"*) printf '%s' '${described}';;
  *apply*) cat >/dev/null;;
esac`,
  );
}

/** Runs the proof without patience, unless the test has some. */
function prove(method = methods["device-plugin"], given: Readonly<Record<string, string>> = {}) {
  const proof = smokeTest(method, { kubeconfig: "kubeconfig", talosconfig: "talosconfig", node: "192.168.1.50" });
  return run({ ...proof, environment: { ...proof.environment, PATIENCE: "0", ...given } });
}

const calls = () => contentOf("calls");
const ran = (end: string) => `running a pod that uses the GPU\n${end}\n`;

describe("the proof that a pod can use the GPU", () => {
  test("ends with the Job, and leaves nothing behind", () => {
    cluster({ job: "Complete" });
    expect(prove()).toMatchObject({ status: 0, stdout: ran("a pod has used the GPU"), stderr: "" });
    expect(calls().trim().split("\n").at(-1)).toMatch(
      /delete (job|resourceclaimtemplate) gpu-smoke-test .*--ignore-not-found/,
    );
  });

  const violation = 'violates PodSecurity "baseline:latest": hostPath volumes';
  const refused = `Error creating: pods "nvidia-device-plugin-x" is forbidden: ${violation}`;

  test.each<[string, Cluster, string]>([
    [
      "pod security",
      { gpus: "", daemonsets: "other 0 0 0\nnvidia-device-plugin 1 0 0", events: refused },
      `pod security refused the pod of nvidia-device-plugin, whose namespace lacks the label pod-security.kubernetes.io/enforce: privileged: ${violation}`,
    ],
    [
      "what else Kubernetes refused of the pod",
      { events: 'Error creating: pods "gpu-smoke-test-" is forbidden: pod rejected: RuntimeClass "nvidia" not found' },
      'Kubernetes refused the pod of gpu-smoke-test: pod rejected: RuntimeClass "nvidia" not found',
    ],
    [
      "the chart",
      { gpus: "", daemonsets: "" },
      "the namespace nvidia-device-plugin has no DaemonSet nvidia-device-plugin",
    ],
    [
      "the label",
      { gpus: "", daemonsets: "another 0 0 0\nnvidia-device-plugin 0 0 0" },
      'no node fits nvidia-device-plugin, which needs the node label nvidia.com/gpu.present: "true"',
    ],
    [
      "the plugin's image",
      {
        gpus: "0",
        daemonsets: "nvidia-device-plugin 1 1 0",
        pluginWaits: "ContainerCreating one\nImagePullBackOff two",
      },
      "an image was not pulled: two",
    ],
    ["the pod's image", { pod: "Pending ", podWaits: "ErrImagePull it" }, "an image was not pulled: it"],
    [
      "a plugin that does not stay",
      { gpus: "0", daemonsets: "nvidia-device-plugin 1 1 0", pluginWaits: "CrashLoopBackOff two" },
      "a container ends again and again, see its log: two",
    ],
    [
      "the allocatable GPU",
      { gpus: "0" },
      "no GPU is allocatable, though nvidia-device-plugin runs; see kubectl logs --namespace=nvidia-device-plugin daemonset/nvidia-device-plugin, talosctl --nodes 192.168.1.50 get pcidevices",
    ],
    ["a node that takes no pod", { pod: "Pending 0/1 nodes are available" }, "the pod waits: 0/1 nodes are available"],
    [
      "the pod itself",
      { job: "FailureTarget Failed", described: "exit code 1" },
      "the Job gpu-smoke-test failed: exit code 1",
    ],
  ])("names %s where that is the broken link, and cleans up", (_, answers, message) => {
    cluster(answers);
    const { status, stderr } = prove();
    expect([status, stderr]).toEqual([1, expect.stringContaining(`no pod can use the GPU: ${message}`)]);
    expect(calls().trim().split("\n").at(-1)).toMatch(
      /delete (job|resourceclaimtemplate) gpu-smoke-test .*--ignore-not-found/,
    );
  });

  test.each<[string, Cluster]>([
    ["while the plugin starts", { gpus: "", daemonsets: "nvidia-device-plugin 1 1 0" }],
    ["while the pod's image is pulled", { pod: "Pending ", podWaits: "ContainerCreating it" }],
    ["while the pod runs", { pod: "Running ", podWaits: " it" }],
  ])("waits to the end %s", (_, answers) => {
    cluster(answers);
    expect(prove(undefined, { TIMEOUT: "0" }).stderr).toContain(
      "no pod can use the GPU: the Job gpu-smoke-test did not end within 0 seconds",
    );
  });

  test("gives what is broken the time to mend by itself", () => {
    cluster({ gpus: "" });
    const mended = `#!/bin/sh\ncase "$*" in *"get job"*) printf Complete;; esac`;
    whileItSleeps(`echo '${mended}' >${file("kubectl")}`);
    expect(prove(undefined, { PATIENCE: "60" })).toMatchObject({ status: 0, stdout: ran("a pod has used the GPU") });
  });

  test.each([
    ["no device", "", "", "", "the VM has no NVIDIA device; see its hardware in Proxmox"],
    ["no driver", "NVIDIA Corporation GP104", "", "", "Talos has no NVIDIA driver"],
    [
      "a driver of another branch, which is not loaded",
      "NVIDIA Corporation GP104",
      "",
      "NVRM: installed in this system is not supported by the NVIDIA 595 driver release.",
      "the driver and the GPU do not fit; choose the other kernel modules or branch in talos.nvidia: installed in this system",
    ],
    [
      "proprietary modules, which are loaded",
      "NVIDIA Corporation GB202",
      "NVRM version: 595",
      "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
      "the driver and the GPU do not fit",
    ],
    ["all of them", "NVIDIA Corporation GP104", "NVRM version: 595", "", "no GPU is allocatable"],
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
      expect(prove()).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`no pod can use the GPU: ${message}`),
      });
    },
  );

  test("blames neither device nor driver where Talos does not answer", () => {
    cluster({ gpus: "" });
    program("talosctl", "exit 1");
    expect(prove().stderr).toContain("no GPU is allocatable");
  });

  test.each<[keyof typeof methods, Cluster, string]>([
    [
      "device-plugin",
      {
        pod: "Pending 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
        users: "a/one 1\nb/none \nb/two  1\ngpu-smoke-test/gpu-smoke-test-x 1",
      },
      "every GPU is in use, by a/one, b/two; no other pod was tried",
    ],
    [
      "dra",
      {
        slices: "gpu-0",
        pod: "Pending 0/1 nodes are available: 1 cannot allocate all claims.",
        claims: "a/one gpu.nvidia.com\na/two nic.example\ngpu-smoke-test/gpu-smoke-test-x gpu.nvidia.com",
      },
      "every GPU is in use, by a/one; no other pod was tried",
    ],
  ])("takes no GPU from other pods: %s", (method, answers, stdout) => {
    cluster(answers);
    expect(prove(methods[method])).toMatchObject({ status: 0, stdout: ran(stdout), stderr: "" });
  });

  test("says so where nobody has the GPU that the pod waits for", () => {
    cluster({ pod: "Pending 0/1 nodes are available: 1 Insufficient nvidia.com/gpu." });
    expect(prove()).toMatchObject({
      status: 1,
      stderr: "no pod can use the GPU: the pod waits: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.\n",
    });
  });

  test("counts the devices of claims where there are no numbers", () => {
    cluster({ gpus: "1", slices: "", daemonsets: "dra-driver-nvidia-gpu-kubelet-plugin 1 1 1" });
    expect(prove(methods.dra)).toMatchObject({ status: 1, stderr: expect.stringContaining("no GPU is allocatable") });
  });

  test("says that kubectl is missing where it is", () => {
    expect(prove()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^kubectl is missing/),
    });
  });
});
