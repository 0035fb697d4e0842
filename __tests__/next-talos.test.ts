import "./next-talos-released";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { type TerraformStack, TerraformVariable } from "cdktf";
import { parse, parseAllDocuments } from "yaml";
import { Release } from "../.gen/providers/helm/release";
import { NvidiaInstall, type NvidiaInstallProps, TalosImage } from "../constructs";
import { lives } from "../constructs/versions/lives";
import { conformance } from "./conformance";
import { checksAtPlan, ciliumIn, nodeIn, outcomeOf, problemsOf, synthesizedJson, vmIn } from "./stacks";

const version = "v1.15.0";
const open = { kernelModules: "open", branch: "production" } as const;
const kubernetesVersion = "1.36.6";

const nvidiaIn =
  (props: Omit<NvidiaInstallProps, "node">, talosVersion: string | undefined = version) =>
  (stack: TerraformStack): void => {
    const talos = { version: talosVersion, nvidia: open };
    new NvidiaInstall(stack, "nvidia", { node: nodeIn(stack, { talos, kubernetesVersion }), ...props });
  };

/** What a stack has for the GPU: the chart's values, the objects before it, and the pods. */
function gpuOf(build: (stack: TerraformStack) => void, address: string) {
  const { resource } = synthesizedJson(build);
  const releases = resource[Release.tfResourceType];
  const job = resource[Resource.tfResourceType].gpu_smoke_test.provisioner[0]["local-exec"].environment.JOB;
  const runtimeClasses = parse(releases.nvidia_prerequisites.values[0]).objects.filter(
    ({ kind }: { kind: string }) => kind === "RuntimeClass",
  );
  const [pod] = parseAllDocuments(job)
    .map((document) => document.toJS())
    .filter(({ kind }) => kind === "Job");
  return { values: parse(releases[address].values[0]), runtimeClasses, pod: pod.spec.template.spec };
}

test("the next minor version is supported, with its range of Kubernetes", () => {
  expect(Object.keys(lives.talos).at(-1)).toBe("1.15");
  expect(problemsOf((stack) => void nodeIn(stack, { talos: { version }, kubernetesVersion }))).toEqual([]);
  expect(problemsOf((stack) => void nodeIn(stack, { talos: { version }, kubernetesVersion: "1.33.13" }))).toEqual([
    expect.stringContaining("[kubernetes-version-supported]"),
  ]);
});

test("a stack of it is as the providers take it, with patches that 1.14 takes", () => {
  const build = (stack: TerraformStack): void => {
    ciliumIn(
      stack,
      { version: "1.20.3" },
      { talos: { version }, kubernetesVersion, configPatches: [{ machine: { sysctls: { "vm.max_map_count": "1" } } }] },
    );
    new TalosImage(stack, "image", { version, nvidia: open, extensions: ["siderolabs/iscsi-tools"] });
  };
  expect(problemsOf(build)).toEqual([]);
  expect(conformance(synthesizedJson(build))).toEqual([]);
});

describe("without the runtime's handler nvidia", () => {
  test("the GPU operator brings the toolkit and injects by NRI, and no RuntimeClass is there or asked for", () => {
    const build = nvidiaIn({ method: "gpu-operator" });
    const { values, runtimeClasses, pod } = gpuOf(build, "nvidia_gpu_operator");
    expect(values).toMatchObject({
      driver: { enabled: false },
      toolkit: { enabled: true },
      cdi: { nriPluginEnabled: true },
      hostPaths: { driverInstallDir: "/usr/local" },
    });
    expect(runtimeClasses).toEqual([]);
    expect(pod).not.toHaveProperty("runtimeClassName");
    expect(pod.containers[0].resources).toEqual({ limits: { "nvidia.com/gpu": 1 } });
    expect(conformance(synthesizedJson(build))).toEqual([]);
  });

  test("the example pod asks for no RuntimeClass, and on 1.14 it does", () => {
    const podOf = (talosVersion: string) => {
      let example = "";
      synthesizedJson((stack) => {
        const node = nodeIn(stack, { talos: { version: talosVersion, nvidia: open }, kubernetesVersion });
        example = new NvidiaInstall(stack, "nvidia", { node, method: "gpu-operator" }).examplePod;
      });
      return example;
    };
    expect(podOf(version)).not.toContain("runtimeClassName");
    expect(podOf("v1.14.7")).toContain("runtimeClassName: nvidia");
  });

  test("the operator of 1.14 is as before", () => {
    const { values, pod } = gpuOf(nvidiaIn({ method: "gpu-operator" }, "v1.14.7"), "nvidia_gpu_operator");
    expect(values).toMatchObject({ toolkit: { enabled: false } });
    expect(values).not.toHaveProperty("cdi");
    expect(pod.runtimeClassName).toBe("nvidia");
  });

  test("claims go on as they are", () => {
    const { runtimeClasses, pod } = gpuOf(nvidiaIn({ method: "dra" }), "nvidia_dra_driver");
    expect([runtimeClasses, pod.runtimeClassName]).toEqual([[], undefined]);
  });

  test("the device plugin alone is refused, and the other methods are named", () => {
    expect(problemsOf(nvidiaIn({}))).toEqual([
      expect.stringMatching(
        /method "device-plugin" needs a container runtime with the handler "nvidia", and that of Talos "v1[.]15[.]0" has none; write "gpu-operator" or "dra" \[nvidia-method-supported\]$/,
      ),
    ]);
    expect(problemsOf(nvidiaIn({}, "v1.14.7"))).toEqual([]);
  });

  test.each([
    ["v26.3.3", false],
    ["v26.7.0", true],
    ["v26.10.1", true],
    ["v27.1.0", true],
  ])("the GPU operator %s knows NRI: %s", (chart, isKnown) => {
    const problems = problemsOf(nvidiaIn({ method: "gpu-operator", version: chart }));
    expect(problems).toEqual(
      isKnown ? [] : [expect.stringMatching(/write "v26[.]7[.]0" or later \[nvidia-version\]$/)],
    );
  });

  test("a version in a variable is judged at plan, and the operator's values are not guessed", () => {
    const checks = checksAtPlan((stack) => {
      const variable = new TerraformVariable(stack, "talos", { type: "string" });
      nvidiaIn({ method: "gpu-operator" }, variable.stringValue)(stack);
    });
    expect(checks.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/write the version in the configuration, not in a variable \[nvidia-method-supported\]/),
    );
  });
});

describe("NVIDIA's branches", () => {
  const machineWith = (deviceId: string | undefined, nvidia: object) => (stack: TerraformStack) => {
    const gpus = [deviceId ? { mapping: { name: "gpu", address: "01:00", deviceId } } : { address: "01:00" }];
    const machine = vmIn(stack, { gpus, initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } });
    nodeIn(stack, { machine, talos: { version, nvidia: nvidia as never }, kubernetesVersion });
  };

  test.each([
    ["Maxwell", "10de:13c2"],
    ["Pascal", "10de:1b81"],
    ["Volta", "10de:1d81"],
  ])("an upgrade that would leave %s without a driver is refused, with the last Talos that has one", (_, deviceId) => {
    for (const branch of ["lts", "production"]) {
      const [problem, ...others] = problemsOf(machineWith(deviceId, { kernelModules: "proprietary", branch }));
      expect(problem).toMatch(
        branch === "lts" ? /\[(gpu-driver-generation|nvidia-driver)\]$/ : /\[gpu-driver-generation\]$/,
      );
      expect([problem, ...others].join()).toContain(
        'no driver of "v1.15.0" does, and Talos 1.14 is the last with one; write a version of it',
      );
    }
  });

  test("from the host's own facts Terraform refuses it when it plans, before it upgrades anything", () => {
    const [vm] = Object.values<{ lifecycle: { precondition: { error_message: string; condition: string }[] } }>(
      synthesizedJson(machineWith(undefined, { kernelModules: "proprietary", branch: "production" })).resource
        .proxmox_virtual_environment_vm,
    );
    const refusals = vm?.lifecycle.precondition.filter(({ error_message }) => error_message.includes("Pascal")) ?? [];
    expect(refusals).toEqual([
      {
        condition: expect.stringContaining("data.proxmox_hardware_pci.host.devices"),
        error_message: expect.stringMatching(/Talos 1[.]14 is the last with one.*\[gpu-driver-generation\]/),
      },
    ]);
  });

  test.each([
    ["Turing", "10de:1e04", "open", "lts", true],
    ["Turing", "10de:1e04", "proprietary", "production", true],
    ["Turing", "10de:1e04", "proprietary", "lts", false],
    ["Blackwell", "10de:2b85", "open", "lts", true],
  ])("%s (%s) with the modules %s of %s: %s", (_, deviceId, kernelModules, branch, isDriven) => {
    const problems = problemsOf(machineWith(deviceId, { kernelModules, branch }));
    expect(problems).toEqual(
      isDriven
        ? []
        : [
            expect.stringMatching(
              /which Talos "v1[.]15[.]0" does not have; write kernelModules "open".*\[nvidia-driver\]$/,
            ),
          ],
    );
  });
});

test.each([
  ["1.18.13", "1.18.14"],
  ["1.19.7", "1.19.8"],
  ["1.20.1", "1.20.2"],
])("Cilium %s does not start on its kernel, and %s does", (before, first) => {
  const problems = (cilium: string, talos: string) =>
    outcomeOf(
      (stack) => void ciliumIn(stack, { version: cilium }, { talos: { version: talos }, kubernetesVersion }),
    ).problems();
  expect(problems(before, version)).toEqual([
    expect.stringContaining(`write "${first}" or later [cilium-version-supported]`),
  ]);
  expect(problems(first, version)).toEqual([]);
  expect(problems(before, "v1.14.7")).toEqual([]);
});
