/**
 * Runs the cdktf command line without telemetry, version look-ups or prompts, with `schemas/` as the only
 * source of provider interfaces, so that every command but those of Terraform itself works offline.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { forgottenBootstraps } from "./bootstrap";
import { trustProxmox } from "./certificates";
import { run } from "./child";
import { withoutKubernetes } from "./environment";
import { missing, terraform } from "./prerequisites";
import { brokenStates, keepCopies, ownerAlone, unsavedStates } from "./state";
import { upgradingStacks } from "./upgrade";

/** What the commands of Terraform need; the others need nothing. */
const programs: Record<string, readonly string[]> = {
  diff: [terraform],
  deploy: [terraform, "kubectl"],
  destroy: [terraform],
};

async function main(command: string, options: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...options],
    options: {
      "auto-approve": { type: "boolean" },
      "skip-synth": { type: "boolean" },
      app: { type: "string", short: "a" },
      output: { type: "string", short: "o", default: "cdktf.out" },
    },
    strict: false,
  });
  const output = String(values.output);
  const problems = missing(command, programs[command] ?? []);
  const changes = ["deploy", "destroy"].includes(command);
  const asks = changes && !values["auto-approve"];
  if (asks && !(process.stdin.isTTY && process.stdout.isTTY))
    problems.push(
      `${command} asks before it changes anything, and there is no terminal to answer in: ` +
        `\`npm run ${command} -- --auto-approve\` changes it unasked`,
    );
  if (command in programs) problems.push(...brokenStates(output));
  if (problems.length > 0) return refused(problems);
  if (command in programs) ownerAlone();
  trustProxmox();
  if (changes) keepCopies(output);
  if (command === "deploy") {
    const forgotten = forgottenBootstraps(output);
    if (forgotten.length > 0) return refused(forgotten);
  }
  if (command === "deploy" && missing(command, ["talosctl"]).length > 0) {
    // Only an upgrade needs it, and whether there is one shows in what is synthesized now.
    const app = values.app === undefined ? [] : ["--app", String(values.app)];
    const status = values["skip-synth"] ? 0 : await cdktf("synth", "--output", output, ...app);
    if (status !== 0) return status;
    const upgrades = (await upgradingStacks(output, positionals)).map((stack) => `the upgrade of ${stack}`);
    if (upgrades.length > 0) return refused(upgrades.flatMap((upgrade) => missing(upgrade, ["talosctl"])));
  }
  try {
    return await cdktf(command, ...options);
  } finally {
    if (command === "diff") removePlans(join(output, "stacks"));
    if (changes) refused(unsavedStates(output));
  }
}

function refused(problems: readonly string[]): number {
  for (const problem of problems) console.error(problem);
  return 1;
}

/** The plans were for reading. */
function removePlans(stacks: string): void {
  if (!existsSync(stacks)) return;
  const plans = readdirSync(stacks).map((stack) => join(stacks, stack, "plan"));
  for (const plan of plans.filter(existsSync)) {
    rmSync(plan);
    console.log(`${plan} is removed, as it holds secrets; \`npm run deploy\` plans anew.`);
  }
}

async function cdktf(...args: string[]): Promise<number> {
  const { status } = await run([process.execPath, require.resolve("cdktf-cli/bundle/bin/cdktf"), ...args], {
    stdio: "inherit",
    env: {
      ...withoutKubernetes(process.env),
      CHECKPOINT_DISABLE: "1",
      DISABLE_VERSION_CHECK: "1",
      CDKTF_EXPERIMENTAL_PROVIDER_SCHEMA_CACHE_PATH: "schemas",
      // Without a terminal, each frame of its spinner would be a line of the log.
      ...(!process.stdout.isTTY && { CI: "1" }),
    },
  });
  return status;
}

const [command = "--help", ...options] = process.argv.slice(2);
main(command, options).then((status) => {
  process.exitCode = status;
});
