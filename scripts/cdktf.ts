/**
 * Runs the cdktf command line without telemetry, version look-ups or prompts, with `schemas/` as the only
 * source of provider interfaces, so that every command but those of Terraform itself works offline.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../constructs/rules/printable";
import { forgottenBootstraps } from "./bootstrap";
import { type Called, type Command, calledWith, isCommand } from "./cdktf-options";
import { trustProxmox } from "./certificates";
import { run } from "./child";
import { endingOnMistakes } from "./command-line";
import { appOf, defaultConfiguration } from "./configuration";
import { withoutKubernetes } from "./environment";
import { lostProviders } from "./lost-providers";
import { nextSteps } from "./next-steps";
import { missing, terraform } from "./prerequisites";
import { rollMachines } from "./roll";
import { fetchedStates, type StackState, statesIn } from "./stack-state";
import { brokenStates, keepCopies, ownerAlone, stacksNamed, unsavedStates } from "./state";
import { hasCheckedNodes, strangeNodes } from "./unchecked-nodes";
import { upgradingStacks } from "./upgrade";

/** What the commands of Terraform need; the others need nothing. */
const programs: Partial<Record<Command, readonly string[]>> = {
  diff: [terraform],
  deploy: [terraform, "kubectl"],
  destroy: [terraform],
};

/** Runs the command for the configurations, one after another, to the first that fails. */
async function main(command: Command, called: Called): Promise<number> {
  const problems = problemsBefore(command, called);
  if (problems.length > 0) return refused(problems);
  if (command in programs) ownerAlone();
  trustProxmox();
  const uncopied = changes(command) ? keepCopies(called.output) : [];
  if (uncopied.length > 0) return refused(uncopied);
  for (const app of called.files.length > 0 ? called.files.map(appOf) : [called.app]) {
    const status = await runFor(app, command, called);
    if (status !== 0) return status;
  }
  return 0;
}

const changes = (command: Command): boolean => command === "deploy" || command === "destroy";

function problemsBefore(command: Command, { output, isApproved, app, files }: Called): string[] {
  const problems = missing(command, programs[command] ?? []);
  if (commandLine() === undefined)
    problems.push(
      `${command} needs the command line of cdktf, which \`npm ci\` installs, and \`npm ci --omit=dev\` does not`,
    );
  if (changes(command) && !isApproved && !(process.stdin.isTTY && process.stdout.isTTY))
    problems.push(
      `${command} asks before it changes anything, and there is no terminal to answer in: ` +
        `\`npm run ${command} -- --auto-approve\` changes it unasked`,
    );
  if (command !== "get" && app === undefined && files.length === 0 && isGone(defaultConfiguration))
    problems.push(
      `There is no ${defaultConfiguration}; \`npm run discover\` writes one, or name the file of a configuration`,
    );
  if (command in programs) problems.push(...brokenStates(output));
  return problems;
}

/** In a project of its own, cdktf.json says what the app is. */
const isGone = (file: string): boolean =>
  !existsSync(file) && existsSync("cdktf.json") && readFileSync("cdktf.json", "utf8").includes(` ${file}"`);

async function runFor(app: string | undefined, command: Command, called: Called): Promise<number> {
  const { output, stacks } = called;
  const ofApp = app === undefined ? [] : ["--app", app];
  const further: string[] = [];
  if (command === "deploy") {
    const local = problemsOfNodes(statesIn(output));
    if (local.length > 0) return refused(local);
  }
  if (command === "deploy" || command === "diff") {
    // What machines there are, and in which backend a state is, shows in what is synthesized now.
    const status = called.skipsSynth ? 0 : await cdktf("synth", "--output", output, ...ofApp);
    if (status !== 0) return status;
    further.push(...(called.skipsSynth ? [] : ["--skip-synth"]));
    const lost = lostProviders(localStates(output, stacks));
    if (lost.length > 0) return refused(lost);
  }
  if (command === "deploy") {
    const problems = problemsOfNodes(fetchedStates(output, stacks, hasCheckedNodes));
    if (problems.length > 0) return refused(problems);
    if (missing(command, ["talosctl"]).length > 0) {
      const upgrades = (await upgradingStacks(output, stacks)).map((stack) => `the upgrade of ${stack}`);
      if (upgrades.length > 0) return refused(upgrades.flatMap((upgrade) => missing(upgrade, ["talosctl"])));
    }
  }
  try {
    const rolled = command === "deploy" ? await rollMachines(called) : "asked";
    if (rolled === "failed") return 1;
    if (rolled === "approved" && !called.isApproved) further.push("--auto-approve");
    const status = await cdktf(command, ...called.passedOn, ...further, ...ofApp);
    if (command === "deploy" && status === 0) console.log(nextSteps(output, stacks));
    return status;
  } finally {
    if (command === "diff") removePlans(join(output, "stacks"));
    if (changes(command)) refused(unsavedStates(output));
  }
}

function localStates(output: string, stacks: readonly string[]): StackState[] {
  const meant = stacksNamed(output, stacks);
  return statesIn(output).filter(({ stack }) => meant.includes(stack));
}

/** What Terraform would not see before it speaks to the nodes. */
const problemsOfNodes = (states: readonly StackState[]): string[] => [
  ...forgottenBootstraps(states),
  ...strangeNodes(states),
];

function refused(problems: readonly string[]): number {
  for (const problem of problems) console.error(printable(problem));
  return 1;
}

/** The plans were for reading. */
function removePlans(stacks: string): void {
  if (!existsSync(stacks)) return;
  const plans = readdirSync(stacks).map((stack) => join(stacks, stack, "plan"));
  for (const plan of plans.filter(existsSync)) {
    rmSync(plan);
    console.log(`${plan} is removed, because it contains secrets; \`npm run deploy\` plans again.`);
  }
}

function commandLine(): string | undefined {
  try {
    return require.resolve("cdktf-cli/bundle/bin/cdktf");
  } catch {
    return undefined;
  }
}

async function cdktf(...args: string[]): Promise<number> {
  const { status } = await run(
    [process.execPath, "--require", join(__dirname, "cdktf-outputs.cjs"), String(commandLine()), ...args],
    {
      stdio: "inherit",
      env: {
        ...withoutKubernetes(process.env),
        CHECKPOINT_DISABLE: "1",
        DISABLE_VERSION_CHECK: "1",
        CDKTF_EXPERIMENTAL_PROVIDER_SCHEMA_CACHE_PATH: "schemas",
        // Without a terminal, each frame of its spinner would be a line of the log.
        ...(!process.stdout.isTTY && { CI: "1" }),
      },
    },
  );
  return status;
}

const command = process.argv.splice(2, 1)[0] ?? "";
if (!isCommand(command)) throw new Error(`there is no command "${command}"`);
const called = endingOnMistakes(() => calledWith(command));
main(command, called).then((status) => {
  process.exitCode = status;
});
