import { types } from "node:util";
import { Tokenization } from "cdktf";
import type { Construct } from "constructs";
import { type Condition, isUnknown } from "../rules/condition";
import { isPlainObject, kindOf } from "../rules/kind";

export type Scalar = "string" | "number" | "boolean";

/** Told of a value: whether it fits, and if not, what to write instead. */
export interface Report {
  (condition: Condition, message: string): void;
  /** Told of a text at the path with a secret in it. */
  readonly secret?: (path: string) => void;
}

/** What a prop may hold. Values that only Terraform knows fit every scalar. */
export interface Field<Value = unknown> {
  readonly required?: boolean;
  /** The type of a scalar, for which a Terraform variable may stand. */
  readonly scalar?: Scalar;
  /** The fields of an object, or of the objects in a list. */
  readonly fields?: Readonly<Record<string, Field>>;
  readonly list?: boolean;
  /** The value as far as it fits; what does not is reported, and its place is taken by what `invalid` gives. */
  readonly parse: (value: unknown, path: string, report: Report) => Value;
  /** What stands for a value that is missing or wrong, so that no rule judges what is reported already. */
  readonly invalid: () => Value;
}

export interface RequiredField<Value> extends Field<Value> {
  readonly required: true;
}

/** The fields of all props of an interface, so that none is forgotten; each of the prop's own type. */
export type Schema<Props> = {
  readonly [Name in keyof Required<Props>]: undefined extends Props[Name]
    ? Field<NonNullable<Props[Name]>>
    : RequiredField<Props[Name]>;
};

/** Props after `parseProps`. A construct that is required may be missing all the same: nothing can stand in for it. */
export type Parsed<Props> = {
  readonly [Name in keyof Props]: Props[Name] extends Construct ? Props[Name] | undefined : Props[Name];
};

/** What stands for values that are reported already. */
export const invalidValues = new WeakSet<object>();
/** Whether the value, or a part of it, stands for one that is reported already, and not for a variable. */
export const isInvalid = (value: unknown): boolean =>
  Array.isArray(value) || isPlainObject(value)
    ? invalidValues.has(value)
    : Tokenization.reverse(value).some((token) => invalidValues.has(token));

/** Whether a value that is no scalar stands for one that only Terraform knows; anything may have a method `resolve`. */
export const isToken = (value: unknown): boolean =>
  isUnknown(value) && (typeof value !== "object" || Array.isArray(value) || isOfCdktf(Object(value)));
const isOfCdktf = (value: object): boolean => "creationStack" in value || !("resolve" in value);

/**
 * The value of a prop, as far as it fits. Whatever happens when it is read, such as in a getter, or in a value that is
 * nested without end, is a mistake in that prop.
 */
export function parseSafely<Value>(field: Field<Value>, read: () => unknown, path: string, report: Report): Value {
  try {
    const value = read();
    // Another construct has reported it.
    if (isInvalid(value)) return value as Value;
    if (!types.isProxy(value) && (isToken(value) || !isUnknown(value))) return field.parse(value, path, report);
    report(false, `${path || "the props object"} is ${kindOf(value)}; write a plain value`);
  } catch {
    report(
      false,
      `${path || "the props object"} cannot be read; write a plain value, without getters and not nested without end`,
    );
  }
  return field.invalid();
}

export const required = <Value>(field: Field<Value>): RequiredField<Value> => ({ ...field, required: true });
