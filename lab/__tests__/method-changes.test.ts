import type { MethodName } from "../../constructs/gpu/nvidia";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { allocatable, claimable } from "./support/gpu";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

/** One apply, after which nothing is left to do. @returns what it said */
async function applied(lab: Lab, options: ClusterOptions): Promise<string> {
  const terraform = await deployCluster(lab, options);
  const run = await terraform.apply();
  succeeded(run);
  await unchanged(terraform);
  return run.output;
}

/** What each method of NVIDIA has in the cluster. */
const traces: Readonly<Record<MethodName, readonly string[]>> = {
  "device-plugin": ["namespace/nvidia-device-plugin"],
  "gpu-operator": ["namespace/gpu-operator", "clusterpolicy.nvidia.com/cluster-policy"],
  dra: ["namespace/dra-driver-nvidia-gpu", "deviceclass.resource.k8s.io/gpu.nvidia.com"],
};

async function tracesIn(kubectl: Kubectl): Promise<string[]> {
  // There are policies once the operator has been there.
  const kinds = ["namespaces", "deviceclasses", "clusterpolicies.nvidia.com"];
  const found = await Promise.all(kinds.map((kind) => kubectl.run("get", kind, "--output=name")));
  const lines = found.flatMap(({ output }) => output.split("\n"));
  return Object.values(traces).flatMap((each) => each.filter((name) => lines.includes(name)));
}

/** What owns the RuntimeClass; `nothing` for Helm's own. */
async function ownerOfRuntimeClass(kubectl: Kubectl): Promise<string | undefined> {
  const { output } = await kubectl.run(
    ...["get", "runtimeclass", "nvidia", "--ignore-not-found"],
    "--output=jsonpath={.handler} {.metadata.ownerReferences[*].kind}",
  );
  return output === "" ? undefined : output.replace(/^nvidia /, "") || "nothing";
}

/** The device plugin to the GPU operator, and that to DRA, are in `nvidia-install.test.ts`. */
const path: readonly MethodName[] = ["dra", "gpu-operator", "device-plugin", "dra", "device-plugin"];

const minutes = (count: number): number => count * 60_000;

test(
  "each method becomes another in one apply, and a pod uses the GPU; then nothing advertises it",
  async () => {
    const lab = await startLab();
    for (const method of path) {
      const output = await applied(lab, {
        talos: { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "production" } },
        node: { kubernetesVersion: "1.34.1" },
        nvidia: { method },
      });
      expect(output).toContain("a pod has used the GPU");
      const kubectl = await lab.kubectl(100);
      await eventually(async () => {
        expect([method, await tracesIn(kubectl)]).toEqual([method, traces[method]]);
        const owner = { "device-plugin": "nothing", "gpu-operator": "ClusterPolicy", dra: undefined }[method];
        expect([method, await ownerOfRuntimeClass(kubectl)]).toEqual([method, owner]);
        const [counted, claimed] = method === "dra" ? ["0", "gpu-0"] : ["1", ""];
        expect([method, (await allocatable(kubectl)) || "0", await claimable(kubectl)]).toEqual([
          method,
          counted,
          claimed,
        ]);
      });
    }
    // Nobody hands out GPUs any more, and the node loses its label in the same apply, which also changes Talos's image and Cilium.
    const kubectl = await lab.kubectl(100);
    await applied(lab, {
      talos: { version: "v1.13.9" },
      node: { kubernetesVersion: "1.34.1" },
      nvidia: false,
      cilium: { values: { debug: { enabled: true } } },
    });
    expect(await tracesIn(kubectl)).toEqual([]);
    expect(await ownerOfRuntimeClass(kubectl)).toBeUndefined();
  },
  minutes(20),
);

test("a RuntimeClass that somebody has made is not taken over, and the message says what to type", async () => {
  const lab = await startLab();
  const options: ClusterOptions = { talos: { nvidia: { kernelModules: "open", branch: "production" } } };
  await applied(lab, { ...options, nvidia: false });
  const kubectl = await lab.kubectl(100);
  const runtimeClass = { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "nvidia" } };
  succeeded(await kubectl.apply({ ...runtimeClass, handler: "nvidia" }));
  const { code, output } = await (await deployCluster(lab, options)).apply();
  expect(code).toBe(1);
  expect(output.replaceAll(/\s+/g, " ")).toMatch(
    /the RuntimeClass nvidia is in the way .*: nothing owns it\. .*: kubectl delete runtimeclass nvidia/,
  );
  succeeded(await kubectl.run("delete", "runtimeclass", "nvidia"));
  expect(await applied(lab, options)).toContain("a pod has used the GPU");
});
