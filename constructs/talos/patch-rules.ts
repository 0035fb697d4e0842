import { Fn, Token } from "cdktf";
import { parseAllDocuments } from "yaml";
import { and, type Condition, isUnknown, not } from "../rules/condition";
import type { Check, Rule } from "../rules/rule";
import { shown } from "../rules/shown";
import type { TalosPatch } from "./patch";
import { hasMinor } from "./version";

interface Mistake {
  /** Key that Talos refuses. */
  readonly key: readonly string[];
  /** What to write instead. */
  readonly write: string;
  /** Versions in which it is a mistake. */
  readonly when?: (version: string) => Condition;
}

/** @see https://www.talos.dev/v1.13/reference/configuration/ */
const mistakes: readonly Mistake[] = [
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

/** Kinds that the provider's Talos library does not know, and what it knows instead. */
const laterKinds: Readonly<Record<string, string>> = {
  KubeFlannelCNIConfig: "cluster.network.cni",
  KubeProxyConfig: "cluster.proxy",
  KubePrismConfig: "machine.features.kubePrism",
  KubeNodeConfig: "cluster.allowSchedulingOnControlPlanes and machine.nodeLabels",
  KubeInlineManifestConfig: "cluster.inlineManifests",
  KubeletConfig: "machine.kubelet",
  UnattendedInstallConfig: "machine.install",
  SysctlConfig: "machine.sysctls",
};

export const talosPatchRules: readonly Rule<{
  readonly configPatches: readonly TalosPatch[];
  readonly version: string;
}>[] = [
  {
    id: "config-patch-keys",
    demands: "a patch is YAML or an object that changes something, without the keys that are mistaken most often",
    because: "Talos refuses unknown keys when the machine configuration is made, an apply later",
    source: "https://www.talos.dev/v1.13/reference/configuration/v1alpha1/config/",
    checks: ({ configPatches, version }) =>
      configPatches.flatMap((patch, place) => {
        const where = `configPatches[${place}]`;
        if (isUnknown(patch)) return checksAtPlan(where, patch as string, version);
        if (Array.isArray(patch))
          return [
            refused(`${where} is a list; write a strategic merge patch, an object: JSON patches are not supported`),
          ];
        if (typeof patch === "object" && patch !== null) return documentChecks(where, patch, version);
        return typeof patch === "string"
          ? yamlChecks(where, patch, version)
          : [refused(`${where} is ${shown(patch)}; write an object or YAML`)];
      }),
  },
];

const refused = (problem: string): Check => ({ holds: false, problem });

function yamlChecks(where: string, yaml: string, version: string): Check[] {
  const documents = [parseAllDocuments(yaml)].flat();
  const errors = documents.flatMap(({ errors }) => errors);
  if (errors.length > 0) return errors.map(({ message }) => refused(`${where} is not YAML: ${message.split("\n")[0]}`));
  if (documents.length === 0) return documentChecks(where, {}, version);
  return documents.flatMap((document) => documentChecks(where, document.toJS() ?? {}, version));
}

function documentChecks(where: string, document: unknown, version: string): Check[] {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    return [refused(`${where} is ${shown(document)}; write an object: JSON patches are not supported`)];
  }
  if (Object.keys(document).length === 0) return [refused(`${where} is empty; leave it out`)];
  const { kind } = document as { kind?: unknown };
  if (typeof kind === "string" && kind in laterKinds) {
    return [
      refused(`${where} has kind ${kind}, which this version of the provider does not know; write ${laterKinds[kind]}`),
    ];
  }
  return mistakes.flatMap((mistake) => mistakeCheck(where, has(document, mistake.key), mistake, version));
}

function checksAtPlan(where: string, patch: string, version: string): Check[] {
  const found = ({ key }: Mistake) => Token.asAny(Fn.can(Fn.lookupNested(Fn.yamldecode(patch), [...key])));
  return mistakes.flatMap((mistake) => mistakeCheck(where, found(mistake), mistake, version));
}

function mistakeCheck(where: string, found: Condition, { key, write, when }: Mistake, version: string): Check {
  return { holds: not(and(found, when?.(version) ?? true)), problem: `${where} has ${key.join(".")}; write ${write}` };
}

function has(document: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  return typeof document === "object" && document !== null && first in document
    ? has((document as Record<string, unknown>)[first], rest)
    : false;
}
