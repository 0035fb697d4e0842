import type { CiliumInstallProps } from "../../constructs/cilium/install-props";
import type { Kubectl } from "../kubectl";
import type { Lab } from "../lab";
import { deployCluster } from "./support/cluster";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

type Options = Omit<CiliumInstallProps, "node" | "method">;

interface Pod {
  readonly metadata: { readonly uid: string; readonly name: string };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
}

async function applied(lab: Lab, cilium: Options, kubernetesVersion = "1.35.4"): Promise<void> {
  const terraform = await deployCluster(lab, {
    cilium: { ...cilium, method: "inline-manifests" },
    node: { kubernetesVersion },
    nvidia: false,
  });
  succeeded(await terraform.apply());
  await unchanged(terraform);
}

/** UIDs and images of the pods of Cilium's agent and operator. */
async function pods(kubectl: Kubectl, selector: string) {
  const { items } = await kubectl.get<{ readonly items: readonly Pod[] }>(
    ...["pods", "--namespace=kube-system", `--selector=${selector}`],
  );
  return items.map(({ metadata, spec }) => ({ uid: metadata.uid, image: spec.containers[0]?.image }));
}
const agents = (kubectl: Kubectl) => pods(kubectl, "k8s-app=cilium");

const names = async (kubectl: Kubectl, kind: string): Promise<string> =>
  (await kubectl.run("get", kind, "--all-namespaces", "--output=name", "--ignore-not-found")).output;

const pool = (name: string, start: string): Options["l2Announcements"] => ({
  addressPools: [{ name, blocks: [{ start, stop: "192.168.1.250" }] }],
});

test("an edit of Cilium's version, values or pools reaches the running pods in the same apply, and an upgrade of Kubernetes changes nothing more", async () => {
  const lab = await startLab();
  const options: Options = {
    version: "1.18.12",
    hubble: { relay: true },
    l2Announcements: pool("lan", "192.168.1.240"),
  };
  await applied(lab, options, "1.35.3");
  const kubectl = await lab.kubectl(100);
  const [first] = await agents(kubectl);
  expect(first?.image).toContain("v1.18.12");
  expect(await names(kubectl, "ciliumloadbalancerippools")).toContain("/lan");

  await applied(lab, { ...options, encryption: "wireguard" }, "1.35.3");
  const [encrypted, ...others] = await agents(kubectl);
  expect(others).toEqual([]);
  expect(encrypted?.uid).not.toBe(first?.uid);
  const configuration = await kubectl.get<{ readonly data: object }>("configmap/cilium-config", "-n", "kube-system");
  expect(configuration.data).toHaveProperty("enable-wireguard", "true");

  // Off again, and without the relay and the pool.
  await applied(lab, { version: "1.18.12", l2Announcements: pool("other", "192.168.1.245") }, "1.35.3");
  const plain = await kubectl.get<{ readonly data: object }>("configmap/cilium-config", "-n", "kube-system");
  expect(plain.data).not.toHaveProperty("enable-wireguard");
  expect(await names(kubectl, "deployments")).not.toContain("hubble-relay");
  expect(await names(kubectl, "ciliumloadbalancerippools")).toMatch(/^ciliumloadbalancerippool.cilium.io\/other\n?$/);

  await applied(lab, { version: "1.19.6" }, "1.35.3");
  const upgraded = await agents(kubectl);
  expect(upgraded).toMatchObject([{ image: expect.stringContaining("v1.19.6") }]);
  expect(await names(kubectl, "ciliumloadbalancerippools")).toBe("");

  await applied(lab, { version: "1.19.6" }, "1.35.4");
  expect(await agents(kubectl)).toEqual(upgraded);
});

test("gateways are served by Cilium in the machine configuration, whose operator starts before the CRDs are there", async () => {
  const lab = await startLab();
  await applied(lab, { gatewayApi: true });
  const kubectl = await lab.kubectl(100);
  const accepted = await kubectl.run(
    ...["get", "gatewayclass/cilium", "--output=jsonpath={.status.conditions[?(@.type=='Accepted')].status}"],
  );
  expect(accepted.output).toBe("True");
});

test("a chart that would make private keys is refused before anything is made", async () => {
  const lab = await startLab();
  const terraform = await deployCluster(lab, {
    cilium: { method: "inline-manifests" },
    nvidia: false,
    force: ({ cilium }) => {
      if (cilium?.template) cilium.template.values = ["hubble: {tls: {auto: {method: helm}}}"];
    },
  });
  const { code, output } = await terraform.plan();
  expect(code).toBe(1);
  expect(output.replaceAll(/\s+/g, " ")).toContain("have private keys, which Helm creates again at every rendering");
});
