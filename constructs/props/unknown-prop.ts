import { formatValue } from "../rules/format-value";
import type { Field, Report } from "./field";
import { nearest } from "./nearest";

/** What to write instead of names that people write, and which are no props. */
export type Instead = Readonly<Record<string, string>>;

export const below = (path: string, name: string): string => (path ? `${path}.${name}` : name);

/** The path of a name that a user wrote, which may be any text. */
const belowAsWritten = (path: string, name: string): string =>
  /^[\w$-]{1,60}$/.test(name) ? below(path, name) : `${path}[${formatValue(name.slice(0, 60))}]`;

/** What a user has probably meant by names that are no props. */
interface Meant {
  /** What was written instead of the names of props. */
  readonly misspelt: ReadonlyMap<string, string>;
  /** Required props that are missing, and are told of. */
  readonly missing: ReadonlySet<string>;
}

/** Tells of props that are none; those of something else that was given whole, all at once. */
export function reportUnknown(
  props: Readonly<Record<string, unknown>>,
  unknown: readonly string[],
  fields: Readonly<Record<string, Field>>,
  instead: Instead,
  path: string,
  report: Report,
): Meant {
  const names = Object.keys(fields);
  const free = names.filter((name) => !Object.hasOwn(props, name));
  const missing = free.filter((name) => fields[name]?.required);
  const known = `the props here are ${names.join(", ")}`;
  const [first, second, third, ...more] = unknown.map((name) => belowAsWritten(path, name));
  if (more.length > 0) {
    report(false, `${first}, ${second}, ${third} and ${more.length} more are no props; ${known}`);
    return { misspelt: new Map(), missing: new Set() };
  }
  const misspelt = new Map<string, string>();
  // One name in place of a required one, or of all that there is to say.
  const isOther = unknown.length === 1 && (missing.length === 1 || free.length === names.length);
  const lacking = isOther && nearest(String(unknown[0]), free) === undefined ? missing : [];
  for (const name of unknown) {
    const near = nearest(name, free);
    if (near !== undefined) misspelt.set(near, name);
    const advice = near === undefined ? lacks(lacking) : `; did you mean ${near}?`;
    const written = Object.hasOwn(instead, name) ? instead[name] : `${known}${advice}`;
    report(false, `${belowAsWritten(path, name)} is not a prop; ${written}`);
  }
  return { misspelt, missing: new Set(lacking) };
}

function lacks(missing: readonly string[]): string {
  const [last, ...others] = [...missing].reverse();
  if (last === undefined) return "";
  return others.length === 0
    ? `, and ${last} is missing`
    : `, and ${others.reverse().join(", ")} and ${last} are missing`;
}
