import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Kubectl } from "../kubectl";
import { ArgoCd, type Manifest } from "./support/argo-cd";
import { eventually } from "./support/eventually";
import { placed } from "./support/placed";
import { releasesIn, strictly } from "./support/strict";
import { succeeded } from "./support/succeeded";
import { unchanged } from "./support/unchanged";

/** The account that docs/gitops.md gives Flux for the workloads. */
const page = readFileSync(join(__dirname, "../../docs/gitops.md"), "utf8");
const [, account = ""] = /```yaml\n(apiVersion: v1[\s\S]*?)```/.exec(page) ?? [];
const flux = "--as=system:serviceaccount:apps:flux";

const workload = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "from-git", namespace: "apps" },
  data: { revision: "1" },
};

/** Objects of the stack's releases, each with its namespace if its kind has one. */
async function owned(kubectl: Kubectl): Promise<Manifest[]> {
  const { output } = await kubectl.run("api-resources", "--namespaced=false", "--no-headers");
  const withoutNamespace = output.split("\n").map((line) => line.trim().split(/\s+/).at(-1));
  return (await releasesIn(kubectl)).flatMap(({ namespace, manifest }) =>
    manifest
      .split(/^---$/m)
      .flatMap((text) => (parse(text) as Manifest | null) ?? [])
      .map((object) =>
        withoutNamespace.includes(object.kind) ? object : { ...object, metadata: { namespace, ...object.metadata } },
      ),
  );
}

/** Objects of the stack's releases that the account may change. */
async function changeable(kubectl: Kubectl): Promise<string[]> {
  const found: string[] = [];
  const places = (await owned(kubectl)).map(
    ({ kind, metadata }) => [kind, metadata.namespace ?? "kube-system"] as const,
  );
  for (const [kind, namespace] of new Map(places.map((each) => [each.join(), each])).values()) {
    const { output } = await kubectl.run("auth", "can-i", "patch", kind, flux, `--namespace=${namespace}`);
    // It warns of kinds without a namespace.
    if (output.trim().split("\n").at(-1) !== "no") found.push(`${kind} in ${namespace}: ${output}`);
  }
  return found;
}

test("Flux is installed to read what is not the stack's from Git, and its account for that changes nothing of the stack's", async () => {
  const { lab, terraform, vmid } = await placed("examples/gitops.ts");
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const kubectl = await lab.kubectl(vmid);
  const instance = await kubectl.get<{ spec: object }>("fluxinstance", "flux", "--namespace=flux-system");
  expect(instance.spec).toMatchObject({
    sync: { url: "https://git.example/fleet.git", path: "clusters/talos-gitops" },
  });
  expect((await releasesIn(kubectl)).map(({ name }) => name).sort()).toEqual([
    "cilium",
    "flux",
    "flux-operator",
    "flux-system-namespace",
    "nvidia-device-plugin",
    "nvidia-prerequisites",
  ]);

  expect(await strictly(kubectl)).toMatchObject({ "flux-operator": "", flux: "" });

  // As Flux's controller applies what it has read.
  succeeded(await kubectl.apply(...account.split(/^---$/m).map((text) => parse(text))));
  const options = ["--force-conflicts", "--field-manager=kustomize-controller", "--request-timeout=30s", flux];
  const applied = (object: object) => kubectl.applyWith(options, object);
  await eventually(async () => succeeded(await applied(workload)));
  const { metadata, data } = await kubectl.get<typeof workload>(
    "configmap",
    "cilium-config",
    "--namespace=kube-system",
  );
  const ofStack = { ...workload, metadata: { name: metadata.name, namespace: metadata.namespace } };
  await eventually(async () => expect((await applied(ofStack)).output).toContain("forbidden"));
  expect(await changeable(kubectl)).toEqual([]);
  const after = await kubectl.get<typeof workload>("configmap", "cilium-config", "--namespace=kube-system");
  expect(after.data).toEqual(data);
  await unchanged(terraform);
});

const apps = { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } };

test("Argo CD applies what its project permits, which is nothing of the stack's", async () => {
  const { lab, terraform, vmid } = await placed("examples/argo-cd.ts");
  succeeded(await terraform.apply());
  await unchanged(terraform);
  const kubectl = await lab.kubectl(vmid);
  expect(await strictly(kubectl)).toMatchObject({ "argo-cd": "", workloads: "" });
  const argoCd = new ArgoCd(kubectl, "workloads");
  expect(await argoCd.sync(apps)).toEqual([]);
  expect(await argoCd.sync(workload)).toEqual([]);
  const dataOf = async (name: string, namespace: string) =>
    (await kubectl.get<typeof workload>("configmap", name, `--namespace=${namespace}`)).data;
  expect(await dataOf("from-git", "apps")).toEqual(workload.data);

  const objects = await owned(kubectl);
  const kinds = new Set(objects.map(({ kind }) => kind));
  for (const kind of ["Namespace", "ClusterRole", "CustomResourceDefinition", "DaemonSet", "RuntimeClass"])
    expect(kinds).toContain(kind);
  const before = await dataOf("cilium-config", "kube-system");
  expect(await argoCd.sync(...objects)).toHaveLength(objects.length);
  const ofStack = { ...workload, metadata: { name: "cilium-config", namespace: "kube-system" } };
  expect(await argoCd.sync(ofStack)).toEqual(["ConfigMap kube-system/cilium-config"]);
  expect(await dataOf("cilium-config", "kube-system")).toEqual(before);
  await unchanged(terraform);

  // Without the rule Argo CD takes it over, and Terraform does not see that.
  const merge = ["patch", "appproject", "workloads", "--namespace=argocd", "--type=json"];
  succeeded(await kubectl.run(...merge, '--patch=[{"op": "remove", "path": "/spec/destinations/0"}]'));
  expect(await argoCd.sync(ofStack)).toEqual([]);
  expect(await dataOf("cilium-config", "kube-system")).toMatchObject(workload.data);
  await unchanged(terraform);
});
