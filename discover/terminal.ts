import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { printable } from "../constructs/rules/printable";
import { Refusal } from "./refusal";

/** Whoever can be asked. */
export interface Terminal {
  /** Whether there is somebody to ask. */
  readonly isInteractive: boolean;
  /** An answer; the empty one stands for what is in brackets. */
  ask(question: string): Promise<string>;
  /** An answer that is not shown while it is typed. */
  askSecret(question: string): Promise<string>;
}

/** Where a terminal is read and written; the process's own, or a test's. */
type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Questions go to standard error: standard output is for what was found. */
export function terminalOf(input: Input, output: Output): Terminal {
  return {
    isInteractive: Boolean(input.isTTY && output.isTTY),
    ask: async (question) => (await answered(printable(question), input, output)).trim(),
    askSecret: async (question) => {
      output.write(printable(question));
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const answer = await answered("", input, nowhere);
      output.write("\n");
      return answer;
    },
  };
}

async function answered(question: string, input: Input, output: Output): Promise<string> {
  const lines = createInterface({ input, output, terminal: true });
  const ended = new Promise<never>((_, reject) => {
    for (const event of ["SIGINT", "close"])
      lines.once(event, () => reject(new Refusal("Stopped: nothing was written.")));
  });
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    ended.catch(() => {});
    lines.close();
  }
}

/** Yes or no; an empty answer is a no. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await terminal.ask(`${question} [y/N] `));
}

/** One of several, by its number. */
export async function choose<Choice>(
  terminal: Terminal,
  question: string,
  choices: readonly (readonly [name: string, choice: Choice])[],
): Promise<Choice> {
  const list = choices.map(([name], place) => `  ${place + 1}  ${name}\n`).join("");
  for (;;) {
    const answer = await terminal.ask(`${list}${question} [1] `);
    const chosen = choices[answer === "" ? 0 : Number(answer) - 1];
    if (chosen) return chosen[1];
  }
}
