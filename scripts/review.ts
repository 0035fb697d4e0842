/** Synthesizes, and writes a page about each stack for whoever approves it; with what a plan changes, if asked. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../constructs/rules/printable";
import { scriptFolder } from "../constructs/terraform/script";
import { filesIn } from "../review/chart";
import { htmlOf } from "../review/html";
import { pageOf } from "../review/page";
import { changesOf, type Plan, summaryOf } from "../review/plan";
import { trustProxmox } from "./certificates";
import { run } from "./child";
import { commandArguments, endingOnMistakes } from "./command-line";
import { configurationsIn, synthesized } from "./configuration";
import { terraformEnvironment } from "./environment";
import { pins } from "./pins";
import { planOf } from "./plan";
import { missing, terraform } from "./prerequisites";

const output = process.env.CDKTF_OUTDIR ?? "cdktf.out";

/** The message for the user, without the place in this program. */
class Refusal extends Error {}

const usage = `Usage: npm run review [-- [<file> …] [<stack> …] [options]]

Synthesizes, and writes one page per stack for its approver: cdktf.out/stacks/<stack>/review.md. Without a file, main.ts.

  --plan                also plan, and begin with the planned changes
  --plan-json <file>    read a plan, as \`terraform show -json plan\` prints it
  --html                write one HTML file instead of Markdown

  npm run review -- examples/mapping.ts`;

const options = {
  plan: { type: "boolean", default: false },
  "plan-json": { type: "string" },
  html: { type: "boolean", default: false },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = commandArguments({ usage, options, takesArguments: true });
  const { files, stacks: names } = endingOnMistakes(() => configurationsIn(positionals, usage));
  const file = values["plan-json"];
  if (values.plan && file !== undefined)
    throw new Refusal("--plan makes a plan, --plan-json reads one; write one of them");
  const lacks = values.plan ? missing("review --plan", [terraform]) : [];
  if (lacks.length > 0) throw new Refusal(lacks.join("\n"));

  const given = file === undefined ? undefined : planIn(file);
  const all = await synthesized(files, output);
  if (all === undefined) throw new Refusal("There is nothing to review: the synth failed.");
  const stacks = chosen(all, names);
  if (given !== undefined && stacks.length > 1)
    throw new Refusal(`--plan-json is the plan of one stack; name it: ${stacks.join(", ")}`);
  const measure = { providers: pins(), day: new Date().toISOString().slice(0, 10) };
  for (const stack of stacks) {
    const directory = join(output, "stacks", stack);
    const plan = values.plan ? await planned(directory) : given;
    const content = json(join(directory, "cdk.tf.json"));
    const markdown = pageOf(stack, content, scriptsIn(directory), measure, plan, chartsIn(directory));
    const page = join(directory, values.html ? "review.html" : "review.md");
    writeFileSync(page, values.html ? htmlOf(`Review of ${stack}`, markdown) : markdown);
    console.log(printable(plan === undefined ? page : `${page}: ${summaryOf(changesOf(plan))}`));
  }
}

/** Of the stacks that were synthesized now those that are named, or all. */
function chosen(all: readonly string[], names: readonly string[]): string[] {
  const stacks = [...all].sort();
  const strange = names.filter((name) => !stacks.includes(name));
  if (strange.length > 0) throw new Refusal(`There is no stack ${strange.join(", ")}; there is ${stacks.join(", ")}`);
  return names.length > 0 ? stacks.filter((stack) => names.includes(stack)) : stacks;
}

/** Plans in a stack's directory. What Terraform writes is its owner's alone. */
async function planned(directory: string): Promise<Plan> {
  process.umask(0o077);
  trustProxmox();
  const json = await planOf(directory, process.stdin.isTTY ? [] : ["-input=false"], async (args) => {
    const stdout = args[0] === "show" ? "pipe" : "inherit";
    const env = terraformEnvironment();
    const { status, said } = await run([terraform, ...args], {
      cwd: directory,
      env,
      stdio: ["inherit", stdout, "inherit"],
    });
    if (status !== 0) throw new Refusal(`${terraform} ${args[0]} failed in ${directory}; see its message above.`);
    return said;
  });
  return parsed(json, `${terraform} show -json`);
}

function planIn(file: string): Plan {
  if (!existsSync(file)) throw new Refusal(`There is no ${file}; \`${terraform} show -json plan >${file}\` writes it`);
  return parsed(readFileSync(file, "utf8"), file);
}

function parsed(text: string, from: string): Plan {
  try {
    const plan = JSON.parse(text);
    if (typeof plan?.format_version === "string" && Array.isArray(plan.resource_changes ?? [])) return plan;
  } catch {
    // Told below, without what was read: that may hold secrets.
  }
  throw new Refusal(`${from} is not a plan; write what \`${terraform} show -json\` prints of a plan file`);
}

/** What a stack's directory has of charts, by their paths. */
const chartsIn = (directory: string) =>
  new Map([...filesIn(join(directory, "assets"))].filter(([path]) => !path.startsWith("scripts/")));

/** What a stack's directory has of scripts, by name. */
function scriptsIn(directory: string): Map<string, string> {
  const folder = join(directory, scriptFolder);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));

main().catch((error: unknown) => {
  if (!(error instanceof Refusal)) throw error;
  console.error(printable(error.message));
  process.exitCode = 1;
});
