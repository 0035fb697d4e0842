import type { CiliumInstallProps } from "../../constructs/cilium/install-props";
import type { Lab } from "../lab";
import { deployCluster } from "./support/cluster";
import { bundles, servedGateway, uidOf } from "./support/gateway";
import { asLastRelease } from "./support/last-release";
import { succeeded } from "./support/succeeded";
import { talosVersions } from "./support/talos-versions";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

interface Versions {
  readonly talos: string;
  readonly kubernetes: string;
  readonly cilium: Omit<CiliumInstallProps, "node">;
}

/** Applies the stack of this release, or of the last one. */
async function applied(lab: Lab, { talos, kubernetes, cilium }: Versions, release: "this" | "last"): Promise<void> {
  const node = { kubernetesVersion: kubernetes };
  const terraform = await deployCluster(lab, { talos: { version: talos }, node, cilium, nvidia: false });
  if (release === "last") asLastRelease(terraform);
  succeeded(await terraform.apply());
  if (release === "this") await unchanged(terraform);
}

const gatewayApi = true;

/** The version before, of which the lab's API server knows nothing; the kubelet and the manifests do. */
const before = (kubernetes: string): string =>
  kubernetes.replace(/[0-9]+$/, (patch) => String(Math.max(Number(patch) - 1, 0)));

test.each(Object.values(talosVersions))(
  "a gateway of the last release is served by this one on Talos %s, and outlives an upgrade of Kubernetes to %s",
  async (talos, kubernetes) => {
    const lab = await startLab();
    const versions = { talos, kubernetes: before(kubernetes), cilium: { version: "1.18.12", gatewayApi } };
    await applied(lab, versions, "last");
    const kubectl = await lab.kubectl(100);
    const uid = await servedGateway(kubectl, 8001);

    await applied(lab, versions, "this");
    expect(await servedGateway(kubectl, 8002)).toBe(uid);

    await applied(lab, { ...versions, kubernetes, cilium: { version: "1.19.6", gatewayApi } }, "this");
    expect(await bundles(kubectl)).toEqual(["v1.4.1"]);
    expect(await servedGateway(kubectl, 8003)).toBe(uid);
  },
);

test("what Talos has mixed of two releases is put right, and gateways are served again", async () => {
  const lab = await startLab();
  const [talos, kubernetes] = talosVersions["1.13"];
  const at = (version: string): Versions => ({ talos, kubernetes, cilium: { version, gatewayApi } });
  await applied(lab, at("1.19.6"), "last");
  const kubectl = await lab.kubectl(100);
  const uid = await servedGateway(kubectl, 8001);
  await applied(lab, at("1.20.2"), "last");
  expect((await bundles(kubectl)).sort()).toEqual(["v1.4.1", "v1.5.1"]);
  await expect(servedGateway(kubectl, 8002, 15_000)).rejects.toThrow();

  await applied(lab, at("1.20.2"), "this");
  expect(await bundles(kubectl)).toEqual(["v1.6.1"]);
  expect(await servedGateway(kubectl, 8003)).toBe(uid);
});

test("switched off while it is taken over, the Gateway API loses no gateway by the next upgrade of Kubernetes", async () => {
  const lab = await startLab();
  const [talos, kubernetes] = talosVersions["1.14"];
  const versions = { talos, kubernetes: before(kubernetes), cilium: { version: "1.18.12", gatewayApi } };
  await applied(lab, versions, "last");
  const kubectl = await lab.kubectl(100);
  const uid = await servedGateway(kubectl, 8001);
  await applied(lab, { ...versions, cilium: { version: "1.18.12" } }, "this");
  await applied(lab, { ...versions, kubernetes, cilium: { version: "1.18.12" } }, "this");
  expect(await uidOf(kubectl)).toBe(uid);
});
