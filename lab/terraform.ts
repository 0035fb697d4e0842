import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../review/plan";
import { Processes, type Run } from "./processes";

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

/** Why there is no plan. */
export interface Refusal {
  /** The resource that it is about, where it is about one. */
  readonly address?: string;
  readonly text: string;
}

const quiet = ["-no-color", "-input=false"];
const planFile = "lab.tfplan";

/** Terraform or OpenTofu in one working directory. */
export class Terraform {
  private readonly processes = new Processes();
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

  /** Whether anything would change. */
  async plan(...options: string[]): Promise<Run & { readonly changes: boolean }> {
    const run = await this.run("plan", "-detailed-exitcode", ...quiet, ...options);
    return { ...run, changes: run.code === 2 };
  }

  /** The resources that a plan would change, data sources read at apply left out. The plan is in `lab.tfplan`. */
  async changes(...options: string[]): Promise<ResourceChange[]> {
    await this.succeed("plan", `-out=${planFile}`, ...quiet, ...options);
    const plan = JSON.parse((await this.succeed("show", "-json", planFile)).output);
    return (plan.resource_changes as ResourceChange[]).filter(
      ({ change }) => !["no-op", "read"].includes(String(change.actions[0])),
    );
  }

  /** A plan, as `terraform show -json` tells it and `applyPlanned` applies it; or why there is none. */
  async planned(...options: string[]): Promise<{ readonly plan: Plan } | { readonly refusals: readonly Refusal[] }> {
    const { code, output } = await this.run("plan", "-json", `-out=${planFile}`, ...quiet, ...options);
    if (code === 0) return { plan: JSON.parse((await this.succeed("show", "-json", planFile)).output) };
    const messages = output.split("\n").filter((line) => line.startsWith("{"));
    const refusals = messages.flatMap((line): Refusal[] => {
      const { diagnostic } = JSON.parse(line);
      if (diagnostic?.severity !== "error") return [];
      const [, address] = /^resource[.]([^.]+[.][^.]+)/.exec(diagnostic.snippet?.context ?? "") ?? [];
      return [{ address: diagnostic.address ?? address, text: diagnostic.detail || diagnostic.summary }];
    });
    return { refusals };
  }

  applyPlanned(...options: string[]): Promise<Run> {
    return this.run("apply", ...quiet, ...options, planFile);
  }

  /**
   * Applies, and ends in another second than it began: by the second of its plan, a stack tells whether its state knew a VM
   * before, and no real host creates one in less.
   */
  async apply(...options: string[]): Promise<Run> {
    const begun = Date.now();
    const run = await this.run("apply", "-auto-approve", ...quiet, ...options);
    const rest = 2000 - (Date.now() - begun);
    if (rest > 0) await sleep(rest);
    return run;
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

  run(...args: string[]): Promise<Run> {
    const { directory, environment } = this;
    // What is asked for as JSON is for programs, secrets included.
    const listen = args.includes("-json") ? undefined : (text: string) => this.say(text);
    return this.processes.run(this.binary, args, { directory, environment, listen });
  }

  /** Resolves once this text has been written. */
  async until(text: string): Promise<void> {
    while (!this.said.includes(text)) await sleep(50);
  }

  /** Asks what is running to end, as Ctrl-C does. */
  interrupt(): void {
    this.processes.interrupt();
  }

  /** Ends at once what is running, as a power cut would. */
  kill(): void {
    this.processes.kill();
  }

  private say(text: string): void {
    this.said += text;
  }
}
