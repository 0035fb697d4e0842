import { wholeNumber } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";

/** Checks that the timeout of a release is whole seconds, and at least so many. */
export const checkTimeout = (timeout: unknown, min: number): Check => ({
  condition: wholeNumber(timeout, min),
  message: `timeout is ${formatValue(timeout)}; write whole seconds, ${min} or more`,
});
