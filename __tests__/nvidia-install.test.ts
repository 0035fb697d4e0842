import { Resource } from "@cdktf/provider-null/lib/resource";
import type { TerraformStack } from "cdktf";
import { parse, parseAllDocuments } from "yaml";
import { Release } from "../.gen/providers/helm/release";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import {
  CiliumInstall,
  NvidiaInstall,
  type NvidiaInstallProps,
  type TalosClusterProps,
  type TalosSingleNodeProps,
} from "../constructs";
import { methods } from "../constructs/gpu/nvidia";
import { conformance } from "./conformance";
import { clusterIn, nodeIn, problemsOf, synthesizedJson, withVariable } from "./stacks";

const driver = { kernelModules: "open", branch: "production" } as const;
const gpuIn =
  (props: Partial<NvidiaInstallProps> = {}, node: Partial<TalosSingleNodeProps> = {}) =>
  (stack: TerraformStack): NvidiaInstall =>
    new NvidiaInstall(stack, "nvidia", {
      node: nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver }, ...node }),
      ...props,
    });
const releases = (build: (stack: TerraformStack) => unknown) =>
  synthesizedJson((stack) => void build(stack)).resource[Release.tfResourceType];
const patchesOf = (build: (stack: TerraformStack) => unknown): unknown[] =>
  synthesizedJson((stack) => void build(stack)).data[
    DataTalosMachineConfiguration.tfResourceType
  ].node.config_patches.map((patch: string) => parse(patch));
const valuesOf = (release: { values: string[] }) => parse(release.values[0] ?? "");
const objectsOf = (release: { values: string[] }) => valuesOf(release).objects;

const documentsIn = (text: string) => parseAllDocuments(text).map((each) => each.toJS());

describe("NvidiaInstall", () => {
  test.each([
    ["device-plugin", "nvidia_device_plugin", "nvidia-device-plugin", "0.20.0", { runtimeClassName: "nvidia" }],
    [
      "gpu-operator",
      "nvidia_gpu_operator",
      "gpu-operator",
      "v26.7.0",
      {
        driver: { enabled: false },
        toolkit: { enabled: false },
        hostPaths: { driverInstallDir: "/usr/local" },
        daemonsets: { annotations: { "checksum/values": expect.stringMatching(/^[0-9a-f]{64}$/) } },
      },
    ],
    [
      "dra",
      "nvidia_dra_driver",
      "dra-driver-nvidia-gpu",
      "0.4.1",
      {
        nvidiaDriverRoot: "/usr/local",
        gpuResourcesEnabledOverride: true,
        resources: { computeDomains: { enabled: false } },
      },
    ],
  ] as const)("installs the chart of %s with what Talos needs of it", (method, address, chart, version, values) => {
    const release = releases(gpuIn({ method }))[address];
    expect(release).toMatchObject({ chart, version, wait: true, upgrade_install: true });
    expect(valuesOf(release)).toEqual(values);
    expect(conformance(synthesizedJson((stack) => void gpuIn({ method })(stack)))).toEqual([]);
  });

  test.each([
    [
      "device-plugin",
      [
        ["Namespace", "nvidia-device-plugin"],
        ["RuntimeClass", "nvidia"],
      ],
    ],
    ["gpu-operator", [["Namespace", "gpu-operator"]]],
    ["dra", [["Namespace", "dra-driver-nvidia-gpu"]]],
  ] as const)(
    "makes what %s needs first: a namespace where host paths are allowed, and a RuntimeClass only where the chart has none",
    (method, objects) => {
      const { nvidia_prerequisites, ...others } = releases(gpuIn({ method }));
      const made: { kind: string; metadata: { name: string; labels?: object } }[] = objectsOf(nvidia_prerequisites);
      expect(made.map(({ kind, metadata }) => [kind, metadata.name])).toEqual(objects);
      expect(made[0]?.metadata.labels).toEqual({ "pod-security.kubernetes.io/enforce": "privileged" });
      const [release] = Object.values<{ depends_on: string[] }>(others);
      expect(release?.depends_on).toEqual(["helm_release.nvidia_prerequisites", "null_resource.removed_releases"]);
    },
  );

  test("labels the node, without which the plugin is not scheduled", () => {
    expect(patchesOf(gpuIn())).toContainEqual({ machine: { nodeLabels: { "nvidia.com/gpu.present": "true" } } });
  });

  test("waits for the node's network and for its taint to go", () => {
    const build = (stack: TerraformStack) => {
      const node = nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver } });
      new NvidiaInstall(stack, "nvidia", { node });
      new CiliumInstall(stack, "cilium", { node });
    };
    expect(releases(build).nvidia_prerequisites.depends_on).toEqual([
      "null_resource.wait_for_cilium",
      "null_resource.remove_control_plane_taint",
      "null_resource.nvidia_runtime_class",
      "null_resource.removed_releases",
    ]);
  });

  test.each([
    ["time-slicing", "timeSlicing"],
    ["mps", "mps"],
  ] as const)("shares a GPU by %s", (strategy, key) => {
    const sharing = { strategy, replicas: 4 };
    const told = { version: "v1", sharing: { [key]: { resources: [{ name: "nvidia.com/gpu", replicas: 4 }] } } };
    const plugin = valuesOf(releases(gpuIn({ sharing })).nvidia_device_plugin);
    expect(plugin.config.default).toBe("sharing");
    expect(parse(plugin.config.map.sharing)).toEqual(told);
    const operator = valuesOf(releases(gpuIn({ sharing, method: "gpu-operator" })).nvidia_gpu_operator);
    expect(operator.devicePlugin.config).toMatchObject({ create: true, name: "sharing", default: "sharing" });
    expect(parse(operator.devicePlugin.config.data.sharing)).toEqual(told);
    const labelled = JSON.stringify(patchesOf(gpuIn({ sharing }))).includes("nvidia.com/mps.capable");
    expect(labelled).toBe(strategy === "mps");
  });

  test.each(["device-plugin", "gpu-operator", "dra"] as const)(
    "waits until the pods of %s run on every node with a GPU, before it proves that",
    (method) => {
      const { resource } = synthesizedJson((stack) => void gpuIn({ method, timeout: 700 })(stack));
      const { [`wait_for_${methods[method].address}`]: wait, gpu_smoke_test } = resource[Resource.tfResourceType];
      const { address, chart, namespace, daemonSet } = methods[method];
      expect(wait.triggers.release).toBe(
        `\${helm_release.${address}.id} \${helm_release.${address}.metadata.revision}`,
      );
      const [{ values }] = [resource[Release.tfResourceType][address]];
      expect(wait.provisioner[0]["local-exec"].environment).toEqual({
        KUBECONFIG: "${local_file.kubeconfig.filename}",
        RELEASE: chart,
        MEMBERS: "talos-gpu",
        NAMESPACE: namespace,
        SELECTOR: `app.kubernetes.io/instance=${chart}`,
        TIMEOUT: "700",
        PLUGIN: daemonSet,
        NODES: "1",
        NAMES: "talos-gpu",
        // The operator starts one thing after the other.
        PATIENCE: { "device-plugin": "60", "gpu-operator": "300", dra: "60" }[method],
        CHECKSUM: method === "gpu-operator" ? parse(values[0]).daemonsets.annotations["checksum/values"] : "",
      });
      expect(gpu_smoke_test.depends_on).toEqual([`null_resource.wait_for_${address}`]);
    },
  );

  test("waits for one pod of the plugin where its values choose the nodes, and for none on a control plane without pods", () => {
    const nodes = (props: Partial<NvidiaInstallProps>, cluster: Partial<TalosClusterProps> = {}) => {
      const { resource } = synthesizedJson((stack) => {
        const node = clusterIn(stack, { talos: { version: "v1.13.9", nvidia: driver }, ...cluster });
        new NvidiaInstall(stack, "nvidia", { node, ...props });
      });
      return resource[Resource.tfResourceType].wait_for_nvidia_device_plugin.provisioner[0]["local-exec"].environment
        .NODES;
    };
    expect(nodes({})).toBe("2");
    expect(nodes({}, { schedulingOnControlPlanes: true })).toBe("5");
    expect(nodes({ values: { nodeSelector: { "nvidia.com/gpu.product": "NVIDIA-L4" } } })).toBe("1");
    expect(nodes({ values: { devicePlugin: { enabled: false }, gfd: { enabled: true } }, smokeTest: false })).toBe("");
  });

  test("lets the operator's pods read another configuration: they are annotated with a checksum of the values", () => {
    const checksum = (replicas: number, values: Record<string, unknown> = {}) => {
      const props = { method: "gpu-operator", sharing: { strategy: "time-slicing", replicas }, values } as const;
      return valuesOf(releases(gpuIn(props)).nvidia_gpu_operator).daemonsets.annotations["checksum/values"];
    };
    expect(checksum(2)).toBe(checksum(2));
    expect(new Set([checksum(2), checksum(4), checksum(2, { dcgmExporter: { enabled: false } })]).size).toBe(3);
    const stack = synthesizedJson(
      withVariable((scope, replicas: number) => {
        gpuIn({ method: "gpu-operator", sharing: { strategy: "mps", replicas } })(scope);
      }, "number"),
    );
    const [values] = stack.resource[Release.tfResourceType].nvidia_gpu_operator.values;
    expect(values).toContain('"checksum/values" = sha256(yamlencode(');
    expect(conformance(stack)).toEqual([]);
  });

  test("proves at the end that a pod can use the GPU, anew when the release or Talos changes", () => {
    const { gpu_smoke_test } = synthesizedJson((stack) => void gpuIn()(stack)).resource[Resource.tfResourceType];
    expect(gpu_smoke_test.triggers).toEqual({
      release: "${helm_release.nvidia_device_plugin.id} ${helm_release.nvidia_device_plugin.metadata.revision}",
      talos: "v1.13.9",
    });
    const [{ "local-exec": provisioner }] = gpu_smoke_test.provisioner;
    const [namespace, job] = documentsIn(provisioner.environment.JOB);
    expect(job.spec.template.spec).toMatchObject({
      runtimeClassName: "nvidia",
      containers: [{ resources: { limits: { "nvidia.com/gpu": 1 } } }],
    });
    expect([job.metadata.namespace, namespace.metadata]).toEqual([
      "gpu-smoke-test",
      { name: "gpu-smoke-test", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    ]);
  });

  test.each(["device-plugin", "dra"] as const)("has pods of level restricted, without a token: %s", (method) => {
    let example = "";
    const { gpu_smoke_test } = synthesizedJson((stack) => {
      example = gpuIn({ method })(stack).examplePod;
    }).resource[Resource.tfResourceType];
    const [{ "local-exec": provisioner }] = gpu_smoke_test.provisioner;
    for (const spec of [
      documentsIn(example).at(-1).spec,
      documentsIn(provisioner.environment.JOB).at(-1).spec.template.spec,
    ])
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }],
      });
  });

  test("leaves the proof out where it is told to", () => {
    const { resource } = synthesizedJson((stack) => void gpuIn({ smokeTest: false })(stack));
    expect(resource[Resource.tfResourceType]).not.toHaveProperty("gpu_smoke_test");
  });

  test("gives an example pod that claims what the method hands out", () => {
    const podOf = (method: "device-plugin" | "dra") => {
      let pod = "";
      problemsOf((stack) => {
        pod = gpuIn({ method })(stack).examplePod;
      });
      return pod;
    };
    const pod = documentsIn(podOf("device-plugin")).at(-1);
    expect(pod.spec.containers[0].resources).toEqual({ limits: { "nvidia.com/gpu": 1 } });
    expect(podOf("dra")).toContain("deviceClassName: gpu.nvidia.com");
    expect(podOf("dra")).toContain("resourceClaimTemplateName: gpu-example");
  });
});
