type Json = Record<string, unknown>;

/** What is left of a schema: names, types and flags. */
const kept = ["type", "enum", "required", "additionalProperties", "$ref"];

/** The one pattern that stands for a type: Go's durations, such as 1m30s. The others are narrower than Talos's decoder. */
const duration = "^[-+]?(((\\d+(\\.\\d*)?|\\d*(\\.\\d+)+)([nuµm]?s|m|h))|0)+$";

/** Keywords that hold schemas of their own, by what they hold them in. */
const maps = ["properties", "patternProperties", "$defs"];
const lists = ["oneOf", "allOf"];

/**
 * A JSON schema as a file of `schemas/talos-config/` or `schemas/charts/`: names, types and flags, without prose and patterns.
 * Keys are sorted, so that a new version shows as the difference it makes.
 */
export const trimJsonSchema = (schema: Json): string => `${JSON.stringify(trimmed(schema), byKey, 1)}\n`;

function trimmed({ anyOf, ...schema }: Json): Json {
  const facts = Object.entries(schema).flatMap(([key, value]) => {
    if (kept.includes(key)) return [[key, isObject(value) ? trimmed(value) : value]];
    if (key === "pattern" && value === duration) return [[key, value]];
    if (maps.includes(key)) return [[key, mapped(value as Json)]];
    if (lists.includes(key)) return [[key, (value as Json[]).map(trimmed)]];
    return key === "items" ? [[key, trimmed(value as Json)]] : [];
  });
  return { ...Object.fromEntries(facts), ...choice((anyOf ?? []) as Json[]) };
}

/** Schemas of charts have one alternative for each item of a default list, equal except for their descriptions. */
function choice(alternatives: readonly Json[]): Json {
  const different = new Map(alternatives.map(trimmed).map((each) => [JSON.stringify(each, byKey), each]));
  const [first, ...others] = different.values();
  return others.length > 0 ? { anyOf: [...different.values()] } : { ...first };
}

const mapped = (schemas: Json): Json =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, trimmed(schema as Json)]));

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const byKey = (_: string, value: unknown) =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;
