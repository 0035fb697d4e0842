import { discover } from "./discover";
import { answersAt } from "./probe";
import { Refusal } from "./refusal";
import { terminalOf } from "./terminal";
import { wrapped } from "./wrapped";

discover(process.argv.slice(2), {
  environment: process.env,
  terminal: terminalOf(process.stdin, process.stderr),
  print: (text) => console.log(wrapped(text, process.stdout.columns)),
  answersAt,
}).catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error;
  console.error(wrapped(error.message, process.stderr.columns));
  process.exitCode = 1;
});
