/** An object of parsed JSON. */
export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object, or an empty one. */
export const objectOf = (value: unknown): Json => (isObject(value) ? value : {});

/** The objects of a block, of which Terraform's JSON writes one alone or several in a list. */
export const blocksOf = (value: unknown): Json[] => [value].flat().filter(isObject);

/** The text of a text or a number; undefined for all else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;

export const textsOf = (value: unknown): string[] => [value].flat().flatMap((each) => textOf(each) ?? []);

/** The keys with their values in the order of the alphabet, less cdktf's comments. */
export const entriesOf = (value: unknown): [string, unknown][] =>
  Object.entries(objectOf(value))
    .filter(([key]) => key !== "//")
    .sort(([one], [other]) => (one < other ? -1 : 1));

/** Each once, in the order of the alphabet. */
export const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** Whether only Terraform knows the text. */
export const isExpression = (value: string): boolean => /(?<![$%])[$%]\{/.test(value);
