import { isPlainObject } from "../../props/plain-data";
import { isUnknown, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import { type CelScope, celProblem } from "./cel";
import { directive, documentsOf } from "./document";
import { forms, volumeKinds } from "./forms";
import type { GivenPatch } from "./protected-setting";
import { ranges } from "./ranges";

export const rules: readonly Rule<{ readonly patches: readonly GivenPatch[] }>[] = [
  {
    id: "config-patch-values",
    requirement: "addresses, names, numbers, sizes, URLs and expressions in patches are valid for Talos",
    reason: "the node refuses the machine configuration otherwise, after its VM is created",
    source: talosDocs("reference/configuration/v1alpha1/config"),
    checks: ({ patches }) =>
      patches.flatMap(({ path, patch }) => documentsOf(patch).flatMap((document) => checkDocument(path, document))),
  },
];

const disks = "provisioning.diskSelector.match";

/** Expressions in CEL. */
const expressions: readonly { readonly kinds: readonly string[]; readonly at: string; readonly scope: CelScope }[] = [
  { kinds: [...volumeKinds, "VolumeConfig"], at: disks, scope: "disk" },
  { kinds: ["ExistingVolumeConfig"], at: "discovery.volumeSelector.match", scope: "volume" },
  { kinds: ["LinkAliasConfig"], at: "selector.match", scope: "link" },
  { kinds: ["OOMConfig"], at: "triggerExpression", scope: "outOfMemory" },
  { kinds: ["OOMConfig"], at: "cgroupRankingExpression", scope: "ranking" },
];

function checkDocument(where: string, document: unknown): Check[] {
  if (!isPlainObject(document) || document[directive] === "delete") return [];
  const kind = document.kind === undefined ? "" : String(document.kind);
  const has = (path: string, value: string) =>
    `${where} has ${kind === "" ? "" : `${kind}.`}${path} ${value}, which Talos refuses`;
  const isOfKind = ({ kinds = [""] }: { readonly kinds?: readonly string[] }) => kinds.includes(kind);
  return [
    ...forms.filter(isOfKind).flatMap(({ at, holds, write, isSecret = false }) =>
      valuesAt(document, at, /~$/.test(at) || (kind === "" && /[*]$|[.]size$/.test(at)) ? isText : isFilled).map(
        ({ path, value }) => ({
          condition: holds(value),
          message: `${has(path, isSecret ? "(value hidden)" : formatValue(value))}; write ${write}`,
        }),
      ),
    ),
    ...ranges.filter(isOfKind).flatMap(({ at, min, max, orText = false }) =>
      valuesAt(document, at, orText ? isKnownNumber : isNumber).map(({ path, value }) => ({
        condition: wholeNumber(value, min, max),
        message: `${has(path, formatValue(value))}; write a whole number between ${min} and ${max}`,
      })),
    ),
    ...expressions.filter(isOfKind).flatMap(({ at, scope }) =>
      valuesAt(document, at, isText).flatMap(({ path, value }) => {
        const problem = isUnknown(value) || value === "" ? undefined : celProblem(value, scope);
        return problem === undefined
          ? []
          : [{ condition: false, message: `${has(path, formatValue(value))}: ${problem}` }];
      }),
    ),
  ];
}

const isText = (value: unknown): value is string => typeof value === "string" || isUnknown(value);
/** Talos cannot tell an empty string from what is left out, except in a list. */
const isFilled = (value: unknown): value is string => isText(value) && value !== "";
const isNumber = (value: unknown): value is number => typeof value === "number" || isUnknown(value);
const isKnownNumber = (value: unknown): value is number => typeof value === "number" && !isUnknown(value);

interface Found<Value> {
  readonly path: string;
  readonly value: Value;
}

/** The values of a type at the keys, with their paths. */
function valuesAt<Value>(document: unknown, at: string, isOfType: (value: unknown) => value is Value): Found<Value>[] {
  const follow = (value: unknown, [key, ...rest]: readonly string[], path: string): Found<Value>[] => {
    if (key === undefined) return isOfType(value) ? [{ path, value }] : [];
    if (typeof value !== "object" || value === null || isUnknown(value)) return [];
    const entries = Object.entries(value).filter(([name]) => name !== directive);
    if (key === "~") return entries.flatMap(([name]) => (isOfType(name) ? [{ path, value: name }] : []));
    return entries
      .filter(([name]) => key === "*" || name === key)
      .flatMap(([name, inside]) => {
        const own = Array.isArray(value) ? `[${name}]` : path === "" ? name : `.${name}`;
        return follow(inside, rest, `${path}${own}`);
      });
  };
  return follow(document, at.split("."), "");
}
