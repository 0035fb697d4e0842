import type { CiliumInstallProps } from "../../constructs/cilium/install-props";
import type { Kubectl } from "../kubectl";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { startedWith, uidsOf, unreadyOf } from "./support/pods";
import { succeeded } from "./support/succeeded";
import { talosVersions } from "./support/talos-versions";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

type Options = Omit<CiliumInstallProps, "node">;

const pool = (...names: string[]): Options["l2Announcements"] => ({
  addressPools: names.map((name, index) => ({ name, blocks: [{ cidr: `192.168.1.${240 + 4 * index}/30` }] })),
});

const names = async (kubectl: Kubectl, kind: string, ...options: string[]): Promise<string[]> =>
  (await kubectl.run("get", kind, "--ignore-not-found", "--output=name", ...options)).output
    .split("\n")
    .filter(Boolean);

/** The UIDs of the pools, which services keep their addresses with. */
const pools = async (kubectl: Kubectl): Promise<string> =>
  (
    await kubectl.run(
      "get",
      "ciliumloadbalancerippools",
      "--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid},{end}",
    )
  ).output;

const releases = (kubectl: Kubectl) =>
  names(kubectl, "secrets", "--namespace=kube-system", "--selector=owner=helm,status=deployed");

/** What the method `inline-manifests` keeps of its objects, and Talos of those of Cilium. */
async function kept(kubectl: Kubectl): Promise<string[]> {
  const lists = (await names(kubectl, "configmaps", "--namespace=kube-system")).filter((name) =>
    name.endsWith("-manifests"),
  );
  const { output } = await kubectl.run(
    ...["get", "configmap", "talos-bootstrap-manifests-inventory", "--namespace=kube-system", "--ignore-not-found"],
    "--output=jsonpath={.data}",
  );
  return [...lists, ...(output.match(/[^"]*cilium[^"]*/g) ?? [])];
}

const agents = (kubectl: Kubectl) => uidsOf(kubectl, "kube-system", "k8s-app=cilium");

/** The version before, of which the lab's API server knows nothing; the kubelet and the manifests do. */
const before = (kubernetes: string): string =>
  kubernetes.replace(/[0-9]+$/, (patch) => String(Math.max(Number(patch) - 1, 0)));

const minutes = (count: number): number => count * 60_000;

test.each([talosVersions["1.12"], talosVersions["1.14"]])(
  "Cilium goes from Helm into the machine configuration and back in one apply each, on Talos %s",
  async (version, kubernetes) => {
    const lab = await startLab();
    const hasGpu = version === talosVersions["1.14"][0];
    const to = async (cilium: Options, kubernetesVersion = before(kubernetes), nvidia = hasGpu) => {
      const terraform = await deployCluster(lab, {
        talos: { version, ...(hasGpu && { nvidia: { kernelModules: "open", branch: "production" } }) },
        node: { kubernetesVersion },
        nvidia: nvidia ? {} : false,
        cilium,
      });
      succeeded(await terraform.apply());
      await unchanged(terraform);
    };
    await to({ encryption: "wireguard", l2Announcements: pool("lan", "guests") });
    const kubectl = await lab.kubectl(100);
    const expectAgent = async (wireguard: "true" | undefined, debug: string): Promise<void> => {
      await eventually(async () => expect(await unreadyOf(kubectl, "kube-system", "k8s-app=cilium")).toEqual([]));
      expect(await startedWith(kubectl, "k8s-app=cilium")).toEqual([
        expect.objectContaining({ debug, ...(wireguard && { "enable-wireguard": wireguard }) }),
      ]);
    };
    await expectAgent("true", "false");
    const byHelm = await releases(kubectl);
    expect(byHelm.join()).toContain("release.v1.cilium.v1");
    const first = await agents(kubectl);
    // Talos creates again what Helm has just deleted, and waits for; from 1.13 on, only before it has seen the object.
    await (await lab.node(100)).setFaults(
      ...["lan", "guests"].map((name) => ({
        method: `DELETE /apis/cilium.io/v2/ciliumloadbalancerippools/${name}`,
        times: 1,
        createsAgain: version === talosVersions["1.12"][0],
      })),
    );

    const inline = { method: "inline-manifests", values: { debug: { enabled: true } } } as const;
    await to({ ...inline, hubble: { relay: true, ui: true }, l2Announcements: pool("lan", "guests") });
    await expectAgent(undefined, "true");
    expect((await releases(kubectl)).join()).not.toContain("cilium");
    const second = await agents(kubectl);
    expect(second).not.toEqual(first);
    const poolsBefore = await pools(kubectl);
    expect(poolsBefore).toMatch(/^guests \S+,lan \S+,$/);

    // Taken over as it is: the same chart with the same values replaces no pod. What it no longer has goes.
    await to({ values: inline.values, hubble: { relay: true }, l2Announcements: pool("lan") });
    await expectAgent(undefined, "true");
    expect(await releases(kubectl)).toEqual(
      expect.arrayContaining([
        "secret/sh.helm.release.v1.cilium-load-balancer.v1",
        "secret/sh.helm.release.v1.cilium.v1",
      ]),
    );
    expect(await agents(kubectl)).toEqual(second);
    expect(poolsBefore).toContain(await pools(kubectl));
    expect(await pools(kubectl)).toMatch(/^lan \S+,$/);
    expect((await names(kubectl, "deployments", "--namespace=kube-system")).join()).not.toContain("hubble-ui");
    expect(await kept(kubectl)).toEqual([]);

    // Of what Talos had in its inventory nothing is pruned.
    await to({ values: inline.values, hubble: { relay: true }, l2Announcements: pool("lan") }, kubernetes);
    expect(await agents(kubectl)).toEqual(second);

    // With the GPU gone in the same apply.
    if (!hasGpu) return;
    await to({ ...inline }, kubernetes, false);
    expect(await releases(kubectl)).toEqual([]);
    await to({ encryption: "wireguard" }, kubernetes, false);
    await expectAgent("true", "false");
    expect(await kept(kubectl)).toEqual([]);
  },
  minutes(25),
);
