import type { Precondition } from "cdktf";
import type { Construct } from "constructs";
import type { Condition } from "../rules/condition";
import { setPropNames } from "../rules/prop-path";
import { enforce, type Rule } from "../rules/rule";
import { secretInText } from "../rules/secret";
import { type Field, type Parsed, parseSafely, type Schema } from "./field";
import { objectOf } from "./object";
import type { Instead } from "./unknown-prop";

/** The value as it fits the field, which another construct answers for. */
export const parseSilently = <Value>(field: Field<Value>, value: unknown): Value => field.parse(value, "", () => {});

export const propType: Rule<readonly { readonly condition: Condition; readonly message: string }[]> = {
  id: "prop-type",
  requirement: "every prop is known and has a valid type or value, and no required prop is missing",
  reason: "plain JavaScript has no type check, and a misspelt prop would be ignored silently",
  source: "https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/best-practices",
  checks: (reports) => [...reports],
};

/**
 * The props as far as they fit the schema; the rest is reported when the stack is synthesized.
 *
 * @param instead what to write instead of names that are no props
 * @returns the props, and what only Terraform can decide of them, for the resource to have as its preconditions
 */
export function parseProps<Props>(
  construct: Construct,
  props: Props,
  schema: Schema<Props>,
  instead: Instead = {},
): { readonly props: Parsed<Props>; readonly preconditions: Precondition[] } {
  setPropNames(construct, Object.keys(schema));
  const reports: { condition: Condition; message: string }[] = [];
  const secrets: string[] = [];
  const report = Object.assign(
    (condition: Condition, message: string) => {
      if (condition !== true) reports.push({ condition, message });
    },
    { secret: (path: string) => void secrets.push(path) },
  );
  const parsed = parseSafely(objectOf(schema, instead), () => props, "", report);
  const preconditions = [...enforce(construct, [propType], reports), ...enforce(construct, [secretInText], secrets)];
  return { props: parsed as Parsed<Props>, preconditions };
}
