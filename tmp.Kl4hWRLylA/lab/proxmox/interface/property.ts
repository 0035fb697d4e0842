import { cpuReason } from "./cpu";
import { formatOf } from "./format";
import { parsePropertyString } from "./property-string";
import { own, type Properties, type Property, type ProxmoxInterface } from "./schema";

/** Reasons of refusal, by where they are: `net0`, or `net0.tag` inside a property string. */
export type Refusals = Record<string, string>;

/** A value that has been taken apart: text, or the elements of an array. */
export type Value = string | readonly string[];

const missing = "property is missing and it is not optional";
const undefinedProperty = "property is not defined in schema and the schema does not allow additional properties";

const isNumber = (value: string): boolean => /^[+-]?(\d+\.\d+|\d+\.|\.\d+|\d+)([eE][+-]?\d+)?$/.test(value);
const typeTests: Readonly<Record<string, (value: string) => boolean>> = {
  boolean: (value) => value === "0" || value === "1",
  integer: (value) => /^[+-]?\d+$/.test(value),
  number: isNumber,
};

/** Perl's own ways of writing a pattern. */
const regularExpression = (pattern: string): RegExp =>
  new RegExp(`^(?:${pattern.replaceAll("(?^u:", "(?:").replace(/\{,(\d+)\}/g, "{0,$1}")})$`);

/**
 * Holds values against the properties that Proxmox knows, with the reasons that it gives.
 *
 * @see https://git.proxmox.com/?p=pve-common.git;a=blob;f=src/PVE/JSONSchema.pm
 */
export class Checker {
  constructor(private readonly proxmox: ProxmoxInterface) {}

  /** What is wrong with a set of values; unknown ones are wrong too. */
  all(properties: Properties, values: Readonly<Record<string, Value>>, path = ""): Refusals {
    const at = (name: string) => (path === "" ? name : `${path}.${name}`);
    const refusals: Refusals = {};
    for (const [name, property] of Object.entries(properties)) {
      if (property.alias !== undefined) continue;
      const value = own(values, name);
      if (value !== undefined) Object.assign(refusals, this.one(property, value, at(name)));
      else if (!property.optional) refusals[at(name)] = missing;
    }
    for (const name of Object.keys(values)) {
      const property = own(properties, name);
      if (property === undefined) refusals[at(name)] = undefinedProperty;
      else if (property.requires !== undefined && values[property.requires] === undefined) {
        refusals[at(property.requires)] = `missing property required by '${at(name)}'`;
      }
    }
    return refusals;
  }

  private one(property: Property, value: Value, path: string): Refusals {
    if (typeof value !== "string") {
      const items = property.items ?? {};
      return Object.assign({}, ...value.map((element, n) => this.one(items, element, `${path}[${n}]`)));
    }
    const reason = this.reason(property, value, path);
    return reason === undefined ? {} : { [path]: reason };
  }

  /** The first reason for which a value is refused, in Proxmox's order. */
  private reason(property: Property, value: string, path: string): string | undefined {
    const { type = "string", format, pattern, maxLength, minimum, maximum } = property;
    if (typeTests[type]?.(value) === false) return `type check ('${type}') failed - got '${value}'`;
    const malformed = format === undefined ? undefined : this.malformed(format, value, path);
    if (malformed !== undefined) return `invalid format - ${malformed}\n`;
    if (pattern !== undefined && !regularExpression(pattern).test(value)) {
      return "value does not match the regex pattern";
    }
    if (maxLength !== undefined && [...value].length > maxLength) {
      return `value may only be ${maxLength} characters long`;
    }
    if (isNumber(value)) {
      if (maximum !== undefined && Number(value) > Number(maximum)) {
        return `value must have a maximum value of ${maximum}`;
      }
      if (minimum !== undefined && Number(value) < Number(minimum)) {
        return `value must have a minimum value of ${minimum}`;
      }
    }
    if (property.enum && !property.enum.includes(value)) {
      return `value '${value}' does not have a value in the enumeration '${property.enum.join(", ")}'`;
    }
    return undefined;
  }

  private malformed(format: string | Properties, value: string, path: string): string | undefined {
    const properties = typeof format === "string" ? this.proxmox.formats.get(format) : format;
    if (!properties) return formatOf(String(format))(value);
    const parts = parsePropertyString(properties, value);
    if (typeof parts === "string") return parts;
    const refusals = Object.entries(this.all(properties, parts, path));
    if (refusals.length > 0) return ["format error", ...refusals.map(([at, reason]) => `${at}: ${reason}`)].join("\n");
    return format === "pve-vm-cpu-conf" ? cpuReason(this.proxmox, parts) : undefined;
  }
}
