import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { App } from "cdktf";
import { build, built, type TalosMinor } from "./build";
import { Cdktf } from "./cdktf";
import { ChartRepositories } from "./chart-repositories";
import { ImageFactory } from "./image-factory";
import { freeLoopbackAddress } from "./loopback";
import type { Json } from "./program";
import type { Providers } from "./providers";
import { PropertyString } from "./proxmox/property-string";
import { type ServerOptions, SimulatedProxmox } from "./proxmox/server";
import { type NodeFault, TalosNode } from "./talos-node";
import { Terraform } from "./terraform";

export interface LabOptions extends ServerOptions {
  readonly providers: Providers;
  /**
   * Talos minor that runs in the VM.
   *
   * @default - the one the simulated node is built with
   */
  readonly talos?: TalosMinor;
  /**
   * What goes wrong with the node, from its first moment on.
   *
   * @default - nothing
   */
  readonly nodeFaults?: readonly NodeFault[];
}

/** Variables that Terraform and the providers would read from the environment of whoever runs the lab. */
const foreign = Object.keys(process.env).filter((name) => /^(TF_|PROXMOX_VE_|PM_VE_|KUBE|HELM_)/.test(name));

/**
 * A Proxmox host without hardware, on which a VM that is switched on becomes a Talos node, and a directory to apply
 * stacks from. Each lab has its own ports and files.
 */
export class Lab {
  private readonly commands: { readonly transcript: string; kill(): void }[] = [];
  private readonly nodes = new Map<number, Promise<TalosNode>>();

  static async start(options: LabOptions): Promise<Lab> {
    build("talos-node", ...(options.talos ? (["talos-validate"] as const) : []));
    const directory = mkdtempSync(join(tmpdir(), "lab-"));
    writeFileSync(join(directory, "terraform.rc"), options.providers.cliConfiguration);
    const factory = await ImageFactory.start();
    const charts = await ChartRepositories.start(directory);
    const proxmox = await SimulatedProxmox.start(options);
    return new Lab(options, directory, factory, charts, proxmox, await freeLoopbackAddress());
  }

  private constructor(
    options: LabOptions,
    readonly directory: string,
    readonly factory: ImageFactory,
    private readonly charts: ChartRepositories,
    readonly proxmox: SimulatedProxmox,
    /** Address for the VM's cloud-init drive: one of this machine's own, so that the node can answer there. */
    readonly address: string,
  ) {
    const { power } = proxmox.host;
    power.on("on", (vm) => {
      const [address = ""] =
        PropertyString.parse(vm.get("ipconfig0") ?? "", "ip")
          .get("ip")
          ?.split("/") ?? [];
      // Without an address nobody could reach the node; a power cycle keeps its disk, and with it all it knows.
      if (!isIP(address) || this.nodes.has(vm.id)) return;
      const node = boot(address, options);
      // Whoever asks for the node hears why it did not boot; nobody may.
      node.catch(() => {});
      this.nodes.set(vm.id, node);
    });
    power.on("destroyed", async (vm) => {
      const node = this.nodes.get(vm.id);
      this.nodes.delete(vm.id);
      await (await node?.catch(() => undefined))?.stop();
    });
  }

  /** The Talos node in a VM that was switched on. */
  async node(vmid: number): Promise<TalosNode> {
    const node = await this.nodes.get(vmid);
    if (!node) throw new Error(`VM ${vmid} was never switched on with an address`);
    return node;
  }

  /** The Talos nodes of all VMs that are there. */
  async allNodes(): Promise<TalosNode[]> {
    const nodes = await Promise.allSettled(this.nodes.values());
    return nodes.flatMap((node) => (node.status === "fulfilled" ? [node.value] : []));
  }

  /** Everything that Terraform and cdktf have written here. */
  get transcript(): string {
    return this.commands.map((command) => command.transcript).join("\n");
  }

  /** Fits a configuration to what the lab has. */
  fit(configuration: Json): void {
    this.charts.redirect(configuration);
  }

  /** A gateway in the network of the node's address. */
  get gateway(): string {
    return this.address.replace(/\d+$/, "1");
  }

  /** What a command needs to work inside the lab alone. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...Object.fromEntries(foreign.map((name) => [name, undefined])),
      TF_CLI_CONFIG_FILE: join(this.directory, "terraform.rc"),
      // OpenTofu is here when the machine has none of its own.
      PATH: `${process.env.PATH}${delimiter}${dirname(built.opentofu)}`,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      HOME: this.directory,
      TMPDIR: this.directory,
    };
  }

  /** Synthesizes the stack `name` of an app and makes it ready to plan. */
  async deploy(name: string, define: (app: App) => void, environment: NodeJS.ProcessEnv = {}): Promise<Terraform> {
    this.synthesize(define);
    const terraform = this.terraform(join(this.directory, "cdktf.out", "stacks", name), environment);
    await terraform.init();
    return terraform;
  }

  /** Writes the configurations of an app, also over earlier ones. */
  synthesize(define: (app: App) => void): void {
    const app = new App({ outdir: join(this.directory, "cdktf.out"), stackTraces: false });
    define(app);
    app.synth();
    const stacks = join(this.directory, "cdktf.out", "stacks");
    for (const stack of readdirSync(stacks)) {
      const file = join(stacks, stack, "cdk.tf.json");
      const configuration: Json = JSON.parse(readFileSync(file, "utf8"));
      this.fit(configuration);
      writeFileSync(file, JSON.stringify(configuration, null, 2));
    }
  }

  /** Terraform in a directory of its own. */
  terraform(directory: string, environment: NodeJS.ProcessEnv = {}): Terraform {
    const terraform = new Terraform(directory, { ...this.environment, ...environment });
    this.commands.push(terraform);
    return terraform;
  }

  /** CDK for Terraform's command line for a stack of its own. */
  cdktf(stack: string, environment: NodeJS.ProcessEnv = {}, echo = false): Cdktf {
    const cdktf = new Cdktf(this, stack, environment, echo);
    this.commands.push(cdktf);
    return cdktf;
  }

  /** Leaves nothing behind, whatever happened before. */
  async stop(): Promise<void> {
    for (const command of this.commands) command.kill();
    await this.proxmox.stop();
    await this.factory.stop();
    await this.charts.stop();
    for (const node of await this.allNodes()) await node.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function boot(address: string, { talos, nodeFaults = [] }: LabOptions): Promise<TalosNode> {
  const node = await TalosNode.start(address, talos);
  await node.setFaults(...nodeFaults);
  return node;
}
