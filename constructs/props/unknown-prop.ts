import { formatValue } from "../rules/format-value";
import type { Field, Report } from "./field";
import { nearest } from "./nearest";

/** What to write instead of names that people write, and which are no props. */
export type Instead = Readonly<Record<string, string>>;

export const below = (path: string, name: string): string => (path ? `${path}.${name}` : name);

/** The path of a name that a user wrote, which may be any text. */
const belowAsWritten = (path: string, name: string): string =>
  /^[\w$-]{1,60}$/.test(name) ? below(path, name) : `${path}[${formatValue(name.slice(0, 60))}]`;

/**
 * Tells of props that are none; those of something else that was given whole, all at once.
 *
 * @returns the names that were meant and are missing
 */
export function reportUnknown(
  props: Readonly<Record<string, unknown>>,
  unknown: readonly string[],
  fields: Readonly<Record<string, Field>>,
  instead: Instead,
  path: string,
  report: Report,
): Set<string> {
  const names = Object.keys(fields);
  const free = names.filter((name) => !Object.hasOwn(props, name));
  const missing = free.filter((name) => fields[name]?.required);
  const known = `the props here are ${names.join(", ")}`;
  const [first, second, third, ...more] = unknown.map((name) => belowAsWritten(path, name));
  if (more.length > 0) {
    report(false, `${first}, ${second}, ${third} and ${more.length} more are no props; ${known}`);
    return new Set();
  }
  const meant = unknown.flatMap((name) => {
    const near = nearest(name, free);
    const only = near === undefined && unknown.length === 1 && missing.length === 1 ? missing[0] : undefined;
    const advice = near === undefined ? only && `, and ${only} is missing` : `; did you mean ${near}?`;
    const written = Object.hasOwn(instead, name) ? instead[name] : `${known}${advice ?? ""}`;
    report(false, `${belowAsWritten(path, name)} is not a prop; ${written}`);
    return near ?? only ?? [];
  });
  return new Set(meant);
}
