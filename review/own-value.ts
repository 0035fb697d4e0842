import { stringify } from "yaml";
import { defaultValues, inlineManifestValues, operatorValues } from "../constructs/cilium/values";
import { allMethods } from "../constructs/gpu/vendors";
import { namespaceObject } from "../constructs/helm/namespace";
import * as localStorage from "../constructs/storage/local-storage";
import * as proxmoxCsi from "../constructs/storage/proxmox-csi";
import { isInStack } from "./chart";
import { isObject, type Json, textOf } from "./json";
import { leavesOf, spelledOut } from "./leaf";

/** The values that the constructs give to a chart by themselves: those of every stack, and those of some. */
interface OwnValues {
  readonly always: readonly object[];
  readonly sometimes: readonly object[];
}

/** What the charts of the constructs are given, of the chart of Kubernetes objects as of any other. */
function ownValuesOf(chart: string, version: string, documents: readonly unknown[]): OwnValues {
  if (chart === "cilium") {
    return {
      always: [defaultValues(version)],
      sometimes: [operatorValues(1), operatorValues(3), inlineManifestValues],
    };
  }
  if (chart === localStorage.chart) {
    return {
      always: [localStorage.valuesFor(storageClassIn(documents)), { analytics: { enabled: false } }],
      sometimes: [],
    };
  }
  const method = allMethods.find((each) => each.chart === chart);
  if (method !== undefined) return { always: [method.values], sometimes: [method.taintedValues ?? {}] };
  return { always: [], sometimes: isInStack(chart) ? [ownObjects(documents)] : [] };
}

/** The storage class whose disk the values name; that of the constructs if it is at another place than theirs. */
const storageClassIn = (documents: readonly unknown[]): string =>
  /"basePath":"[/]var[/]mnt[/]([a-z0-9-]+)"/.exec(JSON.stringify(documents))?.[1] ?? "local";

/** Storage classes of the constructs, of the names of those that are there. */
const ownClasses = (documents: readonly unknown[]): object[] =>
  [...JSON.stringify(documents).matchAll(/"kind":"StorageClass","metadata":{"name":"([a-z0-9-]+)"/g)].flatMap(
    ([, name = ""]) => [true, false].map((isDefault) => localStorage.storageClassObject(name, isDefault)),
  );

/** Objects that charts of GPU vendors and of storage need first, and those of plugins without a chart. */
const ownObjects = (documents: readonly unknown[]): object => ({
  objects: [
    ...allMethods.map(({ namespace }) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
    })),
    ...[localStorage, proxmoxCsi].map(({ namespace }) => namespaceObject(namespace, "privileged")),
    ...ownClasses(documents),
    { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "nvidia" }, handler: "nvidia" },
    ...allMethods.flatMap(({ objects, version }) => objects?.({ version, replicas: replicasIn(documents) }) ?? []),
  ],
});

/** How many pods may use each GPU, in the configuration of the plugin without a chart. */
const replicasIn = (documents: readonly unknown[]): number =>
  Number(/-shared-dev-num=(\d+)/.exec(JSON.stringify(documents))?.[1] ?? 1);

const spelled = (values: readonly unknown[]): Set<string> =>
  new Set(values.flatMap((value) => leavesOf(value).map(spelledOut)));

/** How the values of a release differ from the constructs' own. */
export interface ValueDifference {
  /** What is other than the constructs' own, as an object with nothing else in it; undefined if nothing is. */
  readonly added: unknown;
  /** Paths that the constructs always set, and that are not set, or otherwise. */
  readonly missing: readonly string[];
}

export function differenceOf(body: Json, documents: readonly unknown[]): ValueDifference {
  const { always, sometimes } = ownValuesOf(textOf(body.chart) ?? "", textOf(body.version) ?? "", documents);
  const own = spelled([...always, ...sometimes]);
  const all = spelled(documents);
  const added = documents.map((document) => without(document, own)).filter((each) => each !== undefined);
  return {
    added: added.length > 1 ? added : added[0],
    missing: [...spelled(always)].filter((leaf) => !all.has(leaf)).map((leaf) => leaf.replace("=", ": ")),
  };
}

/** The value without the leaves that are the constructs' own. A member of a list is left out only as a whole. */
function without(value: unknown, own: ReadonlySet<string>, path = ""): unknown {
  if (Array.isArray(value)) {
    const rest = value.filter((each) => leavesOf(each, `${path}[]`).some((leaf) => !own.has(spelledOut(leaf))));
    return rest.length === 0 && value.length > 0 ? undefined : rest;
  }
  if (isObject(value)) {
    const entries = Object.entries(value).flatMap(([key, each]) => {
      const rest = without(each, own, path === "" ? key : `${path}.${key}`);
      return rest === undefined ? [] : [[key, rest] as const];
    });
    return entries.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(entries);
  }
  return own.has(spelledOut({ path, value: value as string })) ? undefined : value;
}

/** The value as YAML, for a reader. */
export const yamlOf = (value: unknown): string => stringify(value, { lineWidth: 0 });

/** The same in the order of the keys. */
export const sortedYamlOf = (value: unknown): string => stringify(value, { lineWidth: 0, sortMapEntries: true });
