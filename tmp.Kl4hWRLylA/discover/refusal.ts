/** What a person has to know: what is wrong, and what to do next. It is told without a stack trace. */
export class Refusal extends Error {}
