import type { CiliumInstallProps } from "../../constructs";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { allocatable } from "./support/gpu";
import { startedWith, uidsOf, unreadyOf } from "./support/pods";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { addUncheckedPatch } from "./support/unchecked-patch";
import { unwrapped } from "./support/unwrapped";
import { waiting } from "./support/waiting";

const agent = "k8s-app=cilium";
const operator = "io.cilium/app=operator";
const cilium = "app.kubernetes.io/part-of=cilium";

async function applied(lab: Lab, options: ClusterOptions): Promise<Kubectl> {
  const terraform = await deployCluster(lab, options);
  succeeded(await terraform.apply());
  await unchanged(terraform);
  return lab.kubectl(100);
}

test("a change of Cilium reaches the running pods, and those alone that it is about", async () => {
  const lab = await startLab();
  const of = (options: Omit<CiliumInstallProps, "node">) => applied(lab, { cilium: options });
  const kubectl = await of({ hubble: { relay: true } });
  const before = await uidsOf(kubectl, "kube-system", cilium);
  expect(await unreadyOf(kubectl, "kube-system", cilium)).toEqual([]);
  const [agents, operators] = [await startedWith(kubectl, agent), await startedWith(kubectl, operator)];
  expect([...agents, ...operators].map((each) => each["enable-wireguard"])).toEqual([undefined, undefined]);

  // WHEN traffic is to be encrypted
  await of({ hubble: { relay: true }, encryption: "wireguard" });
  // THEN the agent and the operator run with it as soon as the apply is done
  for (const selector of [agent, operator]) {
    expect(await startedWith(kubectl, selector)).toMatchObject([{ "enable-wireguard": "true" }]);
  }
  const encrypted = await uidsOf(kubectl, "kube-system", cilium);
  expect(encrypted.filter((uid) => before.includes(uid))).toHaveLength(2);

  // WHEN addresses are to be announced, and the configuration of Envoy and of the relay changes
  const l2Announcements = { addressPools: [{ name: "pool", blocks: [{ cidr: "192.168.1.240/28" }] }] };
  const values = { envoy: { connectTimeoutSeconds: 3 }, hubble: { relay: { retryTimeout: "30s" } } };
  await of({ hubble: { relay: true }, encryption: "wireguard", l2Announcements, values });
  // THEN all pods are others
  expect(await startedWith(kubectl, agent)).toMatchObject([{ "enable-l2-announcements": "true" }]);
  const announced = await uidsOf(kubectl, "kube-system", cilium);
  expect(announced.filter((uid) => encrypted.includes(uid))).toEqual([]);

  // WHEN nothing of the configuration changes
  await of({ hubble: { relay: true }, encryption: "wireguard", l2Announcements, values, timeout: 1000 });
  expect(await uidsOf(kubectl, "kube-system", cilium)).toEqual(announced);
});

test("an apply is not done before the pods run, and says which do not, and why", async () => {
  // GIVEN a pod whose image is not there, of which Helm takes no notice
  const lab = await startLab({ nodeFaults: [{ pod: "kube-system/cilium-envoy-*", reason: "ErrImagePull" }] });
  const terraform = await deployCluster(lab, { cilium: {}, force: waiting(20) });
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(output).toContain("helm_release.cilium: Creation complete");
  expect(unwrapped(output)).toMatch(
    /the release cilium does not run after \d+ seconds: container cilium-envoy of pod kube-system\/cilium-envoy-\w{5} is not ready: ImagePullBackOff, Failed to pull image/,
  );

  // WHEN the image is there
  await (await lab.node(100)).setFaults();
  succeeded(await terraform.apply());
  // THEN nothing was started in vain, and all runs
  await unchanged(terraform);
  expect(await unreadyOf(await lab.kubectl(100), "kube-system")).toEqual([]);
});

const driver = { kernelModules: "open", branch: "production" } as const;
const gpus = (nvidia: ClusterOptions["nvidia"], force?: ClusterOptions["force"]): ClusterOptions => ({
  talos: { version: "v1.13.9", nvidia: driver },
  nvidia,
  force,
});

test.each([
  ["device-plugin", "nvidia-device-plugin", "app.kubernetes.io/instance=nvidia-device-plugin"],
  ["gpu-operator", "gpu-operator", "app=nvidia-device-plugin-daemonset"],
] as const)(
  "another number of pods at each GPU reaches the plugin of %s, as soon as the apply is done",
  async (...given) => {
    const [method, namespace, plugin] = given;
    const lab = await startLab();
    const shared = (replicas: number) =>
      applied(lab, gpus({ method, smokeTest: false, sharing: { strategy: "time-slicing", replicas } }));
    const kubectl = await shared(2);
    const before = await uidsOf(kubectl, namespace, plugin);
    expect(before).toHaveLength(1);
    await eventually(async () => expect(await allocatable(kubectl)).toBe("2"), 5000);

    await shared(4);
    const after = await uidsOf(kubectl, namespace, plugin);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    await eventually(async () => expect(await allocatable(kubectl)).toBe("4"), 5000);
  },
);

test("a taint that keeps a plugin off its node is named, with the node", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, {
    ...gpus({}, (stack) => {
      addUncheckedPatch(stack.cluster, { machine: { nodeTaints: { dedicated: "ml:NoSchedule" } } });
      waiting(15)(stack);
    }),
    // Of Cilium all pods run.
    cilium: { values: { operator: { tolerations: [{ operator: "Exists" }] } } },
  });
  expect(unwrapped((await terraform.apply()).output)).toContain(
    "DaemonSet nvidia-device-plugin is scheduled to 0 of 1 nodes with a GPU: node talos-gpu has the taint dedicated=ml:NoSchedule, which it does not tolerate",
  );
});

test("a plugin that fails is told of after a minute, and one that is for no node with what it lacks", async () => {
  const lab = await startLab({ nodeFaults: [{ pod: "nvidia-device-plugin/*", reason: "Error" }] });
  const terraform = await deployCluster(lab, gpus({}));
  const { code, output } = await terraform.apply();
  expect(code).toBe(1);
  expect(output).not.toContain("null_resource.gpu_smoke_test: Creating...");
  expect(unwrapped(output)).toMatch(
    /the release nvidia-device-plugin does not run after \d+ seconds: container nvidia-device-plugin-ctr of pod nvidia-device-plugin\/nvidia-device-plugin-\w+ is not ready: CrashLoopBackOff, Back-off restarting failed container/,
  );
  await (await lab.node(100)).setFaults();
  const nowhere = await deployCluster(lab, gpus({ values: { nodeSelector: { gpu: "here" } } }, waiting(15)));
  expect(unwrapped((await nowhere.apply()).output)).toContain(
    "DaemonSet nvidia-device-plugin is scheduled to 0 of 1 nodes with a GPU; see their labels",
  );
});
