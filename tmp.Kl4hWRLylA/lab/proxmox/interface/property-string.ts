import { own, type Properties, type Property } from "./schema";

const booleanWords = new Map([
  ...["1", "on", "yes", "true"].map((word) => [word, "1"] as const),
  ...["0", "off", "no", "false"].map((word) => [word, "0"] as const),
]);

const normalized = (property: Property | undefined, value: string): string =>
  (property?.type === "boolean" ? booleanWords.get(value.toLowerCase()) : undefined) ?? value;

const defaultKeyOf = (properties: Properties): string | undefined =>
  Object.keys(properties).find((name) => properties[name]?.default_key);

/**
 * The values of a property string (`virtio,bridge=vmbr0`) by the names that the schema has for them; aliases are
 * resolved, booleans are `1` and `0`, and names that it does not have are kept.
 *
 * @returns the reason instead, when the text is not of this form
 */
export function parsePropertyString(properties: Properties, text: string): Record<string, string> | string {
  const values: Record<string, string> = {};
  const defaultKey = defaultKeyOf(properties);
  for (const part of text.split(",")) {
    if (/^\s*$/.test(part)) continue;
    const pair = /^(?<name>[^=]+)=(?<value>.+)$/.exec(part)?.groups as { name: string; value: string } | undefined;
    if (pair) {
      if (own(values, pair.name) !== undefined) return `duplicate key in comma-separated list property: ${pair.name}`;
      const { alias, keyAlias }: Property = own(properties, pair.name) ?? {};
      if (keyAlias !== undefined) {
        if (values[keyAlias] !== undefined) return `key alias '${keyAlias}' is already defined`;
        values[keyAlias] = pair.name;
      }
      const name = alias ?? pair.name;
      if (own(values, name) !== undefined) return `key '${name}' is already defined (via alias)`;
      values[name] = normalized(own(properties, name), pair.value);
    } else if (part.includes("=")) {
      return "missing key in comma-separated list property";
    } else {
      if (defaultKey === undefined) return "value without key, but schema does not define a default key";
      if (values[defaultKey] !== undefined) return `duplicate key in comma-separated list property: ${defaultKey}`;
      values[defaultKey] = normalized(properties[defaultKey], part);
    }
  }
  return values;
}

/** A property string as Proxmox writes it: the default key first and without its name, the others sorted. */
export function printPropertyString(properties: Properties, values: Readonly<Record<string, string>>): string {
  const { [defaultKeyOf(properties) ?? ""]: first, ...rest } = values;
  const [combined] = Object.values(properties).flatMap(({ alias, keyAlias }) => (keyAlias && alias ? [alias] : []));
  const partner = combined === undefined ? undefined : rest[combined];
  const others = Object.entries(rest)
    .filter(([name]) => partner === undefined || name !== combined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  const head = first === undefined || partner === undefined ? first : `${first}=${partner}`;
  return [...(head === undefined ? [] : [head]), ...others].join(",");
}
