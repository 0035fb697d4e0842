import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { freeLoopbackAddress } from "./loopback";
import type { Providers } from "./providers";
import { type ServerOptions, SimulatedProxmox } from "./proxmox/server";
import { Terraform } from "./terraform";

export interface LabOptions extends ServerOptions {
  readonly providers: Providers;
}

/** Variables that Terraform and the providers would read from the environment of whoever runs the lab. */
const foreign = Object.keys(process.env).filter((name) => /^(TF_|PROXMOX_VE_|PM_VE_|KUBE|HELM_)/.test(name));

/** A Proxmox host without hardware, and a directory to apply stacks from; each lab has its own ports and files. */
export class Lab {
  private readonly terraforms: Terraform[] = [];

  static async start(options: LabOptions): Promise<Lab> {
    const directory = mkdtempSync(join(tmpdir(), "lab-"));
    writeFileSync(join(directory, "terraform.rc"), options.providers.cliConfiguration);
    const proxmox = await SimulatedProxmox.start(options);
    return new Lab(directory, proxmox, await freeLoopbackAddress());
  }

  private constructor(
    readonly directory: string,
    readonly proxmox: SimulatedProxmox,
    /** Address on which the VM answers once it runs: one of this machine's own. */
    readonly address: string,
  ) {}

  /** Directory of a stack's synthesized configuration. */
  private directoryOf(stack: string): string {
    return join(this.directory, "cdktf.out", "stacks", stack);
  }

  /** What a command needs to work inside the lab alone. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...Object.fromEntries(foreign.map((name) => [name, undefined])),
      TF_CLI_CONFIG_FILE: join(this.directory, "terraform.rc"),
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      HOME: this.directory,
      TMPDIR: this.directory,
    };
  }

  /** Synthesizes a stack and makes it ready to plan. */
  async deploy(
    name: string,
    build: (stack: TerraformStack) => void,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Terraform> {
    this.synthesize(name, build);
    const terraform = this.terraform(this.directoryOf(name), environment);
    await terraform.init();
    return terraform;
  }

  /** Writes a stack's configuration, also over an earlier one of that name. */
  synthesize(name: string, build: (stack: TerraformStack) => void): void {
    const app = new App({ outdir: join(this.directory, "cdktf.out"), stackTraces: false });
    const stack = new TerraformStack(app, name);
    build(stack);
    if (!stack.node.children.some((child) => child instanceof LocalBackend))
      new LocalBackend(stack, { path: "terraform.tfstate" });
    app.synth();
  }

  /** Terraform in a directory of its own. */
  terraform(directory: string, environment: NodeJS.ProcessEnv = {}): Terraform {
    const terraform = new Terraform(directory, { ...this.environment, ...environment });
    this.terraforms.push(terraform);
    return terraform;
  }

  /** Leaves nothing behind, whatever happened before. */
  async stop(): Promise<void> {
    for (const terraform of this.terraforms) terraform.kill();
    await this.proxmox.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
