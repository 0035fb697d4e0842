import { formatUnlessVariable } from "../rules/format-value";
import type { Check } from "../rules/rule";

/** Checks that the value at `path` of the props is true or false, for what no variable can decide. */
export const checkStaticBoolean = (path: string, value: unknown): Check => ({
  condition: typeof value === "boolean",
  message: `${path} is ${formatUnlessVariable(value)}; write true or false`,
});
