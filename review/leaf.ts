/** A value that has no others in it, with its path: `machine.files[].path`. Members of a list share a path. */
export interface Leaf {
  readonly path: string;
  readonly value: string | number | boolean | null;
}

/** All leaves. An empty object or list is one, too. */
export function leavesOf(value: unknown, path = "", leaves: Leaf[] = []): Leaf[] {
  if (Array.isArray(value)) {
    if (value.length === 0) leaves.push({ path: `${path}[]`, value: null });
    for (const each of value) leavesOf(each, `${path}[]`, leaves);
  } else if (value instanceof Date) {
    leaves.push({ path, value: value.toISOString() });
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([key]) => key !== "//")
      .sort(([one], [other]) => (one < other ? -1 : 1));
    if (entries.length === 0) leaves.push({ path, value: null });
    for (const [key, each] of entries) leavesOf(each, path === "" ? key : `${path}.${key}`, leaves);
  } else {
    leaves.push({ path, value: value === undefined ? null : (value as Leaf["value"]) });
  }
  return leaves;
}

/** The leaf in one text, to compare. */
export const spelledOut = ({ path, value }: Leaf): string => `${path}=${value}`;
