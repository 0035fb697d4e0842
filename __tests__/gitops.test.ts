import { parse } from "yaml";
import { vendors } from "../constructs/gpu/vendors";
import { csi } from "./fixtures/proxmox-csi";
import type { Json } from "./json";
import { synthesizedJson, type TerraformJson } from "./stacks";
import { shippedStacks, synthesize } from "./synthesized";

interface Project {
  readonly destinations: readonly { readonly namespace: string }[];
  readonly clusterResourceBlacklist: readonly {
    readonly group: string;
    readonly kind: string;
    readonly name?: string;
  }[];
}
interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
}

const argoCd = synthesize("examples/argo-cd.ts")["talos-argo-cd"] as TerraformJson;
const spec: Project = parse(argoCd.resource.helm_release.argo_cd_workloads.values[0]).projects.workloads;

const stacks = [
  ...shippedStacks.map(([file, name]) => synthesize(file)[name] as TerraformJson),
  synthesizedJson(csi()),
];
const releases = stacks.flatMap(({ resource }) => Object.values(resource.helm_release ?? {}) as Json[]);

/** What a release of the stack's own objects has. */
const objectsOf = ({ values }: Json): KubernetesObject[] =>
  ((values ?? []) as unknown as string[]).flatMap((text) => (text.includes("${") ? [] : (parse(text)?.objects ?? [])));

test("the project for Argo CD excludes the namespaces of all that the constructs install", () => {
  const ofGpus = Object.values(vendors).flatMap(({ methods }) =>
    Object.values(methods).map(({ namespace }) => namespace),
  );
  const own = new Set(["kube-system", "argocd", "csi-proxmox", "local-storage", ...ofGpus]);
  const excluded = spec.destinations.map(({ namespace }) => namespace);
  expect(excluded).toEqual([...[...own].sort(byPlace).map((name) => `!${name}`), "*"]);
  const namespaces = spec.clusterResourceBlacklist.filter(({ kind }) => kind === "Namespace");
  expect(namespaces.map(({ name }) => name)).toEqual([...own].sort(byPlace));
  // The namespaces of a user's HelmInstall are the user's to add.
  const known = [...own, "ollama", "flux-system"];
  expect(releases.map(({ namespace }) => String(namespace)).filter((name) => !known.includes(name))).toEqual([]);
});

/** That of Kubernetes first. */
const byPlace = (a: string, b: string): number =>
  Number(b === "kube-system") - Number(a === "kube-system") || a.localeCompare(b);

test("it excludes the kinds without a namespace of which the stack has objects", () => {
  const groupOf = (apiVersion: string) => (apiVersion.includes("/") ? String(apiVersion.split("/")[0]) : "");
  const excluded = spec.clusterResourceBlacklist.map(({ group, kind }) => `${group}/${kind}`);
  const own = releases
    .flatMap(objectsOf)
    .filter(({ kind, metadata }) => metadata.namespace === undefined && kind !== "Namespace")
    .map(({ apiVersion, kind }) => `${groupOf(apiVersion)}/${kind}`);
  expect([...new Set(own)].sort()).toEqual([
    "cilium.io/CiliumL2AnnouncementPolicy",
    "cilium.io/CiliumLoadBalancerIPPool",
    "node.k8s.io/RuntimeClass",
    "storage.k8s.io/StorageClass",
  ]);
  expect(excluded).toEqual(expect.arrayContaining(own));
});
