import { Fn, Token } from "cdktf";
import { type Condition, equal, isUnknown, matches, not, or } from "../rules/condition";
import { expression } from "../rules/expression";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";

/** What YAML reads as something else than text, unless it is in quotes: https://yaml.org/type/ */
const notText = "(true|false|yes|no|on|off|y|n|null|0x[0-9a-f]+|[0-9][0-9.-]*(e-?[0-9]+)?)";

/** Whether YAML reads the name as text, also without quotes. */
export const isPlainText = (name: string): Condition => not(matches(name, new RegExp(`^${notText}$`, "i")));

/** A name for the value of a chart whose template writes it without quotes: in quotes where YAML would read something else. */
export function forTemplate(name: string): string {
  if (!isUnknown(name)) return isPlainText(name) === true ? name : JSON.stringify(name);
  return Token.asString(expression`(${isPlainText(name)} ? ${name} : jsonencode(${name}))`);
}

/** Values of a chart. */
export type ChartValues = Readonly<Record<string, unknown>>;

/** Checks that what `needed` says is still so in the values. */
export const checkUnchanged = (values: ChartValues, needed: ChartValues): Check[] =>
  leavesOf(needed).map(([path, value]) => ({
    condition: sameValue(valueAt(values, path), value),
    message: messageAt(values, path, formatValue(value)),
  }));

/** Checks that a workload replaces its pods by itself; with the strategy OnDelete nothing does. */
export const checkReplacesPods = (values: ChartValues, path: readonly string[]): Check => ({
  condition: not(equal(valueAt(values, path), "OnDelete")),
  message: `values.${path.join(".")} is "OnDelete", with which no change reaches a running pod; write "RollingUpdate" or leave it out`,
});

/** What is wrong where the values have something else than is wanted at the path, or on the way there. */
export function messageAt(values: ChartValues, path: readonly string[], wanted: string): string {
  const { at, found, rest } = follow(values, path);
  return rest.length === 0
    ? `${at} is ${formatAtPlan(found)}; write ${wanted} or leave it out`
    : `${at} is ${formatUnlessVariable(found)}, in which ${rest.join(".")} is not ${wanted}; write that there, or leave ${at} out`;
}

/** The value at the path; where only Terraform knows what is there, it finds null in place of nothing. */
export function valueAt(values: ChartValues, path: readonly string[]): unknown {
  const { found, rest } = follow(values, path);
  if (rest.length === 0) return found;
  return isUnknown(found) ? expression`try(${Fn.lookupNested(found, [...rest])}, null)` : undefined;
}

/** Whether there is no value, so that the chart's own stands. */
export const isMissing = (value: unknown): Condition =>
  isUnknown(value) ? equal(value, null) : value === undefined || value === null;

/** As far as the path leads through objects: what it comes to, where that is, and the rest of the path. */
export function follow(values: ChartValues, path: readonly string[]) {
  let found: unknown = values;
  const rest = [...path];
  while (rest.length > 0 && isObject(found)) found = found[rest.shift() as string];
  return { at: ["values", ...path.slice(0, path.length - rest.length)].join("."), found, rest };
}

/** The value for a message: one that only Terraform knows may be null or a list, which no text takes in. */
export const formatAtPlan = (value: unknown): string =>
  isUnknown(value) ? Token.asString(Fn.jsonencode(value)) : formatValue(value);

function sameValue(value: unknown, needed: unknown): Condition {
  // Helm takes a number as text too.
  return or(equal(value, needed), typeof needed === "number" ? equal(value, String(needed)) : false);
}

/** All values that are no objects, each with its path. */
export const leavesOf = (
  values: ChartValues,
  path: readonly string[] = [],
): [path: readonly string[], value: unknown][] =>
  Object.entries(values).flatMap(([key, value]) =>
    isObject(value) ? leavesOf(value, [...path, key]) : [[[...path, key], value] as [readonly string[], unknown]],
  );

const isObject = (value: unknown): value is ChartValues =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value);
