import { deployCluster } from "./support/cluster";
import { startedWith, unreadyOf } from "./support/pods";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

interface Node {
  readonly spec: { readonly podCIDR: string };
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

test.each(["1.18.12", "1.19.6"])("a node of IPv6 alone becomes a cluster, with Cilium %s", async (version) => {
  const lab = await startLab({ ipv6: true });
  const pool = { name: "lan", blocks: [{ cidr: "2001:db8:77::100/120" }] };
  const terraform = await deployCluster(lab, {
    nvidia: false,
    cilium: {
      version,
      hubble: { relay: true },
      // Cilium announces IPv6 from 1.19 on.
      ...(version.startsWith("1.19") && { l2Announcements: { addressPools: [pool] } }),
    },
  });
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const kubectl = await lab.kubectl(100);
  const node = await kubectl.get<Node>("node/talos-gpu");
  expect(node.status.addresses).toContainEqual({ type: "InternalIP", address: "::1" });
  expect(node.spec.podCIDR).toMatch(/^fc00:/);
  const service = await kubectl.get<{ readonly spec: { readonly clusterIP: string } }>("service/kubernetes");
  expect(service.spec.clusterIP).toMatch(/^fc00:/);
  expect(await unreadyOf(kubectl, "kube-system", "app.kubernetes.io/part-of=cilium")).toEqual([]);
  expect(await startedWith(kubectl, "k8s-app=cilium")).toMatchObject([
    { "enable-ipv4": "false", "enable-ipv6": "true", "underlay-protocol": "ipv6" },
  ]);
  succeeded(await terraform.destroy());
});
