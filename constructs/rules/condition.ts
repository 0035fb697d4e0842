import { Fn, type IResolvable, Op, Token } from "cdktf";
import { asText } from "./shown";
import { isPlaceholder, partsOf } from "./text";

/**
 * Whether something holds: decided now where its values are known, otherwise a Terraform expression that decides it at
 * plan. The functions of this file build conditions and decide as much of them as they can, so that a rule is written
 * once for both.
 */
export type Condition = boolean | IResolvable;

/** True when the value is known only to Terraform. */
export const isUnknown = Token.isUnresolved;

/** What is unknown as text: any other operand is resolved twice by cdktf, and so what is n operators deep 2ⁿ times. */
const operand = <Operand>(side: Operand): Operand =>
  isUnknown(side) && !Array.isArray(side) ? (asText(side) as Operand) : side;

export function not(condition: Condition): Condition {
  return typeof condition === "boolean" ? !condition : Op.not(operand(condition));
}

export function and(...conditions: Condition[]): Condition {
  return conditions.reduce((all, next) => {
    if (all === false || next === false) return false;
    if (all === true) return next;
    return next === true ? all : Op.and(operand(all), operand(next));
  }, true);
}

export function or(...conditions: Condition[]): Condition {
  return conditions.reduce((any, next) => {
    if (any === true || next === true) return true;
    if (any === false) return next;
    return next === false ? any : Op.or(operand(any), operand(next));
  }, false);
}

export function equal(one: unknown, other: unknown): Condition {
  if (one === other) return true;
  if (!isUnknown(one) && !isUnknown(other)) return false;
  const [left, right] = [one, other].map((side) => (typeof side === "string" ? asArgument(side) : operand(side)));
  // cdktf loses a right operand that is 0, false or empty.
  return right ? Op.eq(left, right) : Op.eq(right, left);
}

export function oneOf(value: unknown, allowed: readonly string[]): Condition {
  return isUnknown(value) ? Token.asAny(Fn.contains([...allowed], value)) : allowed.includes(value as string);
}

/**
 * The text for a Terraform function. cdktf escapes neither quotes nor `%{` among the arguments of functions, and takes no
 * templates there, so text with unknown parts is joined from them.
 */
export function asArgument(text: unknown): string {
  if (typeof text !== "string") return Token.asString(text);
  const [only = "", ...more] = partsOf(text).map((part) => (isPlaceholder(part) ? part : quoted(part)));
  return more.length === 0 ? only : Fn.join("", [only, ...more]);
}

function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("%{", "%%{");
  return /["\\]/.test(text) ? Fn.rawString(escaped) : escaped;
}

/**
 * Whether the text matches. JavaScript and Terraform's RE2 must read the pattern alike, and Terraform strings give
 * backslashes a meaning of their own, so patterns use classes (`[0-9]`, `[.]`) instead.
 *
 * @see https://developer.hashicorp.com/terraform/language/functions/regex
 */
export function matches(value: unknown, pattern: RegExp): Condition {
  if (isUnknown(value)) return Token.asAny(Fn.can(Fn.regex(terraformPattern(pattern), asArgument(value))));
  return typeof value === "string" && pattern.test(value);
}

const terraformPattern = ({ source, ignoreCase }: RegExp): string => (ignoreCase ? `(?i)${source}` : source);

/** Whether the value is a whole number from `least` to `most`. */
export function wholeNumber(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): Condition {
  if (!isUnknown(value)) return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  const number = asText(value);
  // The constants come first: cdktf loses a right operand that is 0.
  return and(Op.lte(least, number), Op.gte(most, number), Op.eq(Fn.floor(Token.asNumber(value)), number));
}

/** Whether one number is less than the other. */
export function less(one: number, other: number): Condition {
  // The unknown one comes last: cdktf loses a right operand that is 0.
  if (isUnknown(other)) return Op.lt(operand(one), operand(other));
  return isUnknown(one) ? Op.gt(other, operand(one)) : one < other;
}

/** Whether the value is true or false, and not one of the many ways of writing it. */
export function isBoolean(value: unknown): Condition {
  return isUnknown(value) ? oneOf(Fn.tostring(value), ["true", "false"]) : typeof value === "boolean";
}
