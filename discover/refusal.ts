import { printable } from "../constructs/rules/printable";

/** What is wrong and what to do next, in words for a user. It is printed without a stack trace. */
export class Refusal extends Error {
  /**
   * @param message may quote what a host answers
   * @param steps what to do, one after another
   */
  constructor(message: string, steps: readonly string[] = []) {
    super(printable([message, ...numbered(steps)].join("\n")));
  }
}

/** Steps as lines, each with its number if there are several. */
const numbered = (steps: readonly string[]): string[] =>
  steps.length < 2 ? [...steps] : steps.map((step, index) => `  ${index + 1}. ${step}`);
