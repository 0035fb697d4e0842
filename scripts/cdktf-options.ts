import { resolve } from "node:path";
import { type CommandLine, commandArguments, UsageError } from "./command-line";
import { configurationsIn } from "./configuration";

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const texts = { type: "string", multiple: true } as const;

/** Options of cdktf, as far as they make sense here. */
const app = { app: { ...text, short: "a" }, output: { ...text, short: "o" } } as const;
const ofTerraform = {
  var: texts,
  "var-file": texts,
  "refresh-only": flag,
  "terraform-parallelism": text,
  "no-color": flag,
  "migrate-state": flag,
  "skip-synth": flag,
  "skip-provider-lock": flag,
} as const;
const ofChanges = {
  "auto-approve": flag,
  parallelism: text,
  "ignore-missing-stack-dependencies": flag,
} as const;

const usageOfChange = (
  command: string,
  does: string,
  more = "",
) => `Usage: npm run ${command} [-- [<file> …] [<stack> …] [options]]

${does} Without a file, main.ts. Name the stacks if there are several; "*" means all.

  --auto-approve            do not ask
  --migrate-state           move the state to a new backend
  --skip-synth              take what is synthesized already
  --skip-provider-lock      with providers from a mirror, without a registry
  --refresh-only            compare with what is there, and change nothing
  --var <name>=<value>, --var-file <file>
  --parallelism <n>, --terraform-parallelism <n>
  --ignore-missing-stack-dependencies, --no-color
${more}  --output <folder>         cdktf.out otherwise
  --app <command>           program to run instead of a file

  npm run ${command} -- examples/mapping.ts`;

const commands = {
  synth: {
    usage: `Usage: npm run synth:cli [-- [<file> …] [--hcl] [--output <folder>] [--app <command>]]

Synthesizes with the command line of cdktf. \`npm run synth\` does it without.`,
    options: { ...app, hcl: flag, "check-code-maker-output": flag },
  },
  get: {
    usage: `Usage: npm run get [-- --output <folder>]

Generates the bindings of the providers in .gen/ from schemas/, offline.`,
    options: { output: { ...text, short: "o" }, force: flag },
  },
  diff: {
    usage: `Usage: npm run diff [-- [<file> …] [<stack>] [options]]

Synthesizes, and shows what an apply would change. Without a file, main.ts. Name the stack if there are several.

  --skip-synth              take what is synthesized already
  --skip-provider-lock      with providers from a mirror, without a registry
  --refresh-only            compare with what is there
  --migrate-state           move the state to a new backend
  --var <name>=<value>, --var-file <file>
  --terraform-parallelism <n>, --no-color
  --output <folder>         cdktf.out otherwise
  --app <command>           program to run instead of a file

  npm run diff -- examples/mapping.ts`,
    options: { ...app, ...ofTerraform },
  },
  deploy: {
    usage: usageOfChange(
      "deploy",
      "Synthesizes and applies, after asking.",
      "  --outputs-file <file>     write the outputs as JSON\n  --outputs-file-include-sensitive-outputs\n",
    ),
    options: {
      ...app,
      ...ofTerraform,
      ...ofChanges,
      "outputs-file": text,
      "outputs-file-include-sensitive-outputs": flag,
    },
  },
  destroy: {
    usage: usageOfChange("destroy", "Destroys what was applied, after asking."),
    options: { ...app, ...ofTerraform, ...ofChanges },
  },
} as const satisfies Record<string, Omit<CommandLine<never>, "options"> & { readonly options: object }>;

export type Command = keyof typeof commands;

export const isCommand = (name: string): name is Command => name in commands;

/** What a command is called with. */
export interface Called {
  readonly files: readonly string[];
  readonly stacks: readonly string[];
  readonly app: string | undefined;
  readonly output: string;
  readonly isApproved: boolean;
  readonly skipsSynth: boolean;
  /** Whether machines change one after another: nothing changes, or the state moves, otherwise. */
  readonly isRolling: boolean;
  /** What Terraform gets where cdktf does not call it. */
  readonly terraformOptions: readonly string[];
  /** What cdktf gets: all but the files and the app. */
  readonly passedOn: readonly string[];
}

/**
 * The arguments of this process, for a command.
 *
 * @throws {UsageError} if they contradict each other
 */
export function calledWith(command: Command): Called {
  const { usage, options } = commands[command];
  const { values, positionals } = commandArguments({
    usage,
    options: options as typeof commands.deploy.options,
    takesArguments: command !== "get",
  });
  const { files, stacks } = configurationsIn(positionals, usage);
  if (files.length > 0 && values.app !== undefined)
    throw new UsageError("--app names a program, and files are named, too; leave one of them out", usage);
  if (files.length > 1 && stacks.length > 0)
    throw new UsageError(`name one file for ${stacks.join(", ")}, or no stack`, usage);
  const { app: program, ...others } = values;
  return {
    files,
    stacks,
    app: program,
    output: values.output ?? "cdktf.out",
    isApproved: values["auto-approve"] ?? false,
    skipsSynth: values["skip-synth"] ?? false,
    isRolling: command === "deploy" && !values["refresh-only"] && !values["migrate-state"],
    terraformOptions: [
      ...(values.var ?? []).map((each) => `-var=${each}`),
      ...(values["var-file"] ?? []).map((file) => `-var-file=${resolve(file)}`),
      ...(values["terraform-parallelism"] ? [`-parallelism=${values["terraform-parallelism"]}`] : []),
      ...(values["no-color"] ? ["-no-color"] : []),
    ],
    passedOn: [...stacks, ...Object.entries(others).flatMap(([name, value]) => asOptions(name, value))],
  };
}

const asOptions = (name: string, value: string | boolean | readonly string[] | undefined): string[] =>
  [value ?? []].flat().map((each) => (each === true ? `--${name}` : `--${name}=${each}`));
