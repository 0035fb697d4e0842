import { methods, nvidia } from "../../constructs/gpu/nvidia";
import type { GpuResource } from "../../constructs/gpu/vendor";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { expectBrokenLinksNamed } from "./support/broken-links";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { allocatable, claimable, gpusInUse, impatient, stopUsingGpus, useGpus } from "./support/gpu";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

const driver = { kernelModules: "open", branch: "production" } as const;
/** Every minor of Talos here runs it, and it has dynamic resource allocation. */
const node = { kubernetesVersion: "1.34.1" };

/** One apply, after which nothing is left to do. */
async function applied(
  lab: Lab,
  version: string,
  nvidia: ClusterOptions["nvidia"],
  force?: ClusterOptions["force"],
): Promise<{ readonly terraform: Terraform; readonly kubectl: Kubectl; readonly output: string }> {
  const terraform = await deployCluster(lab, { talos: { version, nvidia: driver }, node, nvidia, force });
  const run = await terraform.apply();
  succeeded(run);
  await unchanged(terraform);
  return { terraform, kubectl: await lab.kubectl(100), output: run.output };
}

/** Objects of the two methods with a plugin, and of claims. */
async function left(kubectl: Kubectl, ...namespaces: string[]): Promise<string[]> {
  const kinds = "namespaces,daemonsets,runtimeclasses,deviceclasses,clusterpolicies.nvidia.com";
  const { output } = await kubectl.run("get", kinds, "--all-namespaces", "--ignore-not-found", "--no-headers");
  return output.split("\n").filter((line) => namespaces.some((name) => line.split(/[\s/]+/).includes(name)));
}

/** Whether the smoke test names each link that is broken, as the method is deployed. */
async function breakLinks(lab: Lab, method: "gpu-operator" | "dra"): Promise<void> {
  await deployCluster(lab, {
    talos: { version: "v1.13.9", nvidia: driver },
    node,
    nvidia: { method },
    force: impatient(0),
  });
  await expectBrokenLinksNamed(lab, {
    stack: "talos-gpu",
    vmid: 100,
    vendor: nvidia,
    method: methods[method],
    resource: nvidia.resources[0] as GpuResource,
    driver: "driver",
    refusal: "NVRM: installed in this system is not supported by open nvidia.ko",
    slots: ["hostpci0"],
  });
}

describe("switching the method leaves nothing of the old one, and the GPU can be used", () => {
  test("from an operator that slices a GPU four ways to claims, on Talos 1.13", async () => {
    const lab = await startLab();
    const sharing = { strategy: "time-slicing", replicas: 4 } as const;
    const { output, kubectl } = await applied(lab, "v1.13.9", { method: "gpu-operator", sharing });
    expect(output).toContain("a pod has used the GPU");
    expect(await allocatable(kubectl)).toBe("4");
    const operators = ["gpu-operator", "nvidia", "cluster-policy"] as const;
    expect((await left(kubectl, ...operators)).length).toBeGreaterThanOrEqual(5);
    await breakLinks(lab, "gpu-operator");

    const switched = await applied(lab, "v1.13.9", { method: "dra" });
    expect(switched.output).toContain("a pod has used the GPU");
    expect(await claimable(kubectl)).toBe("gpu-0");
    await eventually(async () => expect(await allocatable(kubectl)).toBe("0"));
    await eventually(async () => expect(await left(kubectl, ...operators)).toEqual([]));
    await breakLinks(lab, "dra");
    succeeded(await switched.terraform.destroy());
    expect(await switched.terraform.addresses()).toEqual([]);
  });
});

const patience = 1_500_000;

test(
  "a GPU in use stays usable from Talos 1.12 to 1.14, and from method to method, and goes without a trace",
  async () => {
    const lab = await startLab();
    const { output, kubectl } = await applied(lab, "v1.12.11", {});
    expect(output).toContain("a pod has used the GPU");
    await useGpus(kubectl, 1);
    const inUse = { allocatable: "1", workers: ["Running"] };
    await eventually(async () => expect(await gpusInUse(kubectl)).toEqual(inUse));
    for (const version of ["v1.13.9", "v1.14.1"]) {
      // Nothing is broken, and nobody is to give the GPU back.
      const upgraded = await applied(lab, version, {}, impatient(10));
      expect(await (await lab.node(100)).state()).toMatchObject({ version, bootstraps: 1 });
      expect(upgraded.output).toMatch(/every GPU is in use, by default\/worker-\S+; no other pod was tried/);
      await eventually(async () => expect(await gpusInUse(kubectl)).toEqual(inUse));
    }

    const sharing = { strategy: "mps", replicas: 2 } as const;
    const operated = await applied(lab, "v1.14.1", { method: "gpu-operator", sharing });
    expect(operated.output).toContain("a pod has used the GPU");
    await eventually(async () => expect(await gpusInUse(kubectl)).toEqual({ ...inUse, allocatable: "2" }));
    await eventually(async () => expect(await left(kubectl, "nvidia-device-plugin")).toEqual([]));
    await stopUsingGpus(kubectl);

    const { terraform, output: claimed } = await applied(lab, "v1.14.1", { method: "dra" });
    expect(claimed).toContain("a pod has used the GPU");
    expect(await claimable(kubectl)).toBe("gpu-0");
    succeeded(await terraform.destroy());
    expect(await terraform.addresses()).toEqual([]);
    expect([...lab.proxmox.host.vms.keys()]).toEqual([]);
  },
  patience,
);
