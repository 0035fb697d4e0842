import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TerraformStack } from "cdktf";
import { parse, parseAllDocuments, stringify } from "yaml";
import { twoDisks } from "../../__tests__/fixtures/local-storage";
import {
  ciliumIn,
  clusterIn,
  machine,
  machineAt,
  nodeIn,
  problemsOf,
  synthesizedJson,
  type TerraformJson,
} from "../../__tests__/stacks";
import {
  type CiliumInstallProps,
  type GpuDriver,
  GpuInstall,
  type GpuVendor,
  LocalStorage,
  NvidiaInstall,
  type NvidiaInstallProps,
} from "../../constructs";
import type { SharingStrategy } from "../../constructs/gpu/sharing";
import type { Vendor } from "../../constructs/gpu/vendor";
import { vendors } from "../../constructs/gpu/vendors";
import { type ChartValues, valueAt } from "../../constructs/helm/values";
import { gpuVendors } from "../../constructs/talos/driver";
import { talosMinors } from "../../constructs/talos/version";
import { mergeValues } from "../../constructs/terraform/document";
import { type ChartArchive, ChartArchives } from "../chart-archives";
import { ChartRepositories } from "../chart-repositories";
import type { Json } from "../json";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { expectPlugin } from "./support/plugin";
import { strictlyValidated } from "./support/strict";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

let directory: string;
let repositories: ChartRepositories;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lab-charts-"));
  repositories = await ChartRepositories.start(directory);
});

afterEach(async () => {
  await repositories.stop();
  rmSync(directory, { recursive: true, force: true });
});

const mapValues = <Value, Result>(
  values: Readonly<Record<string, Value>>,
  change: (key: string, value: Value) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(key, value)]));

/** A configuration written by hand, in a lab's directory. */
async function placedIn(lab: Lab, configuration: object): Promise<Terraform> {
  const helm = { source: "hashicorp/helm", version: "3.1.2" };
  const all = JSON.parse(JSON.stringify({ terraform: { required_providers: { helm } }, ...configuration }));
  lab.site.fit(all);
  const directory = mkdtempSync(join(lab.directory, "by-hand-"));
  writeFileSync(join(directory, "main.tf.json"), JSON.stringify(all));
  const terraform = lab.terraform(directory);
  await terraform.init();
  return terraform;
}

/** Where a release's chart is to be had, after the stack was pointed at the lab. */
function redirected(release: Json): Json {
  const configuration = { resource: { helm_release: { it: { ...release } } } };
  repositories.redirect(configuration);
  return configuration.resource.helm_release.it;
}

test.each([
  ["cilium", "1.18.12", "https://helm.cilium.io/"],
  ["cilium", "1.20.0", "https://helm.cilium.io"],
  ["nvidia-device-plugin", "0.20.0", "https://nvidia.github.io/k8s-device-plugin"],
  ["gpu-operator", "v26.7.0", "https://helm.ngc.nvidia.com/nvidia"],
])("the chart %s %s is in the repository that the stack names", async (chart, version, repository) => {
  const release = redirected({ chart, version, repository });
  expect(release).toMatchObject({ chart, version, repository: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//) });
  const at = String(release.repository).replace(/\/$/, "");
  const index = parse(await (await fetch(`${at}/index.yaml`)).text());
  expect(index.entries[chart]).toContainEqual({
    ...{ apiVersion: "v2", name: chart, version },
    urls: [`${chart}-${version}.tgz`],
  });
  const archive = await (await fetch(`${at}/${chart}-${version}.tgz`)).arrayBuffer();
  expect([...new Uint8Array(archive, 0, 2)]).toEqual([0x1f, 0x8b]);
});

test("a chart is in no other repository than its own", async () => {
  const { repository } = redirected({ chart: "cilium", version: "1.18.12", repository: "https://helm.cilum.io" });
  expect((await fetch(`${repository}/index.yaml`)).status).toBe(404);
});

test("a chart of a registry has a manifest for its tag, with the archive as its layer", async () => {
  const repository = "oci://registry.k8s.io/dra-driver-nvidia/charts";
  const release = redirected({ chart: "dra-driver-nvidia-gpu", version: "0.4.1", repository });
  const registry = new URL(String(release.repository).replace("oci:", "http:"));
  const base = `${registry.origin}/v2${registry.pathname}/dra-driver-nvidia-gpu`;
  const manifest = (await (await fetch(`${base}/manifests/0.4.1`)).json()) as { layers: { digest: string }[] };
  expect((await fetch(`${base}/blobs/${manifest.layers[0]?.digest}`)).status).toBe(200);
  expect((await fetch(`${base}/manifests/0.5.0`)).status).toBe(404);
});

test("a chart in a folder stays where it is", () => {
  expect(redirected({ chart: "assets/cilium-load-balancer" })).toMatchObject({ chart: "assets/cilium-load-balancer" });
});

/** The ways that have a chart, each with its vendor, and the values that it has on tainted nodes. */
const ways = Object.values(vendors).flatMap((vendor) =>
  Object.values(vendor.methods).flatMap((method) =>
    method.repository === undefined
      ? []
      : [{ vendor, method, values: mergeValues(method.values, method.taintedValues ?? {}) }],
  ),
);

test("the Helm provider finds charts in repositories and in a registry, and what is not there it names", async () => {
  const lab = await startLab();
  const charts = {
    cilium: { repository: "https://helm.cilium.io/", version: "1.19.6", values: ["kubeProxyReplacement: true"] },
    ...Object.fromEntries(
      ways.map(({ method: { chart, repository, version }, values }) => [
        chart,
        { repository, version, values: [stringify(values)] },
      ]),
    ),
  };
  const template = (chart: string, more: object) => ({
    name: chart,
    namespace: "it",
    chart,
    kube_version: "1.35.4",
    ...more,
  });
  const terraform = await placedIn(lab, {
    data: {
      helm_template: mapValues(charts, (chart, more) =>
        template(chart, { ...more, api_versions: ["resource.k8s.io/v1"] }),
      ),
    },
    output: mapValues(charts, (chart) => ({ value: `\${data.helm_template.${chart}.manifest}` })),
  });
  succeeded(await terraform.apply());
  const manifests = await terraform.outputs();
  for (const chart of Object.keys(charts)) expect(manifests[chart]?.value).toContain("kind: DaemonSet");
  // What the GPU operator creates is in no manifest.
  for (const { vendor, method } of ways.filter(({ method }) => method.chart !== "gpu-operator")) {
    expectPlugin(vendor, method, String(manifests[method.chart]?.value));
  }

  const missing = await placedIn(lab, {
    data: { helm_template: { it: template("cilium", { repository: "https://helm.cilum.io", version: "1.18.12" }) } },
  });
  const { code, output } = await missing.apply();
  expect(code).toBe(1);
  expect(unwrapped(output)).toMatch(/is not a valid chart repository or cannot be reached: .* 404 Not Found/);
});

interface Pod {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: object } };
}

/** Pods of the workloads in a manifest, with the account that every namespace has. */
const podsIn = (manifest: string, namespace: string): object[] =>
  parseAllDocuments(manifest)
    .map((document): Pod | null => document.toJS())
    .filter((each) => each?.kind === "DaemonSet" || each?.kind === "Deployment")
    .map((each) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: each?.metadata.name, namespace },
      spec: { ...each?.spec.template.spec, serviceAccountName: "default", serviceAccount: undefined },
    }));

const releasedBy = Object.values(vendors).flatMap((vendor) =>
  Object.entries(vendor.methods).flatMap(([name, method]) =>
    method.repository === undefined ? [] : [[`${vendor.title} by ${name}`, vendor, name as "dra", method] as const],
  ),
);

/** What a stack releases for GPUs on each Talos minor version, tainted, and shared in each way, without repetitions. */
function releasesOf(vendor: Vendor, method: "dra"): { readonly prerequisites: Json; readonly releases: Json[] } {
  const all = talosMinors.flatMap(({ minor }) =>
    [undefined, ...vendor.strategies].map((strategy): [string, SharingStrategy?] => [`v${minor}.4`, strategy]),
  );
  const id = gpuVendors.find((each) => vendors[each] === vendor) as GpuVendor;
  const stacks = all.flatMap(([version, strategy]) => {
    const driver = { nvidia: { kernelModules: "open", branch: "lts" }, amd: {}, intel: { kernelModules: "i915" } }[id];
    const build = (scope: TerraformStack) => {
      const talos = { version, driver: { vendor: id, ...driver } as GpuDriver };
      const workers = [{ machine: machineAt("gpu-1", 61), talos }, machineAt("worker-1", 62)];
      const node = clusterIn(scope, { talos: { version }, kubernetesVersion: "1.34.1", workers });
      const sharing = strategy && { strategy, replicas: 4 };
      new GpuInstall(scope, "gpu", { node, vendor: id, method, sharing, taint: true });
    };
    // Versions and ways that are refused have no release.
    return problemsOf(build).length > 0 ? [] : [synthesizedJson(build).resource.helm_release as Record<string, Json>];
  });
  const [first] = stacks;
  const { [vendor.prerequisites.address]: prerequisites = {} } = first ?? {};
  const own = stacks.map((each) => each[vendor.methods[method]?.address as string] as Json);
  return { prerequisites, releases: [...new Map(own.map((each) => [JSON.stringify(each.values), each])).values()] };
}

test("each vendor's charts pass strict validation on each Talos minor version, and their pods its pod security where the stack puts them alone", async () => {
  const lab = await startLab();
  const cluster = await deployCluster(lab, { nvidia: false });
  succeeded(await cluster.apply("-target=talos_cluster_kubeconfig.cluster"));
  const kubectl = await lab.kubectl(100);
  const namespace = (name: string, labels = {}) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
  });
  await eventually(async () => succeeded(await kubectl.apply(namespace("elsewhere"))));

  const all = releasedBy.flatMap(([way, vendor, name, method]) => {
    const { prerequisites, releases } = releasesOf(vendor, name);
    return releases.map((release, index) => ({
      key: `${method.address}_${index}`,
      way,
      method,
      prerequisites,
      release,
    }));
  });
  expect(new Set(all.map(({ way }) => way)).size).toBe(releasedBy.length);
  const terraform = await placedIn(lab, {
    data: {
      helm_template: Object.fromEntries(
        all.map(({ key, release: { name, chart, namespace, repository, version, values } }) => [
          key,
          {
            ...{ name, chart, namespace, repository, version, values },
            ...{ kube_version: "1.35.4", api_versions: ["resource.k8s.io/v1"], include_crds: true },
          },
        ]),
      ),
    },
    output: Object.fromEntries(all.map(({ key }) => [key, { value: `\${data.helm_template.${key}.manifest}` }])),
  });
  succeeded(await terraform.apply());
  const manifests = await terraform.outputs();

  for (const { key, way, method, prerequisites } of all) {
    const manifest = String(manifests[key]?.value);
    const [before] = prerequisites.values as unknown as string[];
    succeeded(await kubectl.apply(...parse(String(before)).objects));
    const documents = parseAllDocuments(manifest).map((document) => document.toJS());
    const definitions = documents.filter((each) => each?.kind === "CustomResourceDefinition");
    // What they define is known a moment later.
    if (definitions.length > 0) succeeded(await kubectl.apply(...definitions));
    await eventually(async () =>
      expect([way, await strictlyValidated(kubectl, manifest, method.namespace)]).toEqual([way, ""]),
    );
    const pods = podsIn(manifest, method.namespace);
    expect(pods).not.toEqual([]);
    await eventually(async () => succeeded(await kubectl.dryRun(...pods)));
    expect((await kubectl.dryRun(...podsIn(manifest, "elsewhere"))).output).toMatch(
      /violates PodSecurity "baseline:latest"/,
    );
  }
});

describe("LAB_CHARTS", () => {
  test("an archive takes the place of the lab's own chart, in its versions alone", () => {
    for (const file of ["cilium-1.19.6.tgz", "another-2.0.0.tgz"]) writeFileSync(join(directory, file), "an archive");
    const archives = new ChartArchives(join(directory, "packed"), directory);
    for (const chart of ["cilium", "nvidia-device-plugin"]) archives.offer(chart, "0.20.0");
    const names = (repository: string) => archives.in(repository).map(({ name, version }) => `${name} ${version}`);
    expect(names("https://helm.cilium.io/")).toEqual(["another 2.0.0", "cilium 1.19.6"]);
    expect(names("https://nvidia.github.io/k8s-device-plugin")).toEqual([
      "another 2.0.0",
      "nvidia-device-plugin 0.20.0",
    ]);
  });

  test("a directory that is not there is named, with what can be written", () => {
    expect(() => new ChartArchives(directory, "/no/charts")).toThrow(/"\/no\/charts", which is no directory; write/);
  });
});

describe("every value that a stack sets is the chart's, as its archive in LAB_CHARTS has them, or else the lab's own chart", () => {
  const shared = (strategy: "time-slicing" | "mps") => ({ sharing: { strategy, replicas: 4 } });
  const nvidia = (props: Omit<NvidiaInstallProps, "node">) =>
    synthesizedJson((stack) => {
      const talos = { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "production" } } as const;
      new NvidiaInstall(stack, "nvidia", { ...props, node: nodeIn(stack, { talos }) });
    });
  const gpu = (driver: GpuDriver, method?: "dra") =>
    synthesizedJson((stack) => {
      const node = nodeIn(stack, { talos: { version: "v1.13.9", driver } });
      new GpuInstall(stack, "gpu", { node, vendor: driver.vendor, method });
    });
  const localVolumes = () =>
    synthesizedJson((stack) => {
      const node = nodeIn(stack, { machine: { ...machine, disks: twoDisks } });
      new LocalStorage(stack, "storage", { node, disk: "scsi1" });
    });
  const cilium = (props: Omit<CiliumInstallProps, "node">) => synthesizedJson((stack) => void ciliumIn(stack, props));
  const everything = {
    gatewayApi: true,
    l2Announcements: { addressPools: [] },
    encryption: "wireguard",
    hubble: { relay: true, ui: true },
  } as const;

  test.each<[string, TerraformJson]>([
    ["the device plugin", nvidia({ method: "device-plugin" })],
    ["the device plugin that slices", nvidia({ method: "device-plugin", ...shared("time-slicing") })],
    ["the device plugin with MPS", nvidia({ method: "device-plugin", ...shared("mps") })],
    ["the GPU operator", nvidia({ method: "gpu-operator" })],
    ["the GPU operator that slices", nvidia({ method: "gpu-operator", ...shared("time-slicing") })],
    ["the driver for claims", nvidia({ method: "dra" })],
    ["AMD's device plugin", gpu({ vendor: "amd" })],
    ["Intel's driver for claims", gpu({ vendor: "intel", kernelModules: "xe" }, "dra")],
    ["local volumes", localVolumes()],
    ["Cilium", cilium({})],
    ["Cilium with all of its options", cilium(everything)],
    ["Cilium in the machine configuration", cilium({ ...everything, method: "inline-manifests" })],
  ])("%s", (_, { resource, data }) => {
    const users = [...Object.values(resource.helm_release ?? {}), ...Object.values(data.helm_template ?? {})] as Json[];
    const remote = users.filter(({ repository }) => repository);
    expect(remote).toHaveLength(1);
    for (const { chart, version, repository, values } of remote) {
      const archives = archivesOf(String(chart), String(version), String(repository));
      expect(archives).not.toEqual([]);
      const given = (values as unknown as string[]).map((text) => parse(text));
      for (const archive of archives) {
        const wrong = given.flatMap((each) => unknownIn(each, valuesIn(archive)));
        expect({ chart: `${archive.name} ${archive.version}`, wrong }).toEqual({ chart: expect.anything(), wrong: [] });
      }
    }
  });

  test.each(ways.map((way) => [way.method.chart, way] as const))(
    "the rules look at values of %s that it has",
    (_, way) => {
      const { chart, repository = "", version, tolerations, updateStrategy } = way.method;
      for (const archive of archivesOf(chart, version, repository)) {
        const all = valuesIn(archive) as ChartValues;
        for (const path of [tolerations, ...(updateStrategy ? [updateStrategy] : [])]) {
          expect({ chart, path, value: valueAt(all, path) }).toEqual({ chart, path, value: expect.anything() });
        }
      }
    },
  );

  test("a value that the chart does not have is found", () => {
    const [archive] = archivesOf("nvidia-device-plugin", "0.20.0", "https://nvidia.github.io/k8s-device-plugin");
    const values = { runtimeClasName: "nvidia", config: { map: { any: "" }, defaults: "any" } };
    expect(unknownIn(values, archive && valuesIn(archive))).toEqual(["runtimeClasName", "config.defaults"]);
  });

  function archivesOf(chart: string, version: string, repository: string): ChartArchive[] {
    const archives = new ChartArchives(join(directory, "packed"));
    archives.offer(chart, version);
    return archives.in(repository).filter(({ name }) => name === chart);
  }

  const valuesIn = ({ name, content }: ChartArchive): unknown =>
    parse(execFileSync("tar", ["-xzO", "-f-", `${name}/values.yaml`], { input: content, encoding: "utf8" }));

  /** Paths of values that are not among the known ones. A map that is empty takes any key, one of labels any label, and null any value. */
  function unknownIn(values: unknown, known: unknown, ...path: readonly string[]): string[] {
    if (!isMap(values) || known === null || (isMap(known) && Object.keys(known).length === 0)) return [];
    return Object.entries(values).flatMap(([key, value]) =>
      key.includes("/")
        ? []
        : isMap(known) && key in known
          ? unknownIn(value, known[key], ...path, key)
          : [[...path, key].join(".")],
    );
  }

  const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
});
