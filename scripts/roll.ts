import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { printable } from "../constructs/rules/printable";
import { filesOf } from "../constructs/terraform/script";
import type { Json } from "../review/json";
import type { Called } from "./cdktf-options";
import { run } from "./child";
import { terraformEnvironment } from "./environment";
import { planOf } from "./plan";
import { missing, terraform } from "./prerequisites";
import { inQuotes, localStateOf, stacksNamed } from "./state";
import { hasSeveralMachines, type Rolling, rollingOf, type Turn } from "./turns";
import { askForVariables } from "./variables";

/**
 * What became of the machines: `approved` is the rest of the plan, too; the rest of several stacks, or a stack without turns, is
 * `asked` about as always; of what `failed` people have been told.
 */
export type Rolled = "approved" | "asked" | "failed";

const scripts = join(__dirname, "../constructs/talos/scripts");

/** Changes the machines of the clusters one after another, each of them well again before the next. The rest is left to do. */
export async function rollMachines({
  output,
  stacks,
  isApproved,
  terraformOptions,
  isRolling,
}: Called): Promise<Rolled> {
  const names = stacksNamed(output, stacks);
  // Of several stacks none of which is named, cdktf asks for a name.
  if (!isRolling || (stacks.length === 0 && names.length > 1)) return "asked";
  let rolled: Rolled = "asked";
  for (const name of names) {
    const directory = join(output, "stacks", name);
    const stack: Json = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8"));
    const state = localStateOf(directory);
    if (!hasSeveralMachines(stack) || (state !== undefined && !existsSync(state))) continue;
    console.log(`${name} is planned first: its machines change one after another.`);
    await askForVariables(stack, terraformOptions);
    const roll = new Roll(name, directory, terraformOptions);
    const rolling = await roll.plan(stack, isApproved);
    if (rolling === undefined || (rolling.turns.length > 0 && !(await roll.take(rolling)))) return "failed";
    if (rolling.turns.length > 0 && names.length === 1) rolled = "approved";
  }
  return rolled;
}

class Stopped extends Error {}

/** The machines of one stack. */
class Roll {
  private isInterrupted = false;

  constructor(
    private readonly stack: string,
    private readonly directory: string,
    private readonly options: readonly string[],
  ) {}

  /** What is to be done, which people have agreed to; undefined if nothing may be. */
  async plan(stack: Json, isApproved: boolean): Promise<Rolling | undefined> {
    try {
      let rolling: Rolling | undefined;
      await planOf(this.directory, ["-input=false"], (args) => this.terraform(args), {
        ofPlan: this.options,
        look: async (json, file) => {
          rolling = rollingOf(stack, JSON.parse(json));
          this.check(rolling);
          if (rolling.turns.length > 0) await this.agree(rolling, isApproved ? undefined : file);
        },
      });
      return rolling;
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      console.error(printable(error.message));
      return undefined;
    }
  }

  private check({ turns, replaced }: Rolling): void {
    if (turns.length === 0 && replaced.length < 2) return;
    if (replaced.length > 0)
      throw new Stopped(
        `${this.stack}: ${replaced.join(", ")} would be replaced in the same apply in which other machines change, and the cluster would lose several at once. ` +
          `Change the configuration of one of them, deploy, and continue with the next. Nothing was changed. To do it at once: ${this.byHand("terraform apply")}`,
      );
    const lacks = missing(`changing the machines of ${this.stack}`, ["talosctl"]);
    if (lacks.length > 0) throw new Stopped(lacks.join("\n"));
  }

  private async agree({ turns }: Rolling, file: string | undefined): Promise<void> {
    if (file !== undefined) await this.terraform(["show", file], "inherit");
    this.say(
      [
        `The machines of ${this.stack} change one after another, then all the rest:`,
        ...turns.map((turn) => `  ${described(turn)}`),
      ].join("\n"),
    );
    if (file === undefined) return;
    const { confirm } = await import("@inquirer/prompts");
    const isAgreed = await confirm({ message: "Apply all of this?", default: false }).catch(() => false);
    if (!isAgreed) throw new Stopped("Nothing was changed.");
  }

  /** Takes the turns, to the first that fails. */
  async take(rolling: Rolling): Promise<boolean> {
    const folder = mkdtempSync(join(tmpdir(), "turn-"));
    const interrupt = () => {
      this.isInterrupted = true;
    };
    process.on("SIGINT", interrupt);
    try {
      writeFileSync(join(folder, "talosconfig"), rolling.talosconfig, { mode: 0o600 });
      for (const name of ["take-turn.sh", "end-turn.sh"])
        for (const file of filesOf(join(scripts, name))) copyFileSync(file, join(folder, basename(file)));
      for (const [index, turn] of rolling.turns.entries()) {
        this.say(`\n${this.stack}: ${described(turn)}`);
        if (!this.isInterrupted && (await this.takeOne(turn, rolling, folder))) continue;
        console.error(printable(this.stopped(rolling.turns.slice(index))));
        return false;
      }
      return true;
    } finally {
      process.off("SIGINT", interrupt);
      rmSync(folder, { recursive: true });
    }
  }

  private async takeOne(turn: Turn, { endpoints, timeout }: Rolling, folder: string): Promise<boolean> {
    const script = async (name: string, environment: Record<string, string>): Promise<boolean> => {
      const { PATH, TMPDIR } = process.env;
      const env = {
        ...{ PATH, TMPDIR, NODE: turn.node, ENDPOINTS: endpoints.join(" "), TIMEOUT: String(timeout) },
        ...{ TALOSCONFIG: join(folder, "talosconfig"), DIRECTORY: folder, RESTARTS: turn.restarts ? "true" : "" },
        ...environment,
      };
      return (await run(["sh", join(folder, name)], { env, stdio: ["ignore", "inherit", "inherit"] })).status === 0;
    };
    let isChanged = false;
    if (await script("take-turn.sh", { CONFIGURED: turn.what === "configuration" ? "true" : "" })) {
      const targets = turn.targets.map((address) => `-target=${address}`);
      const args = ["apply", "-auto-approve", "-input=false", ...this.options, ...targets];
      isChanged = !this.isInterrupted && (await this.status(args, "inherit")).status === 0;
    }
    const isBack = await script("end-turn.sh", { CHANGED: isChanged && !this.isInterrupted ? "true" : "" });
    return isChanged && isBack && !this.isInterrupted;
  }

  private stopped(left: readonly Turn[]): string {
    const [at, ...others] = left;
    const later = [...new Set(others.map(({ machine }) => machine))].filter((name) => name !== at?.machine);
    return [
      `${this.stack} stopped at the ${at?.what} of ${at?.machine}${later.length > 0 ? `; ${later.join(", ")} ${later.length > 1 ? "have" : "has"} still to change` : ""}.`,
      "Fix the problem above, then run `npm run deploy` again: it continues where it stopped.",
      ...(at
        ? [
            `To change that machine alone: ${this.byHand(["terraform apply", ...at.targets.map((each) => `-target=${each}`)].join(" "))}`,
          ]
        : []),
    ].join("\n");
  }

  /** Names of machines are as Proxmox answers them. */
  private say(words: string): void {
    console.log(printable(words));
  }

  private byHand(command: string): string {
    return `(cd ${inQuotes(this.directory)} && ${command.replace(/^terraform/, terraform)})`;
  }

  private async terraform(args: readonly string[], stdout: "pipe" | "inherit" = "pipe"): Promise<string> {
    const { status, said } = await this.status(args, stdout);
    // Another version of a provider than last time.
    if (status !== 0 && args[0] === "init" && !args.includes("-upgrade")) return this.terraform([...args, "-upgrade"]);
    if (status !== 0)
      throw new Stopped(`${terraform} ${args[0]} failed in ${this.directory}, and nothing was changed.`);
    return said;
  }

  private status(args: readonly string[], stdout: "pipe" | "inherit") {
    const env = terraformEnvironment();
    return run([terraform, ...args], { cwd: this.directory, env, stdio: ["ignore", stdout, "inherit"] });
  }
}

const described = ({ machine, what, restarts }: Turn): string =>
  what === "VM"
    ? `${machine} is drained, and its VM restarts`
    : `${machine} ${restarts ? "is drained, and gets another configuration, for which it may restart" : "gets another configuration"}`;
