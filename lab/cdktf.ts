import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Processes, type Run } from "./processes";

const scripts = resolve(__dirname, "../scripts");
const script = ["--require", join(scripts, "typescript.cjs"), join(scripts, "cdktf.ts")];

/** `npm run deploy`, `diff` and `destroy`, on a stack that is synthesized already. */
export class Cdktf {
  private readonly processes = new Processes();
  private said = "";

  /** @param directory where `Program.placeIn` has put the stack */
  constructor(
    private readonly directory: string,
    private readonly stack: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly echo = false,
  ) {
    writeFileSync(
      join(directory, "cdktf.json"),
      JSON.stringify({ language: "typescript", app: "true", projectId: "lab", sendCrashReports: "false" }),
    );
  }

  /** The stack is there already; `terraform providers lock` would ask the registry, whatever the mirror has. */
  run(command: "deploy" | "diff" | "destroy"): Promise<Run> {
    const args = [command, this.stack, "--skip-synth", "--skip-provider-lock", "--no-color"];
    if (command !== "diff") args.push("--auto-approve");
    return this.processes.run(process.execPath, [...script, ...args], {
      directory: this.directory,
      environment: { CI: "1", ...this.environment },
      listen: (text) => {
        this.said += text;
        if (this.echo) process.stdout.write(text);
      },
    });
  }

  /** Everything that was ever written. */
  get transcript(): string {
    return this.said;
  }

  /** Resolves once this text has been written. */
  async until(text: string): Promise<void> {
    while (!this.said.includes(text)) await sleep(50);
  }

  /** Asks what is running to end, as Ctrl-C does. */
  interrupt(): void {
    this.processes.interrupt();
  }

  kill(): void {
    this.processes.kill();
  }
}
