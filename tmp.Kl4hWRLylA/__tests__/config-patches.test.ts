import { laterKinds, mistakes } from "../constructs/talos/patch-rules";
import { nodeIn, problemsOf, withVariable } from "./stacks";

const problemsWith = (patch: unknown, version = "v1.13.9") =>
  problemsOf((stack) => void nodeIn(stack, { talos: { version }, configPatches: [patch as object] }));

/** What Talos refuses, and what to write instead, written down a second time: what goes there is missed here. */
const refusedKeys: [key: string, write: string][] = [
  ["cluster.network.proxy", "cluster.proxy"],
  ["cluster.network.kubePrism", "machine.features.kubePrism"],
  ["cluster.kubePrism", "machine.features.kubePrism"],
  ["machine.kubePrism", "machine.features.kubePrism"],
  ["cluster.cni", "cluster.network.cni"],
  ["cluster.allowSchedulingOnMasters", "cluster.allowSchedulingOnControlPlanes"],
  ["machine.allowSchedulingOnControlPlanes", "cluster.allowSchedulingOnControlPlanes"],
  ["machine.inlineManifests", "cluster.inlineManifests"],
  ["machine.network.hostname", "the document kind: HostnameConfig, which the node already has from the machine's name"],
];

const refusedKinds: [kind: string, write: string][] = [
  ["KubeFlannelCNIConfig", "cluster.network.cni"],
  ["KubeProxyConfig", "cluster.proxy"],
  ["KubePrismConfig", "machine.features.kubePrism"],
  ["KubeNodeConfig", "cluster.allowSchedulingOnControlPlanes and machine.nodeLabels"],
  ["KubeInlineManifestConfig", "cluster.inlineManifests"],
  ["KubeletConfig", "machine.kubelet"],
  ["UnattendedInstallConfig", "machine.install"],
  ["SysctlConfig", "machine.sysctls"],
];

const objectAt = (path: string, value: unknown): unknown =>
  path.split(".").reduceRight((inside, key) => ({ [key]: inside }), value);

describe("a patch", () => {
  test.each(refusedKeys)("may not have %s; the message says: write %s", (key, write) => {
    expect(problemsWith(objectAt(key, {}))).toEqual([
      `[stack/cluster] configPatches[0] has ${key}; write ${write} [config-patch-keys]`,
    ]);
  });

  test.each(refusedKinds)("may not be of kind %s; the message says: write %s", (kind, write) => {
    expect(problemsWith({ apiVersion: "v1alpha1", kind })).toEqual([
      `[stack/cluster] configPatches[0] has kind ${kind}, which this version of the provider does not know; write ${write} [config-patch-keys]`,
    ]);
  });

  test("has a case here for each key and kind", () => {
    expect(refusedKeys.map(([key]) => key)).toEqual(mistakes.map(({ key }) => key.join(".")));
    expect(refusedKinds.map(([kind]) => kind)).toEqual(Object.keys(laterKinds));
  });

  test.each(["toString", "constructor"])("may be of a kind that only JavaScript knows: %s", (kind) => {
    expect(problemsWith({ apiVersion: "v1alpha1", kind })).toEqual([]);
  });

  test("is looked into by Terraform, every document of it, where only Terraform knows it", () => {
    expect(
      problemsOf(withVariable((stack, value) => void nodeIn(stack, { configPatches: [value] }), "string")),
    ).toEqual([]);
  });
});
