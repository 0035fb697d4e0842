import { TerraformVariable } from "cdktf";
import { isPlainObject, noData } from "../../props/plain-data";
import { isToken } from "../../props/schema";
import { and, type Condition, equal, isUnknown, matches, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import { propsRule, settingsRule } from "../node-settings";
import { hasMinor } from "../version";
import { directive, readYaml } from "./document";
import { deletesUnnamed, has, hasPath } from "./effect";
import type { TalosPatch } from "./patch";
import type { GivenPatch, RuleDescription } from "./protected-setting";
import { checkSchema } from "./schema";
import { checkUnknownPatch } from "./unknown-patch";

interface Mistake {
  /** Key that Talos refuses. */
  readonly key: readonly string[];
  /** What to write instead. */
  readonly write: string;
  /** Versions in which it is a mistake. */
  readonly when?: (version: string) => Condition;
}

const reference = talosDocs("reference/configuration/v1alpha1/config");

/** What the provider and the node can read. */
export const keysRule: RuleDescription = {
  id: "config-patch-keys",
  requirement:
    "a patch is YAML or an object, with keys, kinds and values that the provider and the node's Talos version accept",
  reason: "Talos refuses the rest in the middle of the apply, when the machine configuration is created",
  source: reference,
};

/** @see https://docs.siderolabs.com/talos/v1.13/reference/configuration/v1alpha1/config */
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

/** Patches, and the version of Talos that they are for. */
interface Patched {
  readonly patches: readonly GivenPatch[];
  readonly version: string;
}

/** What each patch has to be, whatever else there is. */
export const keyRules: readonly Rule<Patched>[] = [
  {
    ...keysRule,
    checks: ({ patches, version }) => patches.flatMap(({ path, patch }) => checkPatch(path, patch, version)),
  },
  {
    id: "kernel-args-in-schematic",
    requirement: "kernel arguments are in the image from Talos 1.12 on",
    reason:
      "Talos refuses a machine configuration with machine.install.extraKernelArgs, as it boots a unified kernel image",
    source: talosDocs("platform-specific-installations/bare-metal-platforms/bootloader"),
    checks: ({ patches, version }) =>
      patches.flatMap(({ path, patch }) => ({
        condition: not(
          and(
            hasPath(patch, kernelArgs),
            hasMinor(version, ({ kernelArgsInImage }) => kernelArgsInImage),
          ),
        ),
        message: `${path} has ${kernelArgs.join(".")}; write extraKernelArgs of the image`,
      })),
  },
];

/** What the patches of a node have to leave, all together. */
export const settingRules: readonly RuleDescription[] = [keysRule, propsRule, settingsRule];

export const rules: readonly RuleDescription[] = [...keyRules, propsRule, settingsRule];

const kernelArgs = ["machine", "install", "extraKernelArgs"];

const refuse = (message: string): Check => ({ condition: false, message });

function checkPatch(where: string, patch: TalosPatch, version: string): Check[] {
  if (isToken(patch)) {
    return [
      ...checkUnknownPatch(where, patch as string),
      ...mistakes.map((mistake) => checkMistake(where, hasPath(patch, mistake.key), mistake, version)),
      {
        condition: not(matches(patch, otherDirective)),
        message: `${where} has ${directive} with a value other than delete, the only one that Talos knows`,
      },
      { condition: not(deletesUnnamed(patch as string)), message: unnamed(where) },
    ];
  }
  if (typeof patch !== "string") return checkDocument(where, patch, version);
  const { documents, errors } = readYaml(patch);
  if (errors.length > 0) return errors.map((error) => refuse(`${where} is not YAML: ${error}`));
  if (documents.length === 0) return [refuse(`${where} is empty; leave it out`)];
  return documents.flatMap((document) => checkDocument(where, document, version));
}

const unnamed = (where: string): string => `${where} deletes a document, but not which; write its apiVersion and kind`;

/** In YAML or JSON, quoted or not. */
const otherDirective = /[$]patch[^a-z:]*:[^a-z]*(d[a-df-z]|[a-ce-z])/;

function checkDocument(where: string, document: unknown, version: string): Check[] {
  if (Array.isArray(document)) {
    return [refuse(`${where} is a list; write a strategic merge patch, an object: JSON patches are not supported`)];
  }
  if (document instanceof TerraformVariable) return [refuse(`${where} is a TerraformVariable; write its stringValue`)];
  if (!isPlainObject(document)) return [refuse(`${where} is ${formatValue(document)}; write an object or YAML`)];
  const notData = noData(document, where);
  if (notData.length > 0) return notData.map(refuse);
  if (Object.keys(document).length === 0) return [refuse(`${where} is empty; leave it out`)];
  if (document[directive] === "delete" && document.kind === undefined) return [refuse(unnamed(where))];
  const found = mistakes.filter(({ key }) => has(document, key) !== false);
  return [
    ...found.map((mistake) => checkMistake(where, has(document, mistake.key), mistake, version)),
    ...checkDirectives(where, document),
    ...nullsIn(where, document).map(refuse),
    ...checkSchema(
      where,
      document,
      version,
      found.map(({ key }) => key.join(".")),
    ),
  ];
}

/** Registries are an object of objects, in which Talos refuses nothing as it does in lists. */
const registries = /[.]machine[.]registries[.](mirrors|config)$/;

/** Talos's decoder, or its validation, ends on nothing where an item has to be. */
function nullsIn(path: string, value: unknown): string[] {
  if (typeof value !== "object" || value === null || isUnknown(value)) return [];
  const holdsItems = Array.isArray(value) || registries.test(path);
  return Object.entries(value).flatMap(([key, inside]) => {
    const own = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    if (inside === null && holdsItems) return [`${own} is null; leave it out`];
    return nullsIn(own, inside);
  });
}

function checkDirectives(path: string, value: unknown): Check[] {
  if (typeof value !== "object" || value === null || isUnknown(value)) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    if (key !== directive) return checkDirectives(Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, inside);
    const message = `${path} has ${directive} ${formatValue(inside)}; write "delete" or leave it out, Talos knows no other`;
    return [{ condition: equal(inside, "delete"), message }];
  });
}

const checkMistake = (where: string, found: Condition, { key, write, when }: Mistake, version: string): Check => ({
  condition: not(and(found, when?.(version) ?? true)),
  message: `${where} has ${key.join(".")}; write ${write}`,
});
