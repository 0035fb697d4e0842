import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { stringify } from "yaml";
import { nodeIn, problemsOf } from "../../__tests__/stacks";
import { refusedDocuments, takenDocuments } from "../../__tests__/talos-documents";
import { type TalosMinor, talosMinors } from "../../constructs/talos/version";
import { build, built } from "../build";
import { talosVersions } from "./support/talos-versions";

/** Another seed gives other patches. */
const seed = Number(process.env.LAB_SEED ?? 1);
const patchesOfEach = 80;

const among = (...values: readonly unknown[]) => fc.constantFrom(...values);
const anything = among(true, false, "true", 0, 1, 6443, "", "a", "1m30s", [], ["a"], {}, null);

/** Keys with values that some of them take, and some do not. */
const settings: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "machine.sysctls": among({ "vm.nr_hugepages": 1024 }, { a: true }, { a: null }),
  "machine.nodeLabels": among({ room: "lab" }, { "node-role.kubernetes.io/gpu": "" }, { room: "x y" }, { "a b": "c" }),
  "machine.nodeAnnotations": among({ "lab.example/room": "first floor" }, { "a/b/c": "d" }),
  "machine.network.interfaces": among(
    [{ interface: "eth1", addresses: ["10.9.0.5/24"], routes: [{ network: "10.8.0.0/16", gateway: "10.9.0.1" }] }],
    [{ interface: "eth1", addresses: ["10.9.0.300/24"] }],
    [{ interface: "eth1", routes: [{ network: "10.8.0.0" }] }],
    [{ interface: "bond0", bond: { mode: "802.3ad", interfaces: ["eth1"] } }],
    [{ interface: "bond0", bond: { mode: "lacp", interfaces: ["eth1"] } }],
  ),
  "machine.features.nodeAddressSortAlgorithm": among("v1", "v2", "v3"),
  "cluster.network.dnsDomain": among("lab.local", "a b"),
  "cluster.etcd.advertisedSubnets": among(["192.168.1.0/24", "!192.168.1.9/32"], ["lan"]),
  "cluster.apiServer.resources": among({ requests: { cpu: "500m" } }, { requests: { gpu: "1" } }),
  "machine.nodeTaints": among({ a: "b:PreferNoSchedule" }, { a: ":NoSchedule" }),
  "machine.kubelet.extraArgs": among(
    { "node-labels": "a=b" },
    { "node-ip": "10.0.0.1" },
    { "max-pods": 200 },
    { v: ["1", "2"] },
  ),
  "machine.kubelet.extraConfig": among(
    { maxPods: 250 },
    { registerNode: false },
    { authentication: {} },
    { resolvConf: "" },
  ),
  "machine.kubelet.defaultRuntimeSeccompProfileEnabled": anything,
  "machine.features.hostDNS": among(
    { enabled: false },
    { enabled: false, forwardKubeDNSToHost: false },
    { enabled: true },
  ),
  "machine.features.kubePrism": among({ enabled: true, port: 7445 }, { port: "x" }),
  "machine.install.wipe": anything,
  "machine.network.kubespan": among({ enabled: true }, { enabled: "yes" }),
  "machine.network.extraHostEntries": among([{ ip: "10.0.0.1", aliases: ["nas"] }], [], "nas"),
  "machine.registries.mirrors": among({ "docker.io": { endpoints: ["https://mirror.example"] } }, []),
  "machine.time.bootTimeout": anything,
  "machine.logging": among({ destinations: [] }, { destination: [] }),
  "cluster.apiServer.extraArgs": among(
    { "secure-port": 6443 },
    { "secure-port": "7443" },
    { "oidc-issuer-url": "https://id.example" },
  ),
  "cluster.controllerManager.extraArgs": among({ "bind-address": "0.0.0.0" }, { "cluster-cidr": "10.42.0.0/16" }),
  "cluster.etcd.extraArgs": among({ "listen-metrics-urls": "http://0.0.0.0:2381" }),
  "cluster.coreDNS.disabled": anything,
  "cluster.proxy.disabled": anything,
  "cluster.discovery": among({ enabled: true }, { registries: { service: { disabled: true } } }),
  "cluster.allowSchedulingOnControlPlanes": anything,
};

const patches = fc
  .subarray(Object.keys(settings), { minLength: 1, maxLength: 4 })
  .chain((paths) => fc.tuple(...paths.map((path) => (settings[path] ?? anything).map((value) => ({ path, value })))))
  .map((chosen) => {
    const patch: Record<string, unknown> = {};
    for (const { path, value } of chosen) {
      const keys = path.split(".");
      const last = keys.pop() ?? "";
      const parent = keys.reduce((object, key) => {
        object[key] ??= {};
        return object[key] as Record<string, unknown>;
      }, patch);
      parent[last] = value;
    }
    return patch;
  });

/** Whether the rules accept the patch for a node of the minor version. */
const isAccepted = (minor: TalosMinor, patch: object): boolean => {
  const [version, kubernetesVersion] = talosVersions[minor];
  return (
    problemsOf((stack) => void nodeIn(stack, { talos: { version }, kubernetesVersion, configPatches: [patch] }))
      .length === 0
  );
};

beforeAll(() => build("talos-patch", "talos-validate"));

/** Why the provider or a node of the minor version refuses each of the patches; empty if it takes it. */
function refusalsOf(minor: TalosMinor, patches: readonly object[]): string[] {
  const input = patches.map((patch) => ({
    talosVersion: talosVersions[minor][0],
    kubernetesVersion: talosVersions[minor][1],
    role: "controlplane",
    patches: [`${stringify(patch, { version: "1.1", aliasDuplicateObjects: false })}\n`],
  }));
  const output = execFileSync(built.talosPatch, {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return (JSON.parse(output) as { configuration: string; error: string }[]).map(
    ({ configuration, error }) =>
      error || spawnSync(built.talosValidate(minor), { input: configuration, encoding: "utf8" }).stderr,
  );
}

test.each(talosMinors.map(({ minor }) => minor))(
  "the provider and Talos %s take every patch that the rules accept",
  (minor) => {
    const accepted = fc.sample(patches, { seed, numRuns: patchesOfEach }).filter((patch) => isAccepted(minor, patch));
    expect(accepted.length).toBeGreaterThan(5);
    const refusals = refusalsOf(minor, accepted).flatMap((refusal, index) =>
      refusal === "" ? [] : [`${JSON.stringify(accepted[index])}: ${refusal}`],
    );
    expect(refusals).toEqual([]);
  },
);

test("Talos 1.13 refuses and takes the documents that the rules refuse and take", () => {
  const documents = [...refusedDocuments, ...takenDocuments];
  const verdicts = refusalsOf("1.13", documents).map((refusal, index) => ({
    document: documents[index],
    isRefused: refusal !== "",
  }));
  expect(verdicts).toEqual(
    documents.map((document, index) => ({ document, isRefused: index < refusedDocuments.length })),
  );
});
