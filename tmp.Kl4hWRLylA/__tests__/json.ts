/** An object of parsed JSON. */
export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** The keys with their values, less cdktf's comments. */
export const entries = (value: Json) => Object.entries(value).filter(([key]) => key !== "//");
export const at = (value: unknown, path: readonly string[]): Json | undefined =>
  path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value) as Json | undefined;
export const join = (path: string, key: string) => (path ? `${path}.${key}` : key);
export const shown = (value: unknown) => JSON.stringify(value);
