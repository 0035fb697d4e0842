import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { ProxmoxConnection } from "../../../constructs";
import { caFolder, certificateFolders } from "../../../constructs/proxmox/ca-folder";
import { cliConfigurationIn, environmentIn } from "../../environment";
import { providers } from "../../providers";
import { type ServerOptions, SimulatedProxmox } from "../../proxmox/server";
import { Terraform } from "../../terraform";
import { root } from "./accounts";

/** A simulated host in whose VMs nothing runs, and a stack that is applied to it. */
export class HostStack {
  static async start(options: Omit<ServerOptions, "accounts"> = {}): Promise<HostStack> {
    const directory = mkdtempSync(join(tmpdir(), "lab-"));
    cliConfigurationIn(directory, await providers());
    const stack = new HostStack(directory, await SimulatedProxmox.start({ ...options, accounts: [root] }));
    open.push(stack);
    return stack;
  }

  readonly terraform: Terraform;
  private isInitialized = false;

  private constructor(
    private readonly directory: string,
    readonly proxmox: SimulatedProxmox,
  ) {
    const folder = join(directory, caFolder);
    mkdirSync(folder);
    writeFileSync(join(folder, "host.pem"), proxmox.authority.cert);
    const environment = {
      ...environmentIn(directory),
      SSL_CERT_DIR: certificateFolders(folder),
      TF_VAR_proxmox_password: root.secret,
    };
    this.terraform = new Terraform(join(directory, "cdktf.out/stacks/host"), environment);
  }

  /** Writes the stack, also over an earlier one, and makes it ready to plan. */
  async write(build: (stack: TerraformStack, connection: ProxmoxConnection) => void): Promise<void> {
    const app = new App({ outdir: join(this.directory, "cdktf.out"), stackTraces: false });
    const stack = new TerraformStack(app, "host");
    new LocalBackend(stack, { path: "terraform.tfstate" });
    const { endpoint } = this.proxmox;
    build(stack, new ProxmoxConnection(stack, "proxmox", { endpoint, credentials: "password" }));
    app.synth();
    if (!this.isInitialized) await this.terraform.init();
    this.isInitialized = true;
  }

  /** The reasons why there is no plan; none where there is one. */
  async refusals(): Promise<string[]> {
    const planned = await this.terraform.planned();
    return "plan" in planned ? [] : planned.refusals.map(({ text }) => text.trim());
  }

  /** Leaves nothing behind. */
  async stop(): Promise<void> {
    this.terraform.kill();
    await this.proxmox.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const open: HostStack[] = [];

afterEach(async () => {
  for (const stack of open.splice(0)) await stack.stop();
});
