import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** How a command ended. */
export interface Run {
  readonly code: number;
  /** What it wrote, both streams in order. */
  readonly output: string;
}

/** One resource of a plan and what is to happen to it. */
export interface ResourceChange {
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly change: {
    readonly actions: readonly string[];
    readonly before: unknown;
    readonly after: unknown;
  };
}

const quiet = ["-no-color", "-input=false"];

/** Terraform or OpenTofu in one working directory. */
export class Terraform {
  private readonly running = new Set<ChildProcess>();
  private said = "";

  constructor(
    readonly directory: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly binary = process.env.TERRAFORM_BINARY_NAME ?? "terraform",
  ) {}

  /** Everything that was ever written. */
  get transcript(): string {
    return this.said;
  }

  init(): Promise<Run> {
    return this.succeed("init", ...quiet);
  }

  validate(): Promise<Run> {
    return this.succeed("validate", "-no-color");
  }

  /** Whether anything would change. */
  async plan(...options: string[]): Promise<Run & { readonly changes: boolean }> {
    const run = await this.run("plan", "-detailed-exitcode", ...quiet, ...options);
    return { ...run, changes: run.code === 2 };
  }

  /** The resources that a plan would change, data sources read at apply left out. */
  async changes(...options: string[]): Promise<ResourceChange[]> {
    await this.succeed("plan", "-out=lab.tfplan", ...quiet, ...options);
    const plan = JSON.parse((await this.succeed("show", "-json", "lab.tfplan")).output);
    return (plan.resource_changes as ResourceChange[]).filter(
      ({ change }) => !["no-op", "read"].includes(String(change.actions[0])),
    );
  }

  apply(...options: string[]): Promise<Run> {
    return this.run("apply", "-auto-approve", ...quiet, ...options);
  }

  destroy(...options: string[]): Promise<Run> {
    return this.run("destroy", "-auto-approve", ...quiet, ...options);
  }

  async outputs(): Promise<Record<string, { readonly value: unknown; readonly sensitive: boolean }>> {
    return JSON.parse((await this.succeed("output", "-json")).output);
  }

  /** Addresses in the state. */
  async addresses(): Promise<string[]> {
    return (await this.succeed("state", "list")).output.split("\n").filter(Boolean);
  }

  /** The state as it lies on disk. */
  state(file: string): string {
    return readFileSync(join(this.directory, file), "utf8");
  }

  /** Runs, and takes a failure for an error of the lab. */
  async succeed(...args: string[]): Promise<Run> {
    const run = await this.run(...args);
    if (run.code !== 0) throw new Error(`${this.binary} ${args.join(" ")} ended with ${run.code}:\n${run.output}`);
    return run;
  }

  async run(...args: string[]): Promise<Run> {
    // A process group of its own, so that `kill` reaches the providers and provisioners too.
    const child = spawn(this.binary, args, {
      cwd: this.directory,
      env: { ...process.env, ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    try {
      const [code] = await once(child, "close");
      return { code: (code as number | null) ?? -1, output };
    } finally {
      this.running.delete(child);
      if (!args.includes("-json")) this.said += output;
    }
  }

  /** Ends at once what is running, as a power cut would. */
  kill(): void {
    for (const { pid } of this.running) {
      if (pid === undefined) continue;
      try {
        process.kill(-pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }
}
