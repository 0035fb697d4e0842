import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

test("Cilium as inline manifests reaches the node with its configuration, and stays as it is", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, { cilium: { method: "inline-manifests" } });
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const { applied } = await (await lab.node(100)).state();
  const [first] = applied[0]?.documents ?? [];
  expect(first?.cluster).toMatchObject({
    inlineManifests: [{ name: "cilium", contents: expect.stringContaining("cilium") }],
  });
});
