/** Why nothing was written. The message says it all: where it was thrown is of no interest on the command line. */
export class Refusal extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Refusal";
    if (!process.listeners("uncaughtException").includes(tell)) process.once("uncaughtException", tell);
  }
}

/** Prints an uncaught error without the stack trace that Node.js would add. */
function tell(error: Error): void {
  if (error instanceof Refusal) {
    console.error(error.message);
    process.exitCode = 1;
  } else
    setImmediate(() => {
      throw error;
    });
}
