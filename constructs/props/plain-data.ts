import { isUnknown } from "../rules/condition";
import { formatForObject, formatValue } from "../rules/format-value";
import { isPlainObject, kindOf } from "../rules/kind";
import { type Field, isToken, string } from "./schema";

export { isPlainObject } from "../rules/kind";

const maxItems = 10_000;

/** No configuration is deeper; readers of YAML and the constructs here go through it level by level. */
const deepest = 100;

/** What YAML cannot hold of the value, each with its path; values that only Terraform knows are data. */
export function noData(value: unknown, path: string, above: readonly unknown[] = []): string[] {
  if (value === null || ["string", "boolean"].includes(typeof value)) return [];
  if (typeof value === "number" && (Number.isFinite(value) || isUnknown(value))) return [];
  if (above.includes(value)) return [`${path} contains itself; write each value out`];
  if (above.length >= deepest) return [`${shortened(path)} is nested in ${deepest} levels; write fewer`];
  const within = [...above, value];
  if (Array.isArray(value)) {
    if (value.length > maxItems) return [`${path} has ${value.length} items; write ${maxItems} at most`];
    // Array.from, because flatMap passes over what a sparse list lacks.
    return Array.from(value, (each, index) => noData(each, `${path}[${index}]`, within)).flat();
  }
  if (isPlainObject(value)) {
    return Object.entries(value).flatMap(([key, inside]) =>
      inside === undefined ? [] : noData(inside, `${path}.${key}`, within),
    );
  }
  if (isToken(value)) return [];
  const what = typeof value === "object" ? kindOf(value) : formatValue(value);
  return [`${path} is ${what}, which YAML cannot hold; write text, a number, true, false, a list or an object`];
}

const shortened = (path: string): string => (path.length > 80 ? `${path.slice(0, 80)}…` : path);

/** An object with any fields, as deep as YAML goes. */
export const record: Field<Readonly<Record<string, unknown>>> = {
  invalid: () => ({}),
  parse: (value, path, report) => {
    if (!isPlainObject(value) || isUnknown(value)) {
      report(false, `${path} is ${formatForObject(value)}; write an object`);
      return {};
    }
    const problems = noData(value, path);
    for (const message of problems.slice(0, maxProblems)) report(false, message);
    return problems.length > 0 ? {} : value;
  },
};

/** Data that a rule of its own judges; here it is only read, in whole. */
export const ruledData = <Value>(): Field<Value> => ({
  invalid: () => string.invalid() as Value,
  parse: (value, path) => {
    noData(value, path);
    return value as Value;
  },
});

/** More of one kind tell no more. */
const maxProblems = 10;
