import { type IResolvable, Token } from "cdktf";
import { asFunctionArgument, expression } from "./expression";

/**
 * Whether something holds: decided now where its values are known, otherwise a Terraform expression that decides it at
 * plan. The functions of this file build conditions and decide as much of them as they can, so that a rule is written
 * once for both.
 */
export type Condition = boolean | IResolvable;

/** True when the value is known only to Terraform. */
export const isUnknown = Token.isUnresolved;

export function not(condition: Condition): Condition {
  return typeof condition === "boolean" ? condition === false : expression`!${condition}`;
}

export function and(...conditions: Condition[]): Condition {
  return conditions.reduce((all, next) => {
    if (all === false || next === false) return false;
    if (all === true) return next;
    return next === true ? all : expression`(${all} && ${next})`;
  }, true);
}

export function or(...conditions: Condition[]): Condition {
  return conditions.reduce((any, next) => {
    if (any === true || next === true) return true;
    if (any === false) return next;
    return next === false ? any : expression`(${any} || ${next})`;
  }, false);
}

export function equal(one: unknown, other: unknown): Condition {
  if (one === other) return true;
  if (!isUnknown(one) && !isUnknown(other)) return false;
  const [left, right] = [one, other].map((side) =>
    typeof side === "string" && isUnknown(side) ? asFunctionArgument(side) : side,
  );
  // The order that reviewed stacks have, in which an operand that is 0, false or empty comes first.
  return right ? expression`(${left} == ${right})` : expression`(${right} == ${left})`;
}

export function oneOf(value: unknown, allowed: readonly string[]): Condition {
  return isUnknown(value) ? expression`contains(${allowed}, ${value})` : allowed.includes(value as string);
}

/**
 * Whether the text matches. JavaScript and Terraform's RE2 must read the pattern alike, and Terraform strings give
 * backslashes a meaning of their own, so patterns use classes (`[0-9]`, `[.]`) instead.
 *
 * @see https://developer.hashicorp.com/terraform/language/functions/regex
 */
export function matches(value: unknown, pattern: RegExp): Condition {
  if (isUnknown(value)) return expression`can(regex(${terraformPattern(pattern)}, ${asFunctionArgument(value)}))`;
  return typeof value === "string" && pattern.test(value);
}

/** Control characters, line ends among them, for a pattern. The characters themselves, which all readers of patterns read alike. */
const control = "\u0000-\u001f\u007f";

/** Whether the text is one line, with more in it than blanks. */
export const isLine = (text: string): Condition =>
  matches(text, new RegExp(`^[^${control}]*[^ ${control}][^${control}]*$`));

const terraformPattern = ({ source, ignoreCase }: RegExp): string => (ignoreCase ? `(?i)${source}` : source);

/** Whether the value is a whole number from `min` to `max`. */
export function wholeNumber(value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): Condition {
  if (!isUnknown(value)) return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return and(
    expression`(${min} <= ${value})`,
    expression`(${max} >= ${value})`,
    // What comes from the environment into a variable without a type is text.
    expression`(floor(${value}) == tonumber(${value}))`,
  );
}

/** Whether one number is less than the other. */
export function less(one: number, other: number): Condition {
  // The order that reviewed stacks have, in which the unknown one comes last.
  if (isUnknown(other)) return expression`(${one} < ${other})`;
  return isUnknown(one) ? expression`(${other} > ${one})` : one < other;
}

/** Whether the value is true or false, and not one of the many ways of writing it. */
export function isBoolean(value: unknown): Condition {
  return isUnknown(value) ? oneOf(expression`tostring(${value})`, ["true", "false"]) : typeof value === "boolean";
}

/** A number in a version, in a pattern: one with a zero before it is none. */
export const versionNumber = "(0|[1-9][0-9]*)";

/** The sum, of which Terraform adds what only it knows. */
export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((one, other) =>
    isUnknown(one) || isUnknown(other) ? Token.asNumber(expression`(${one} + ${other})`) : one + other,
  );

/** The product, which Terraform works out where only it knows a factor. */
export const product = (one: number, other: number): number =>
  isUnknown(one) || isUnknown(other) ? Token.asNumber(expression`(${one} * ${other})`) : one * other;
