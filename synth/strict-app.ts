import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { App, type AppConfig, TerraformStack } from "cdktf";
import { toHcl } from "./hcl";
import { forgetTokenStacks } from "./token-stacks";

/**
 * An app that writes all of its stacks or none. cdktf stops at the first stack with a problem, and by then has written
 * those before it.
 */
export class StrictApp extends App {
  constructor(config: AppConfig = {}) {
    forgetTokenStacks();
    // The stack traces would name this machine's directories.
    super({ stackTraces: false, skipValidation: true, ...config });
  }

  /** What is wrong, in all stacks, each with the path of its construct. */
  problems(): string[] {
    return this.node
      .findAll()
      .flatMap(({ node }) => node.validate().map((problem) => `[${node.path || "app"}] ${problem}`));
  }

  /** Writes the stacks; or says what is wrong, writes nothing and lets the process fail. */
  override synth(): void {
    const problems = this.problems();
    if (problems.length > 0) {
      console.error(`Nothing was written, for ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:`);
      for (const problem of problems) console.error(`  ${problem}`);
      process.exitCode = 1;
      return;
    }
    super.synth();
    if (this.hclOutput) this.rewriteHcl();
    // The cdktf command line, which sets this, tells of warnings and files itself.
    if (process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS === undefined) this.report();
  }

  private report(): void {
    for (const stack of Object.values(this.manifest.stacks)) {
      for (const { constructPath, message } of stack.annotations)
        console.error(`Warning: [${constructPath}] ${message}`);
      console.log(join(this.outdir, stack.synthesizedStackPath));
    }
  }

  /** cdktf's own HCL cannot be used: it writes preconditions as attributes, and attributes as blocks. */
  private rewriteHcl(): void {
    for (const stack of this.node.findAll().filter(TerraformStack.isStack)) {
      writeFileSync(join(this.outdir, this.manifest.forStack(stack).synthesizedStackPath), toHcl(stack.toTerraform()));
    }
  }
}
