import { printable } from "../constructs/rules/printable";
import { Refusal } from "./refusal";
import { wrapped } from "./wrapped";

/** What is asked for, with what is taken if the answer is empty. */
export interface Question {
  readonly default?: string;
  /** What is wrong with an answer; it is asked for again then. */
  readonly problemOf?: (answer: string) => string | undefined;
}

/** Whoever can be asked. */
export interface Terminal {
  /** Whether a person can answer. */
  readonly isInteractive: boolean;
  /** Tells something between questions, such as what happens now. */
  tell(text: string): void;
  ask(question: string, how?: Question): Promise<string>;
  /** An answer that is not shown while it is typed. */
  askSecret(question: string): Promise<string>;
  /** Yes or no; an empty answer is a no. */
  confirm(question: string): Promise<boolean>;
  choose<Choice>(question: string, choices: readonly (readonly [name: string, choice: Choice])[]): Promise<Choice>;
}

/** Where a terminal is read and written; the process's own, or a test's. */
type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Questions go to standard error: standard output is for what was found. */
export function terminalOf(input: Input, output: Output): Terminal {
  const context = { input, output };
  // Loaded for a question alone: discover says how it is used without it.
  const prompts = () => import("@inquirer/prompts");
  const isInteractive = Boolean(input.isTTY && output.isTTY);
  return {
    isInteractive,
    tell: (text) => {
      if (isInteractive) output.write(`${wrapped(printable(text), output.columns)}\n`);
    },
    ask: (question, { default: usual, problemOf = () => undefined } = {}) =>
      answered(async () => {
        const validate = (answer: string) => problemOf(answer.trim()) ?? true;
        const { input: ask } = await prompts();
        return (await ask({ message: printable(question), default: usual, validate }, context)).trim();
      }),
    askSecret: (question) =>
      answered(async () => (await prompts()).password({ message: printable(question), mask: false }, context)),
    confirm: (question) =>
      answered(async () => (await prompts()).confirm({ message: printable(question), default: false }, context)),
    choose: (question, choices) =>
      answered(async () =>
        (await prompts()).select(
          { message: printable(question), choices: choices.map(([name, value]) => ({ name: printable(name), value })) },
          context,
        ),
      ),
  };
}

/** Ctrl-C and the end of the input stop everything. */
async function answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") throw new Refusal("Stopped: nothing was written.");
    throw error;
  }
}
