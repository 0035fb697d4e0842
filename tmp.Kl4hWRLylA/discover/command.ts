import { discover } from "./discover";
import { Refusal } from "./refusal";
import { terminalOf } from "./terminal";

discover(process.argv.slice(2), {
  environment: process.env,
  terminal: terminalOf(process.stdin, process.stderr),
  print: (text) => console.log(text),
}).catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
