import { printable } from "../constructs/rules/printable";

/** What a person has to know: what is wrong, and what to do next. It is told without a stack trace. */
export class Refusal extends Error {
  /** @param message may quote what a host answers */
  constructor(message: string) {
    super(printable(message));
  }
}
