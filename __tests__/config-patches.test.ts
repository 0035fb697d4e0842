import { generatedConfiguration } from "../constructs/talos/generated-configuration";
import { conflictsOf, incompleteOf } from "../constructs/talos/patch/conflict";
import { patched } from "../constructs/talos/patch/merge";
import { keyRules, mistakes } from "../constructs/talos/patch/rules";
import { unsupportedKinds } from "../constructs/talos/patch/schema";
import { rules as valueRules } from "../constructs/talos/patch/values";
import { talosMinors } from "../constructs/talos/version";
import { accepted, refused } from "./patch-examples";
import { checksAtPlan, nodeIn, problemsOf, withVariable } from "./stacks";
import { refusedDocuments, takenDocuments } from "./talos-documents";

const minors: readonly string[] = talosMinors.map(({ minor }) => minor);

const problemsWith = (patch: unknown, version = "v1.13.9") =>
  problemsOf((stack) => void nodeIn(stack, { talos: { version }, configPatches: [patch as object] }));

/** What the rules say of a patch alone, without a stack around it: there are hundreds. */
function judged(patch: object, version = "v1.13.9"): string[] {
  const given = { path: "configPatches[0]", patch };
  const before = generatedConfiguration("controlplane", "1.35.10");
  const after = patched(before, patch);
  const checks = [...keyRules, ...valueRules].flatMap((rule) => rule.checks({ patches: [given], version }));
  return [
    ...checks.flatMap(({ condition, message }) => (condition === false ? [message] : [])),
    ...conflictsOf(given, "controlplane", version, before, after),
    ...incompleteOf(version, after, [given]),
  ];
}

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
    expect(refusedKinds.map(([kind]) => kind)).toEqual(Object.keys(unsupportedKinds));
  });

  test.each([5, "", null, true, ["KubeletConfig"]])("may not be of a kind that is none: %j", (kind) => {
    expect(problemsWith({ apiVersion: "v1alpha1", kind })).toEqual([
      expect.stringMatching(
        /^\[stack\/cluster\] configPatches\[0\] has kind .+; write the kind of a document \[config-patch-keys\]$/,
      ),
    ]);
  });

  test.each(["toString", "constructor"])("may not be of a kind that only JavaScript knows: %s", (kind) => {
    expect(problemsWith({ apiVersion: "v1alpha1", kind })).toEqual([
      expect.stringContaining(`configPatches[0] has kind "${kind}", which Talos does not know; write one of `),
    ]);
  });

  test.each(Object.entries(accepted))("may have %s", (_, { patch, from = "1.11" }) => {
    for (const [index, minor] of minors.entries()) {
      const problems = problemsWith(patch, `v${minor}.0`);
      expect([minor, problems.length === 0]).toEqual([minor, index >= minors.indexOf(from)]);
      if (problems.length > 0)
        expect(problems).toEqual([expect.stringContaining(`which Talos ${minor} does not know`)]);
    }
  });

  test.each(Object.entries(refused))("may not have %s", (_, [patch, problem]) => {
    for (const minor of minors) {
      expect(problemsWith(patch, `v${minor}.0`)).toEqual([
        `[stack/cluster] configPatches[0] ${problem} [config-patch-keys]`,
      ]);
    }
  });

  test.each([
    ["is refused with one message for each document that Talos refuses", refusedDocuments, 1],
    ["may have each document that Talos takes", takenDocuments, 0],
  ] as const)("%s", (_, documents, count) => {
    const wrong = documents.map((patch) => ({ patch, problems: judged(patch) }));
    expect(wrong.filter(({ problems }) => problems.length !== count)).toEqual([]);
  });

  test("needs both parts of an identity that has neither", () => {
    const identity = { apiVersion: "v1alpha1", kind: "RegistryTLSConfig", name: "a", clientIdentity: {} };
    expect(judged(identity)).toEqual([
      "configPatches[0] has kind RegistryTLSConfig without clientIdentity.cert; write it",
      "configPatches[0] has kind RegistryTLSConfig without clientIdentity.key; write it",
    ]);
  });

  test("is held to the minor version that a variable gives", () => {
    const patch = { apiVersion: "v1alpha1", kind: "EnvironmentConfig", variables: { A: "b" } };
    const build = withVariable(
      (stack, version) => void nodeIn(stack, { talos: { version }, configPatches: [patch] }),
      "string",
    );
    expect(problemsOf(build)).toEqual([]);
    expect(checksAtPlan(build).map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "configPatches[0] has kind EnvironmentConfig, which Talos 1.11 does not know; leave it out [config-patch-keys]",
        "configPatches[0] has kind EnvironmentConfig, which Talos 1.12 does not know; leave it out [config-patch-keys]",
      ]),
    );
  });

  test("may have a variable for any value, and none for a key", () => {
    const build = (patch: (value: string) => object) =>
      problemsOf(withVariable((stack, value) => void nodeIn(stack, { configPatches: [patch(value)] }), "any"));
    expect(build((value) => ({ machine: { install: { wipe: value }, kubelet: value, certSANs: [value] } }))).toEqual(
      [],
    );
    expect(build((value) => ({ machine: { instal: value } }))).toEqual([
      "[stack/cluster] configPatches[0] has machine.instal, which Talos does not know; write machine.install [config-patch-keys]",
    ]);
  });

  test("is looked into by Terraform, every document of it, where only Terraform knows it", () => {
    expect(
      problemsOf(withVariable((stack, value) => void nodeIn(stack, { configPatches: [value] }), "string")),
    ).toEqual([]);
  });
});
