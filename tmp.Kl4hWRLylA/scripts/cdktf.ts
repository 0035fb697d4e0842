/**
 * Runs the cdktf command line without telemetry, version look-ups or prompts, with `schemas/` as the only
 * source of provider interfaces, so that every command but those of Terraform itself works offline.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { missing, terraform } from "./prerequisites";

/** What the commands of Terraform need; the others need nothing. */
const programs: Record<string, readonly string[]> = {
  diff: [terraform],
  deploy: [terraform, "kubectl"],
  destroy: [terraform],
};

async function main(command: string, options: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      "auto-approve": { type: "boolean" },
      output: { type: "string", short: "o", default: "cdktf.out" },
    },
    strict: false,
  });
  const problems = missing(command, programs[command] ?? []);
  const asks = ["deploy", "destroy"].includes(command) && !values["auto-approve"];
  if (asks && !(process.stdin.isTTY && process.stdout.isTTY))
    problems.push(
      `${command} asks before it changes anything, and there is no terminal to answer in: ` +
        `\`npm run ${command} -- --auto-approve\` changes it unasked`,
    );
  if (problems.length > 0) {
    for (const problem of problems) console.error(problem);
    return 1;
  }
  if (command in programs) ownerAlone();
  try {
    return await cdktf(command, ...options);
  } finally {
    if (command === "diff") removePlans(join(String(values.output), "stacks"));
  }
}

/** Secrets are in Terraform's state and in its plans, which it lets everyone read. */
function ownerAlone(): void {
  process.umask(0o077);
  for (const file of readdirSync(".").filter((name) => /^terraform\..*\.tfstate/.test(name))) chmodSync(file, 0o600);
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
  const child = spawn(process.execPath, [require.resolve("cdktf-cli/bundle/bin/cdktf"), ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: "1",
      DISABLE_VERSION_CHECK: "1",
      CDKTF_EXPERIMENTAL_PROVIDER_SCHEMA_CACHE_PATH: "schemas",
      // Without a terminal, each frame of its spinner would be a line of the log.
      ...(!process.stdout.isTTY && { CI: "1" }),
    },
  });
  // The terminal interrupts both. The child lets Terraform end in order; this process waits for it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill());
  const [status] = await once(child, "close");
  return status ?? 1;
}

const [command = "--help", ...options] = process.argv.slice(2);
main(command, options).then((status) => {
  process.exitCode = status;
});
