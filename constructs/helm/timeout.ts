import { wholeNumber } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";

/** Checks that the timeout at `path` of the props is whole seconds, and at least so many. */
export const checkTimeout = (path: string, timeout: unknown, min: number): Check => ({
  condition: wholeNumber(timeout, min),
  message: `${path} is ${formatValue(timeout)}; write whole seconds, ${min} or more`,
});
