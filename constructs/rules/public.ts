// What a rule of one's own is written with: `rules.and`, `rules.matches`. They are called by programs without types, too.
import { demand, demandList, isCondition, isPattern } from "./argument";
import * as conditions from "./condition";
import { formatForObject, formatValue } from "./format-value";

export { equal, isBoolean, isUnknown } from "./condition";
export { formatValue } from "./format-value";

type Condition = conditions.Condition;

const adviceOnCondition = (each: unknown): string | undefined =>
  isCondition(each) ? undefined : "write true, false, or what a function of rules returns";

/** Whether all of them hold. */
export function and(...all: Condition[]): Condition {
  demandList("the conditions of and", all, adviceOnCondition);
  return conditions.and(...all);
}

/** Whether one of them holds. */
export function or(...any: Condition[]): Condition {
  demandList("the conditions of or", any, adviceOnCondition);
  return conditions.or(...any);
}

/** Whether it does not hold. */
export function not(condition: Condition): Condition {
  demandList("the conditions of not", [condition], adviceOnCondition);
  return conditions.not(condition);
}

/** Whether the value is one of the strings. */
export function oneOf(value: unknown, allowed: readonly string[]): Condition {
  demandList("the choices of oneOf", allowed, (each) => (typeof each === "string" ? undefined : "write a string"));
  return conditions.oneOf(value, allowed);
}

/** Whether the text matches. The pattern has to mean the same in JavaScript and in Terraform's RE2, without backslashes. */
export function matches(value: unknown, pattern: RegExp): Condition {
  demand(
    isPattern(pattern),
    () => `the pattern of matches is ${formatForObject(pattern)}; write one such as /^rack[0-9]+/`,
  );
  return conditions.matches(value, pattern);
}

/** Whether the value is a whole number from `min` to `max`. */
export function wholeNumber(value: unknown, min: number, max?: number): Condition {
  demand(typeof min === "number", () => `the least number of wholeNumber is ${formatValue(min)}; write a number`);
  demand(
    max === undefined || typeof max === "number",
    () => `the greatest number of wholeNumber is ${formatValue(max)}; write a number`,
  );
  return conditions.wholeNumber(value, min, max);
}
