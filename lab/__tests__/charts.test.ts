import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ChartArchives } from "../chart-archives";
import { ChartRepositories } from "../chart-repositories";
import type { Json } from "../json";

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
  ["gpu-operator", "v26.3.3", "https://helm.ngc.nvidia.com/nvidia"],
])("the chart %s %s is in the repository that the stack names", async (chart, version, repository) => {
  const release = redirected({ chart, version, repository });
  expect(release).toMatchObject({ chart, version, repository: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//) });
  const at = String(release.repository).replace(/\/$/, "");
  const index = parse(await (await fetch(`${at}/index.yaml`)).text());
  expect(index.entries[chart]).toEqual([{ apiVersion: "v2", name: chart, version, urls: [`${chart}-${version}.tgz`] }]);
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

describe("LAB_CHARTS", () => {
  test("an archive takes the place of the lab's own chart, in its versions alone", () => {
    writeFileSync(join(directory, "cilium-1.19.6.tgz"), "an archive");
    copyFileSync(join(directory, "cilium-1.19.6.tgz"), join(directory, "gpu-operator-v26.3.3.tgz"));
    const archives = new ChartArchives(join(directory, "packed"), directory);
    for (const chart of ["cilium", "gpu-operator", "nvidia-device-plugin"]) archives.offer(chart);
    const names = (repository: string) => archives.in(repository).map(({ name, version }) => `${name} ${version}`);
    expect(names("https://helm.cilium.io")).toEqual(["cilium 1.19.6", "gpu-operator v26.3.3"]);
    expect(names("https://nvidia.github.io/k8s-device-plugin")).toContain("nvidia-device-plugin 0.20.0");
  });

  test("a directory that is not there is named, with what can be written", () => {
    expect(() => new ChartArchives(directory, "/no/charts")).toThrow(/"\/no\/charts", which is no directory; write/);
  });
});
