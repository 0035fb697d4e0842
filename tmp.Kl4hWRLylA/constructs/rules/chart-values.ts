import { type Condition, equal, isUnknown, or } from "./condition";
import type { Check } from "./rule";
import { shown } from "./shown";

/** Values of a chart. */
export type ChartValues = Readonly<Record<string, unknown>>;

/** Checks that what `needed` says is still so in the values. */
export const keeps = (values: ChartValues, needed: ChartValues): Check[] =>
  leavesOf(needed).map(([path, value]) => {
    const found = valueAt(values, path);
    return {
      holds: sameValue(found, value),
      problem: `values.${path.join(".")} is ${shown(found)}; write ${shown(value)} or leave it out`,
    };
  });

export function valueAt(values: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return values;
  return typeof values === "object" && values !== null ? valueAt((values as ChartValues)[first], rest) : undefined;
}

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
    typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value)
      ? leavesOf(value as ChartValues, [...path, key])
      : [[[...path, key], value] as [readonly string[], unknown]],
  );
