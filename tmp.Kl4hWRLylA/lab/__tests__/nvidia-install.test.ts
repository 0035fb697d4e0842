import type { NvidiaInstallProps } from "../../constructs";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";

const nvidia = { kernelModules: "open", branch: "production" } as const;

describe("after one apply a pod has used the GPU, and Kubernetes can hand it out", () => {
  test.each<[NonNullable<NvidiaInstallProps["method"]>, string]>([
    ["device-plugin", "v1.12.11"],
    ["gpu-operator", "v1.13.9"],
  ])("%s on Talos %s", async (method, version) => {
    const lab = await startLab();
    const terraform = await deployCluster(lab, { talos: { version, nvidia }, nvidia: { method } });
    const applied = await terraform.apply();
    succeeded(applied);
    expect(applied.output).toContain("a pod has used the GPU");
    expect(await terraform.plan()).toMatchObject({ code: 0, changes: false });
    const kubectl = await lab.kubectl(100);
    const { output } = await kubectl.run(
      "get",
      "nodes",
      "--output=jsonpath={.items[*].status.allocatable.nvidia\\.com/gpu}",
    );
    expect(output.trim()).toBe("1");
    succeeded(await terraform.destroy());
    expect(await terraform.addresses()).toEqual([]);
  });
});
