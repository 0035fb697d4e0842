import type { Case, Props } from "./cases";

type Holder = Record<string, unknown>;

/** The props with the values at their paths; undefined takes the prop, or the member of a list, away. */
export function withValues(props: object, values: Props): object {
  const copy = copyOf(props) as Holder;
  for (const [path, value] of Object.entries(values)) put(copy, path.match(/[^.[\]]+/g) ?? [], value);
  return copy;
}

/** Of this realm, unlike a structured clone in a test: what props are is judged by their prototypes. */
const copyOf = (data: unknown): unknown => JSON.parse(JSON.stringify(data));

function put(holder: Holder, [key = "", ...below]: readonly string[], value: unknown): void {
  if (below.length > 0) {
    holder[key] ??= /^[0-9]+$/.test(below[0] ?? "") ? [] : {};
    put(holder[key] as Holder, below, value);
  } else if (value !== undefined) holder[key] = copyOf(value);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

/** Before the change, and after it. */
export const before = ({ given = {}, from, prop }: Case, props: object): object =>
  withValues(props, { ...given, ...(from !== undefined && { [prop]: from }) });
export const after = (each: Case, props: object): object =>
  withValues(before(each, props), { ...each.along, [each.prop]: each.to });
