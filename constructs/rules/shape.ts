import { Token } from "cdktf";
import { Construct } from "constructs";
import { isUnknown, shown } from "./condition";
import type { Rule } from "./rule";

/** What a prop may hold. Values that only Terraform knows fit every scalar. */
export interface Field {
  readonly required?: boolean;
  /** The type of a scalar, for which a Terraform variable may stand. */
  readonly scalar?: "string" | "number" | "boolean";
  /** The fields of an object, or of the objects in a list. */
  readonly fields?: Readonly<Record<string, Field>>;
  readonly list?: boolean;
  /** The value as far as it fits; what does not is left out and told to `misfit`. */
  readonly fit: (value: unknown, path: string, misfit: (problem: string) => void) => unknown;
}

/** The fields of all props of an interface, so that none is forgotten. */
export type Shape<Props> = { readonly [Name in keyof Required<Props>]: Field };

/** A variable's `value` as the prop's type has it. */
const encoded = { string: Token.asString, number: Token.asNumber, boolean: (value: unknown) => value };

const scalar = (type: NonNullable<Field["scalar"]>): Field => ({
  scalar: type,
  fit: (value, path, misfit) => {
    if (typeof value === type) return value;
    if (isUnknown(value)) return encoded[type](value);
    misfit(`${path} is ${shown(value)}; write a ${type}`);
    return undefined;
  },
});

export const text = scalar("string");
export const number = scalar("number");
export const flag = scalar("boolean");

/** Any value. */
export const anything: Field = { fit: (value) => value };

/** A boolean whose type is judged by a rule of its own. */
export const ruledFlag: Field = { scalar: "boolean", fit: (value) => value };

/** A string, or an object with the shape. */
export const textOr = (object: Field): Field => ({
  ...object,
  scalar: "string",
  fit: (value, path, misfit) =>
    (typeof value === "object" && !isUnknown(value) ? object : text).fit(value, path, misfit),
});

/** An object of the class. */
export const instanceOf = (type: abstract new (...args: never[]) => unknown): Field => ({
  fit: (value, path, misfit) => {
    if (value instanceof type) return value;
    misfit(`${path} is not a ${type.name}; write one made with new ${type.name}(…)`);
    return undefined;
  },
});

export const required = (field: Field): Field => ({ ...field, required: true });

/** An object with any fields. */
export const record: Field = {
  fit: (value, path, misfit) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value)) return value;
    misfit(`${path} is ${shown(value)}; write an object`);
    return undefined;
  },
};

/** The literal, such as `false` for nothing of it, or the field. */
export const literalOr = (literal: unknown, field: Field): Field => ({
  ...field,
  fit: (value, path, misfit) => (value === literal ? value : field.fit(value, path, misfit)),
});

export function listOf(item: Field): Field {
  return {
    scalar: item.scalar,
    fields: item.fields,
    list: true,
    fit: (value, path, misfit) => {
      if (Array.isArray(value)) return value.map((each, index) => item.fit(each, `${path}[${index}]`, misfit));
      misfit(`${path} is ${shown(value)}; write a list`);
      return undefined;
    },
  };
}

/** A plain object with these fields, or a construct, whose class answers for it. */
export function objectOf<Props>(shape: Shape<Props>): Field {
  const fields: Readonly<Record<string, Field>> = shape;
  return {
    fields,
    fit: (value, path, misfit) => {
      if (Construct.isConstruct(value)) return value;
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        misfit(
          `${path || "the props object"} is ${shown(value)}; write an object with ${Object.keys(fields).join(", ")}`,
        );
        return {};
      }
      const given = value as Record<string, unknown>;
      const below = (name: string) => (path ? `${path}.${name}` : name);
      for (const name of Object.keys(given).filter((name) => !(name in fields))) {
        misfit(`${below(name)} is not a prop; the props here are ${Object.keys(fields).join(", ")}`);
      }
      const fitting: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) {
        if (given[name] !== undefined && given[name] !== null)
          fitting[name] = field.fit(given[name], below(name), misfit);
        else if (field.required) misfit(`${below(name)} is missing`);
      }
      return fitting;
    },
  };
}

export const propType: Rule<readonly string[]> = {
  id: "prop-type",
  demands: "every required prop is given, has its type, and no prop is unknown",
  because: "plain JavaScript has no type check, and a misspelt prop would be ignored silently",
  source: "https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/best-practices",
  checks: (misfits) => misfits.map((problem) => ({ holds: false, problem })),
};

/** The props as far as they have the shape; the rest is reported when the stack is synthesized. */
export function fitProps<Props>(construct: Construct, props: Props, shape: Shape<Props>): Props {
  const misfits: string[] = [];
  const fitting = objectOf(shape).fit(props, "", (problem) => misfits.push(`${problem} [${propType.id}]`));
  if (misfits.length > 0) construct.node.addValidation({ validate: () => misfits });
  return fitting as Props;
}
