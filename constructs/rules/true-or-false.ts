import type { Check } from "./rule";
import { shownUnlessVariable } from "./shown";

/** Checks that the value at `path` of the props is true or false, for what no variable can decide. */
export const isTrueOrFalse = (path: string, value: unknown): Check => ({
  holds: typeof value === "boolean",
  problem: `${path} is ${shownUnlessVariable(value)}; write true or false`,
});
