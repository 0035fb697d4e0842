import { isUnknown } from "./condition";
import type { Field } from "./shape";
import { shown, shownForObject } from "./shown";

type Data = Readonly<Record<string, unknown>>;

/** What YAML cannot hold of the value, each with its path; values that only Terraform knows are data. */
export function noData(value: unknown, path: string, above: readonly unknown[] = []): string[] {
  if (isUnknown(value) || value === null || ["string", "boolean"].includes(typeof value)) return [];
  if (typeof value === "number" && Number.isFinite(value)) return [];
  if (above.includes(value)) return [`${path} contains itself; write each value out`];
  const within = [...above, value];
  // Array.from, because flatMap passes over what a sparse list lacks.
  if (Array.isArray(value)) {
    return Array.from(value, (each, place) => noData(each, `${path}[${place}]`, within)).flat();
  }
  if (!isPlainObject(value)) {
    const what = typeof value === "object" ? `a ${value?.constructor?.name}` : shown(value);
    return [`${path} is ${what}, which YAML cannot hold; write text, a number, true, false, a list or an object`];
  }
  return Object.entries(value).flatMap(([key, inside]) =>
    inside === undefined ? [] : noData(inside, `${path}.${key}`, within),
  );
}

export const isPlainObject = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** An object with any fields, as deep as YAML goes. */
export const record: Field<Data> = {
  standIn: () => ({}),
  fit: (value, path, report) => {
    if (!isPlainObject(value) || isUnknown(value)) {
      report(false, `${path} is ${shownForObject(value)}; write an object`);
      return {};
    }
    const problems = noData(value, path);
    for (const problem of problems) report(false, problem);
    return problems.length > 0 ? {} : value;
  },
};
