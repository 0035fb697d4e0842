import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What a command is called with. */
export interface CommandLine<Known extends Options> {
  /** Printed for `--help`, and below what is wrong with the arguments. */
  readonly usage: string;
  readonly options?: Known;
  /** Whether it takes arguments that are no options. */
  readonly takesArguments?: boolean;
}

const help = { help: { type: "boolean", short: "h" } } as const;

/** What is wrong with the arguments of a command, with how it is used. */
export class UsageError extends Error {
  constructor(problem: string, usage: string) {
    super(`${problem}\n\n${usage}`);
    this.name = "UsageError";
  }
}

/** @throws {UsageError} on an argument that the command does not know */
export function parsedArguments<const Known extends Options>(
  { usage, options, takesArguments = false }: CommandLine<Known>,
  args: readonly string[],
) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...(options as Known), ...help },
      allowPositionals: takesArguments,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    // Node.js adds how an argument that begins with "-" is passed, which none of the commands takes.
    throw new UsageError(message.replace(/\. To specify a positional argument .*$/s, "."), usage);
  }
}

/** The arguments of this process, unless others are given. Ends it with the usage for `--help`, or with what is wrong. */
export function commandArguments<const Known extends Options>(
  command: CommandLine<Known>,
  args = process.argv.slice(2),
) {
  return endingOnMistakes(() => {
    const parsed = parsedArguments(command, args);
    if ((parsed.values as { readonly help?: boolean }).help) {
      console.log(command.usage);
      process.exit(0);
    }
    return parsed;
  });
}

/** Ends this process with the message of a usage error. */
export function endingOnMistakes<Result>(task: () => Result): Result {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
