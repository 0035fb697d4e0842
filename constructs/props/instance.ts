import { Construct } from "constructs";
import { isUnknown } from "../rules/condition";
import type { Field } from "./field";
import { hasFields } from "./object";
import { string } from "./scalar";

/** A string, or an object of the schema. */
export const stringOr = <Value>(object: Field<Value>): Field<string | Value> => ({
  ...object,
  scalar: "string",
  invalid: string.invalid,
  parse: (value, path, report) =>
    (typeof value === "object" && !isUnknown(value) ? object : string).parse(value, path, report),
});

/** An object of one of the classes. */
export const instanceOf = <Value>(...classes: readonly (abstract new (...args: never[]) => Value)[]): Field<Value> => {
  const invalid = () => undefined as Value;
  return {
    invalid,
    parse: (value, path, report) => {
      if (classes.some((type) => value instanceof type)) return value as Value;
      const names = classes.map(({ name }) => name);
      const made = names.map((name) => `new ${name}(…)`);
      report(false, `${path} is not a ${names.join(" or ")}; write one made with ${made.join(" or ")}`);
      return invalid();
    },
  };
};

/** An object of the class, or the field. */
export const orInstanceOf = <Made, Value>(
  made: abstract new (...args: never[]) => Made,
  field: Field<Value>,
): Field<Made | Value> => ({
  ...field,
  parse: (value, path, report) => (value instanceof made ? value : field.parse(value, path, report)),
});

/** A construct that has what the object needs, whose class answers for it, or the object. */
export const orConstruct = <Value>(object: Field<Value>): Field<Value> => ({
  ...object,
  parse: (value, path, report) =>
    Construct.isConstruct(value) && hasFields(value, Object.entries(object.fields ?? {}))
      ? (value as Value)
      : object.parse(value, path, report),
});

/** The literal, such as `false` for nothing of it, or the field. */
export const optionalLiteral = <const Literal, Value>(
  literal: Literal,
  field: Field<Value>,
): Field<Literal | Value> => ({
  ...field,
  parse: (value, path, report) => (value === literal ? literal : field.parse(value, path, report)),
});
