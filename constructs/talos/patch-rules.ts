import { and, type Condition, equal, isUnknown, matches, not } from "../rules/condition";
import { isPlainObject, noData } from "../rules/plain-data";
import type { Check, Rule } from "../rules/rule";
import { shown } from "../rules/shown";
import type { TalosPatch } from "./patch";
import { directive, readYaml } from "./patch-document";
import { deletesUnnamed, type Held, has, hasPath, keeps } from "./patch-effect";
import { schemaChecks } from "./patch-schema";
import { hasMinor } from "./version";

interface Mistake {
  /** Key that Talos refuses. */
  readonly key: readonly string[];
  /** What to write instead. */
  readonly write: string;
  /** Versions in which it is a mistake. */
  readonly when?: (version: string) => Condition;
}

const reference = "https://www.talos.dev/v1.13/reference/configuration/v1alpha1/config/";

/** @see https://www.talos.dev/v1.13/reference/configuration/ */
export const mistakes: readonly Mistake[] = [
  { key: ["cluster", "network", "proxy"], write: "cluster.proxy" },
  { key: ["cluster", "network", "kubePrism"], write: "machine.features.kubePrism" },
  { key: ["cluster", "kubePrism"], write: "machine.features.kubePrism" },
  { key: ["machine", "kubePrism"], write: "machine.features.kubePrism" },
  { key: ["cluster", "cni"], write: "cluster.network.cni" },
  { key: ["cluster", "allowSchedulingOnMasters"], write: "cluster.allowSchedulingOnControlPlanes" },
  { key: ["machine", "allowSchedulingOnControlPlanes"], write: "cluster.allowSchedulingOnControlPlanes" },
  { key: ["machine", "inlineManifests"], write: "cluster.inlineManifests" },
  {
    key: ["machine", "network", "hostname"],
    write: "the document kind: HostnameConfig, which the node already has from the machine's name",
    when: (version) => hasMinor(version, ({ hostnameDocument }) => hostnameDocument),
  },
];

interface Patched {
  readonly configPatches: readonly TalosPatch[];
  readonly version: string;
  readonly clusterName: string;
  readonly endpoint: string;
  /** The machines that the patches are for. */
  readonly machines: readonly {
    readonly name: string;
    readonly role: string;
    readonly installDisk: string;
    readonly installer?: string;
  }[];
}

/** What all of them have in common; undefined where they differ. */
const common = <Item, Value>(items: readonly Item[], value: (item: Item) => Value): Value | undefined => {
  const values = new Set(items.map(value));
  return values.size === 1 ? [...values][0] : undefined;
};

/** What the props say, by its place in the machine configuration. */
function heldBy({ machines, version, clusterName, endpoint }: Omit<Patched, "configPatches">): Held[] {
  const ofNode = "write installDisk of the node";
  const ofEach = "leave it out: each machine has its own";
  const several = machines.length > 1;
  const cluster = several ? "cluster" : "node";
  const install = ["machine", "install"];
  const hostName = {
    value: common(machines, ({ name }) => name),
    advice: several ? ofEach : "leave it out, and write the name of the machine",
  };
  const beforeDocument = hasMinor(version, ({ hostnameDocument }) => !hostnameDocument) !== false;
  return [
    {
      path: ["machine", "type"],
      value: common(machines, ({ role }) => role),
      advice: several ? ofEach : "leave it out: the only node is the control plane",
    },
    {
      path: [...install, "disk"],
      value: common(machines, ({ installDisk }) => installDisk),
      advice: several ? ofEach : ofNode,
    },
    // Talos would install to what it selects instead.
    { path: [...install, "diskSelector"], value: undefined, advice: several ? ofEach : ofNode },
    {
      path: [...install, "image"],
      value: common(machines, ({ installer }) => installer),
      advice: "write the version or installer of talos",
    },
    { ...hostName, kind: "HostnameConfig", path: ["hostname"] },
    { ...hostName, kind: "HostnameConfig", path: ["auto"], value: "off" },
    // Later ones refuse it there, whatever it says.
    ...(beforeDocument ? [{ ...hostName, path: ["machine", "network", "hostname"] }] : []),
    { path: ["cluster", "clusterName"], value: clusterName, advice: `write clusterName of the ${cluster}` },
    { path: ["cluster", "controlPlane", "endpoint"], value: endpoint, advice: `write endpoint of the ${cluster}` },
  ];
}

export const rules: readonly Rule<Patched>[] = [
  {
    id: "config-patch-keys",
    demands:
      "a patch is YAML or an object of keys and kinds that the provider and the node's Talos know, with values that they take",
    because: "Talos refuses unknown keys when the machine configuration is made, an apply later",
    source: reference,
    checks: ({ configPatches, version }) =>
      configPatches.flatMap((patch, place) => patchChecks(at(place), patch, version)),
  },
  {
    id: "config-patch-props",
    demands:
      "what a prop says, the prop alone says: the machine's name, type, install disk, installer, the cluster's name and endpoint",
    because: "rules judge the prop and outputs show it, and a patch that says otherwise passes by both",
    source: reference,
    checks: ({ configPatches, ...props }) =>
      configPatches.flatMap((patch, place) => heldBy(props).flatMap((held) => keeps(at(place), patch, held))),
  },
  {
    id: "kernel-args-in-schematic",
    demands: "kernel arguments are in the image from Talos 1.12 on",
    because:
      "Talos refuses a machine configuration with machine.install.extraKernelArgs, as it boots a unified kernel image",
    source: "https://docs.siderolabs.com/talos/v1.13/platform-specific-installations/bare-metal-platforms/bootloader",
    checks: ({ configPatches, version }) =>
      configPatches.flatMap((patch, place) => ({
        holds: not(
          and(
            hasPath(patch, kernelArgs),
            hasMinor(version, ({ kernelArgsInImage }) => kernelArgsInImage),
          ),
        ),
        problem: `${at(place)} has ${kernelArgs.join(".")}; write extraKernelArgs of the image`,
      })),
  },
];

const kernelArgs = ["machine", "install", "extraKernelArgs"];

const at = (place: number): string => `configPatches[${place}]`;
const refused = (problem: string): Check => ({ holds: false, problem });

function patchChecks(where: string, patch: TalosPatch, version: string): Check[] {
  if (isUnknown(patch)) {
    return [
      ...mistakes.map((mistake) => mistakeCheck(where, hasPath(patch, mistake.key), mistake, version)),
      {
        holds: not(matches(patch, otherDirective)),
        problem: `${where} has ${directive} with another value than delete, and Talos knows no other`,
      },
      { holds: not(deletesUnnamed(patch as string)), problem: unnamed(where) },
    ];
  }
  if (typeof patch !== "string") return documentChecks(where, patch, version);
  const { documents, errors } = readYaml(patch);
  if (errors.length > 0) return errors.map((error) => refused(`${where} is not YAML: ${error}`));
  if (documents.length === 0) return [refused(`${where} is empty; leave it out`)];
  return documents.flatMap((document) => documentChecks(where, document, version));
}

const unnamed = (where: string): string => `${where} deletes a document, but not which; write its apiVersion and kind`;

/** In YAML or JSON, quoted or not. */
const otherDirective = /[$]patch[^a-z:]*:[^a-z]*(d[a-df-z]|[a-ce-z])/;

function documentChecks(where: string, document: unknown, version: string): Check[] {
  if (Array.isArray(document)) {
    return [refused(`${where} is a list; write a strategic merge patch, an object: JSON patches are not supported`)];
  }
  if (!isPlainObject(document)) return [refused(`${where} is ${shown(document)}; write an object or YAML`)];
  const notData = noData(document, where);
  if (notData.length > 0) return notData.map(refused);
  if (Object.keys(document).length === 0) return [refused(`${where} is empty; leave it out`)];
  if (document[directive] === "delete" && document.kind === undefined) return [refused(unnamed(where))];
  const found = mistakes.filter(({ key }) => has(document, key) !== false);
  return [
    ...found.map((mistake) => mistakeCheck(where, has(document, mistake.key), mistake, version)),
    ...directiveChecks(where, document),
    ...schemaChecks(
      where,
      document,
      version,
      found.map(({ key }) => key.join(".")),
    ),
  ];
}

function directiveChecks(path: string, value: unknown): Check[] {
  if (typeof value !== "object" || value === null || isUnknown(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    if (key !== directive) return directiveChecks(Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, inside);
    const problem = `${path} has ${directive} ${shown(inside)}; write "delete" or leave it out, Talos knows no other`;
    return [{ holds: equal(inside, "delete"), problem }];
  });
}

const mistakeCheck = (where: string, found: Condition, { key, write, when }: Mistake, version: string): Check => ({
  holds: not(and(found, when?.(version) ?? true)),
  problem: `${where} has ${key.join(".")}; write ${write}`,
});
