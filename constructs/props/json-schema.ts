import type { Ajv2020, ErrorObject } from "ajv/dist/2020";
import { formatValue } from "../rules/format-value";

/** A validator; loaded when it is needed first, as it takes as long as many a stack. */
export function newAjv(): Ajv2020 {
  const { Ajv2020 } = require("ajv/dist/2020") as typeof import("ajv/dist/2020");
  const options = { strict: false, allErrors: true, verbose: true, code: { optimize: false } };
  return new Ajv2020({ ...options, meta: false, validateSchema: false });
}

const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  string: "a string",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
};

/** What has one of the types. */
export const namesOfTypes = (types: readonly string[]): string =>
  types.flatMap((type) => typeNames[type] ?? []).join(" or ");

/** The values of an enumeration. */
export const namesOfValues = ({ params }: ErrorObject): string =>
  (params.allowedValues as unknown[]).map(formatValue).join(" or ");

/** The path of JSON Schema as its user wrote it: machine.network.interfaces[0]. */
export function readable(pointer: string): { readonly names: readonly string[]; readonly path: string } {
  const names = pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const path = names.reduce((above, name) => {
    if (/^[0-9]+$/.test(name)) return `${above}[${name}]`;
    return above === "" ? name : `${above}.${name}`;
  }, "");
  return { names, path };
}
