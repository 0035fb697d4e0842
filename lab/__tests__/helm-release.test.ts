import { HelmProvider } from "../../.gen/providers/helm/provider";
import type { CiliumInstallProps } from "../../constructs/cilium/install-props";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { selfSigned } from "../proxmox/certificate";
import type { NodeFault } from "../talos-node";
import type { Terraform } from "../terraform";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { addUncheckedPatch } from "./support/unchecked-patch";
import { unwrapped } from "./support/unwrapped";
import { waiting } from "./support/waiting";

/** The relay's image can't be pulled. */
const noRelay: NodeFault = { pod: "kube-system/hubble-relay-*", reason: "ErrImagePull" };

/** On a single node Helm waits for no pod of Cilium, unless the chart is told that one has to be available. */
const awaitedRelay: Partial<CiliumInstallProps> = {
  hubble: { relay: true },
  values: { hubble: { relay: { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } } } },
};

interface Overrides {
  readonly timeout?: number;
  readonly upgrade_install?: boolean;
  /** By whom the cluster's certificate is to be signed. */
  readonly authority?: string;
}

/** A cluster with Cilium as its release, with what a user does through the escape hatch. */
const withCilium = (
  lab: Lab,
  cilium: Omit<CiliumInstallProps, "node">,
  { authority, ...overrides }: Overrides = {},
): Promise<Terraform> =>
  deployCluster(lab, {
    cilium,
    force: (cluster) => {
      for (const [attribute, value] of Object.entries({ upgrade_install: true, ...overrides })) {
        cluster.cilium?.resource?.addOverride(attribute, value);
      }
      const provider = cluster.node.findAll().find((each) => each instanceof HelmProvider);
      if (authority) provider?.addOverride("kubernetes.cluster_ca_certificate", authority);
    },
  });

/** The statuses of a release's revisions, as Helm keeps them in the cluster. */
async function history(kubectl: Kubectl, name = "cilium"): Promise<string[]> {
  const { items } = await kubectl.get<{ items: { metadata: { labels: { version: string; status: string } } }[] }>(
    ...["secrets", "-n", "kube-system", "-l", `owner=helm,name=${name}`],
  );
  const revisions = items.map(({ metadata: { labels } }) => labels);
  return revisions.sort((a, b) => Number(a.version) - Number(b.version)).map(({ status }) => status);
}

/** The version of Cilium whose agent the node is to run. */
async function agentVersion(kubectl: Kubectl): Promise<string | undefined> {
  const { output } = await kubectl.run(
    ...["get", "daemonset", "cilium", "-n", "kube-system"],
    ...["-o", "jsonpath={.spec.template.spec.containers[0].image}"],
  );
  return /:v([\d.]+)/.exec(output)?.[1];
}

test("a first install that does not become ready in time is stuck, and upgrade_install repairs it", async () => {
  const lab = await startLab({ nodeFaults: [noRelay] });
  const stuck = await withCilium(lab, awaitedRelay, { timeout: 10, upgrade_install: false });
  const { code, output } = await stuck.apply();
  expect(code).toBe(1);
  expect(output).toContain("Helm release created with warnings");
  expect(output).toContain("context deadline exceeded");
  expect(await stuck.addresses()).not.toContain("helm_release.cilium");
  const kubectl = await lab.kubectl(100);
  expect(await history(kubectl)).toEqual(["failed"]);

  await (await lab.node(100)).setFaults();
  const again = await stuck.apply();
  expect(again.code).toBe(1);
  expect(again.output).toContain("cannot re-use a name that is still in use");

  const repaired = await withCilium(lab, awaitedRelay, { timeout: 10 });
  succeeded(await repaired.apply());
  expect(await history(kubectl)).toEqual(["superseded", "deployed"]);
  await unchanged(repaired);
});

describe("Terraform that ends while Cilium is installed", () => {
  test("waits for Helm when it is interrupted, and knows the release", async () => {
    const lab = await startLab({ nodeFaults: [noRelay] });
    const terraform = await withCilium(lab, awaitedRelay, { timeout: 60 });
    const applied = terraform.apply();
    await terraform.until("helm_release.cilium: Creating...");
    const kubectl = await lab.kubectl(100);
    while ((await history(kubectl)).length === 0);
    terraform.interrupt();
    await terraform.until("Gracefully shutting down...");
    await (await lab.node(100)).setFaults();
    expect((await applied).code).toBe(1);
    expect(await history(kubectl)).toEqual(["deployed"]);
    expect(await terraform.addresses()).toContain("helm_release.cilium");
    succeeded(await terraform.apply());
    await unchanged(terraform);
  });

  test("leaves a pending release when it is killed, which has to be removed by hand", async () => {
    const lab = await startLab({ nodeFaults: [noRelay] });
    const terraform = await withCilium(lab, awaitedRelay, { timeout: 60 });
    const killed = terraform.apply();
    await terraform.until("helm_release.cilium: Creating...");
    const kubectl = await lab.kubectl(100);
    while ((await history(kubectl)).length === 0);
    terraform.kill();
    expect((await killed).code).not.toBe(0);
    expect(await history(kubectl)).toEqual(["pending-install"]);

    await (await lab.node(100)).setFaults();
    const { code, output } = await terraform.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain("another operation (install/upgrade/rollback) is in progress");
    succeeded(
      await kubectl.run(
        ...["delete", "secrets", "-n", "kube-system"],
        ...["-l", "owner=helm,name=cilium,status in (pending-install,pending-upgrade,pending-rollback)"],
      ),
    );
    succeeded(await terraform.apply());
    expect(await history(kubectl)).toEqual(["deployed"]);
    await unchanged(terraform);
  });
});

describe("an upgrade of Cilium", () => {
  test("goes from minor to minor, and touches nothing else", async () => {
    const lab = await startLab();
    succeeded(await (await withCilium(lab, { version: "1.18.12" })).apply());
    const kubectl = await lab.kubectl(100);
    for (const version of ["1.19.6", "1.20.0"]) {
      const upgrade = await withCilium(lab, { version });
      expect((await upgrade.changes()).map(({ address, change }) => `${change.actions} ${address}`)).toEqual([
        "update helm_release.cilium",
        "delete,create null_resource.cilium_upgrade",
        "delete,create null_resource.wait_for_cilium",
      ]);
      succeeded(await upgrade.apply());
      await unchanged(upgrade);
      expect(await agentVersion(kubectl)).toBe(version);
    }
    expect(await history(kubectl)).toEqual(["superseded", "superseded", "deployed"]);
  });

  test("that fails is completed by the next apply", async () => {
    const lab = await startLab();
    succeeded(await (await withCilium(lab, { ...awaitedRelay, version: "1.18.12" })).apply());
    const node = await lab.node(100);
    await node.setFaults(noRelay);
    const upgrade = await withCilium(lab, { ...awaitedRelay, version: "1.19.6" }, { timeout: 10 });
    const { code, output } = await upgrade.apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain("Upgrade failed: context deadline exceeded");
    const kubectl = await lab.kubectl(100);
    expect(await history(kubectl)).toEqual(["deployed", "failed"]);

    await node.setFaults();
    succeeded(await upgrade.apply());
    expect(await history(kubectl)).toEqual(["superseded", "failed", "deployed"]);
    expect(await agentVersion(kubectl)).toBe("1.19.6");
    await unchanged(upgrade);
  });
});

test("a cluster that does not let Terraform in, or does not answer, has no release for it; upgrade_install finds it again", async () => {
  const lab = await startLab();
  const terraform = await withCilium(lab, {});
  succeeded(await terraform.apply());
  const kubectl = await lab.kubectl(100);
  const node = await lab.node(100);
  const created = async (from: Terraform) =>
    (await from.changes("-target=helm_release.cilium")).map(({ address, change }) => `${change.actions} ${address}`);

  const astray = await withCilium(lab, {}, { authority: (await selfSigned(lab.address)).cert });
  expect(await created(astray)).toEqual(["create helm_release.cilium"]);
  expect(unwrapped((await astray.apply("-target=helm_release.cilium")).output)).toContain(
    "certificate signed by unknown authority",
  );

  await node.setFaults({ method: "listen" });
  const away = await withCilium(lab, {});
  expect(await created(away)).toEqual(["create helm_release.cilium"]);
  const unreachable = await away.apply("-target=helm_release.cilium");
  expect(unreachable.code).toBe(1);
  expect(unwrapped(unreachable.output)).toContain("Kubernetes cluster unreachable");
  expect(await away.addresses()).not.toContain("helm_release.cilium");

  await node.setFaults();
  succeeded(await away.apply());
  expect(await history(kubectl)).toEqual(["superseded", "deployed"]);
  await unchanged(away);
});

test("the cluster may be away for a moment while Helm waits for it", async () => {
  const lab = await startLab({ nodeFaults: [noRelay] });
  const terraform = await withCilium(lab, awaitedRelay, { timeout: 60 });
  const applied = terraform.apply();
  await terraform.until("helm_release.cilium: Creating...");
  const kubectl = await lab.kubectl(100);
  // Of the chart's objects, Helm makes this Deployment last.
  await eventually(async () =>
    expect((await kubectl.run("get", "pods", "-n", "kube-system", "-l", "k8s-app=hubble-relay")).output).toContain(
      "Image",
    ),
  );
  const node = await lab.node(100);
  await node.setFaults(noRelay, { method: "listen" });
  await new Promise((resolve) => setTimeout(resolve, 5000));
  await node.setFaults();
  succeeded(await applied);
  expect(await history(kubectl)).toEqual(["deployed"]);
});

test("a pod that a taint keeps away is told of, though Helm does not wait for it", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, {
    cilium: { hubble: { relay: true } },
    force: (stack) => {
      addUncheckedPatch(stack.cluster, { machine: { nodeTaints: { dedicated: "gpu:NoSchedule" } } });
      waiting(20)(stack);
    },
  });
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(output).toContain("helm_release.cilium: Creation complete");
  expect(unwrapped(output)).toMatch(
    /pod kube-system\/\S+ is not scheduled: 0\/1 nodes are available: 1 node\(s\) had untolerated taint.* It does not tolerate this: node talos-gpu has the taint dedicated=gpu:NoSchedule/,
  );
});

test("addresses for load balancers wait until Cilium's operator has defined their kinds", async () => {
  const lab = await startLab({ nodeFaults: [{ pod: "kube-system/cilium-operator-*", reason: "ErrImagePull" }] });
  const l2Announcements = { addressPools: [{ name: "pool", blocks: [{ cidr: "192.168.1.240/28" }] }] };
  const terraform = await withCilium(lab, { l2Announcements });
  const applied = terraform.apply();
  await terraform.until("null_resource.wait_for_cilium: Still creating...");
  const kubectl = await lab.kubectl(100);
  expect(await history(kubectl)).toEqual(["deployed"]);
  expect(await history(kubectl, "cilium-load-balancer")).toEqual([]);

  await (await lab.node(100)).setFaults();
  succeeded(await applied);
  expect(await history(kubectl, "cilium-load-balancer")).toEqual(["deployed"]);
  await unchanged(terraform);
});
