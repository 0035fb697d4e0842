import "./cdktf-patches";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AnnotationMetadataEntryType, App, type AppConfig, Manifest, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { ensureBackend, misplacedBackends } from "./backend";
import { claimStacks } from "./configuration-claims";
import { toHcl } from "./hcl";
import { pending } from "./pending";
import { Refusal } from "./refusal";
import { ensureOutputFolder, StagingFolder } from "./staging-folder";

/**
 * An app that writes all of its stacks or none. cdktf stops at the first stack with a problem, and by then has written
 * those before it. Importing it changes cdktf for the whole process, see `cdktf-patches`.
 *
 * @example
 * const app = new StrictApp();
 * new TerraformStack(app, "talos-gpu");
 * app.synth();
 */
export class StrictApp extends App {
  /**
   * @param config as of cdktf's App; with `skipValidation` only error annotations are problems
   * @throws when the output folder cannot be made
   */
  constructor(config: AppConfig = {}) {
    demand(typeof config === "object" && config !== null, "the configuration of the app is not an object; write one");
    const { outdir } = config;
    const isPath = outdir === undefined || (typeof outdir === "string" && outdir !== "");
    demand(isPath, "outdir of the app is not a path; write that of a folder, or leave it out");
    ensureOutputFolder(outdir ?? process.env.CDKTF_OUTDIR ?? "cdktf.out");
    // The stack traces would name this machine's directories.
    super({ stackTraces: false, ...config });
    pending.add(this);
  }

  /** What is wrong so far, in all stacks, each with the path of its construct; aspects may add to it at synth. */
  problems(): string[] {
    const problems = this.node.findAll().flatMap((construct) => {
      const broken = this.skipValidation ? [] : construct.node.validate();
      return [...broken, ...errorsOf(construct)].map((problem) => `[${construct.node.path || "app"}] ${problem}`);
    });
    return [...problems, ...misplacedBackends(this)];
  }

  /**
   * Writes the stacks.
   *
   * @throws with all that is wrong; nothing is written then
   */
  override synth(): void {
    pending.delete(this);
    const staging = new StagingFolder(this.outdir);
    try {
      const manifest = new Manifest(this.manifest.version, staging.folder, this.hclOutput);
      staging.writing(() => this.synthesizeTo(manifest));
      const stacks = Object.values(manifest.stacks);
      claimStacks(
        this.outdir,
        stacks.map(({ name }) => name),
        staging.folder,
      );
      staging.publish(
        [Manifest.stacksFolder, ...stacks.map(({ workingDirectory }) => workingDirectory)],
        stacks.flatMap(({ workingDirectory }) => files.map((file) => join(workingDirectory, file))),
      );
      Object.assign(this.manifest.stacks, manifest.stacks);
    } finally {
      staging.remove();
    }
    for (const { path, message } of laterWarnings(this, today())) console.error(`Warning: [${path}] ${message}`);
    // The cdktf command line, which sets this, tells of warnings and files itself.
    if (process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS === undefined) this.report();
  }

  /** Aspects run as cdktf synthesizes a stack, so that only then all that is wrong is known. */
  private synthesizeTo(manifest: Manifest): void {
    const stacks = this.node.findAll().filter(TerraformStack.isStack);
    for (const stack of stacks) ensureBackend(stack);
    // A stack of another copy of the library runs no aspects of this one. What they would do, its validations do.
    for (const stack of stacks.filter((stack) => !(stack instanceof TerraformStack))) {
      for (const construct of (stack as TerraformStack).node.findAll()) construct.node.validate();
    }
    const session = { outdir: manifest.outdir, manifest, skipValidation: true };
    const failures = [
      ...stacks.flatMap((stack) => failureOf(() => stack.prepareStack())),
      ...stacks.flatMap((stack) => failureOf(() => stack.synthesizer.synthesize(session))),
    ];
    const problems = this.problems();
    if (problems.length > 0) throw new Refusal(this.refusal(problems));
    // What breaks a rule may be impossible to write, too; without such an explanation the failure is news.
    for (const { error } of failures) throw error;
    manifest.writeToFile();
    if (this.hclOutput) rewriteHcl(stacks, manifest);
  }

  private refusal(problems: readonly string[]): string {
    return [
      `${problems.length} problem${problems.length === 1 ? "" : "s"} found; nothing was written:`,
      ...problems.map((problem) => `  ${problem}`),
      ...(existsSync(join(this.outdir, Manifest.fileName))
        ? [`${this.outdir} still contains the previous output.`]
        : []),
    ].join("\n");
  }

  private report(): void {
    for (const stack of Object.values(this.manifest.stacks)) {
      for (const { constructPath, message } of stack.annotations)
        console.error(`Warning: [${constructPath}] ${message}`);
      console.log(join(this.outdir, stack.synthesizedStackPath));
    }
  }
}

/** What plain JavaScript lets through would end inside of a library. */
function demand(condition: boolean, message: string): void {
  if (!condition) throw new TypeError(`${message} [argument-type]`);
}

/** What a synth may write for a stack. An earlier one must not leave the stack in the other language, or an asset. */
const files = ["cdk.tf", "cdk.tf.json", Manifest.stackMetadataPath, "assets"];

const errorsOf = ({ node }: IConstruct): string[] =>
  node.metadata.filter(({ type }) => type === AnnotationMetadataEntryType.ERROR).map(({ data }) => String(data));

/** Today, such as `2026-11-30`. */
const today = (): string => new Date().toISOString().slice(0, 10);

/** Warnings of the constructs that begin after a day; they are no part of what is written. */
export const laterWarnings = (app: IConstruct, day: string): { readonly path: string; readonly message: string }[] =>
  app.node
    .findAll()
    .flatMap(({ node: { path, metadata } }) =>
      metadata
        .filter(({ type, data }) => type === "later-warning" && data.after < day)
        .map(({ data }) => ({ path, message: String(data.message) })),
    );

function failureOf(task: () => void): { readonly error: unknown }[] {
  try {
    task();
    return [];
  } catch (error) {
    return [{ error }];
  }
}

/** cdktf's own HCL cannot be used: it writes preconditions as attributes, and attributes as blocks. */
function rewriteHcl(stacks: readonly TerraformStack[], manifest: Manifest): void {
  for (const stack of stacks) {
    writeFileSync(join(manifest.outdir, manifest.forStack(stack).synthesizedStackPath), toHcl(stack.toTerraform()));
  }
}
