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

/** The expressions in a text that Terraform fills in, without what stands around them. */
export function expressionsIn(text: string): string[] {
  const found: string[] = [];
  for (let start = text.indexOf("${"); start >= 0; start = text.indexOf("${", start)) {
    let end = start + 2;
    for (let depth = 1; depth > 0 && end < text.length; end++)
      depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    if (text[start - 1] !== "$") found.push(text.slice(start, end));
    start = end;
  }
  return found;
}

/** Each once, in the order of the alphabet. */
export const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** Whether only Terraform knows the text. */
export const isExpression = (value: string): boolean => /(?<![$%])[$%]\{/.test(value);
