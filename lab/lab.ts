import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { caFolder, certificateFolders } from "../constructs/proxmox/ca-folder";
import { Backups } from "./backups";
import { build } from "./build";
import { Cdktf } from "./cdktf";
import { ChartRepositories } from "./chart-repositories";
import { cliConfigurationIn, environmentIn } from "./environment";
import { GatewayApiReleases } from "./gateway-api-releases";
import { type GuestOptions, Guests } from "./guests";
import { ImageFactory } from "./image-factory";
import type { Json } from "./json";
import { Kubectl } from "./kubectl";
import { Ipv6Loopback, LoopbackNetwork, type NodeNetwork } from "./loopback";
import type { Providers } from "./providers";
import { type ServerOptions, SimulatedProxmox } from "./proxmox/server";
import type { Site } from "./site";
import type { TalosNode } from "./talos-node";
import { Terraform } from "./terraform";

export interface LabOptions extends ServerOptions, GuestOptions {
  readonly providers: Providers;
  /**
   * The VM's address is of IPv6.
   *
   * @default false
   */
  readonly ipv6?: boolean;
}

/**
 * A Proxmox host without hardware, on which a VM that is switched on becomes a Talos node, and a directory to apply
 * stacks from. Each lab has its own ports and files.
 */
export class Lab {
  private readonly commands: { readonly transcript: string; kill(): void }[] = [];
  private readonly guests: Guests;
  /** Backups of its VMs. */
  readonly backups: Backups;
  private readonly furtherAddresses: string[] = [];

  static async start(options: LabOptions): Promise<Lab> {
    build("talos-node", "talosctl", "talos-validate", "kubernetes");
    const directory = mkdtempSync(join(tmpdir(), "lab-"));
    cliConfigurationIn(directory, options.providers);
    const factory = await ImageFactory.start();
    const charts = await ChartRepositories.start(directory);
    const gatewayApi = await GatewayApiReleases.start(directory);
    const proxmox = await SimulatedProxmox.start(options);
    const network = options.ipv6 ? new Ipv6Loopback() : new LoopbackNetwork();
    const address = await network.freeAddress();
    const lab = new Lab(options, directory, factory, charts, gatewayApi, proxmox, network, address);
    lab.trust(proxmox, "127.0.0.1");
    return lab;
  }

  private constructor(
    options: LabOptions,
    readonly directory: string,
    readonly factory: ImageFactory,
    readonly charts: ChartRepositories,
    readonly gatewayApi: GatewayApiReleases,
    readonly proxmox: SimulatedProxmox,
    private readonly network: NodeNetwork,
    /** Address for the VM's cloud-init drive: one of this machine's own, so that the node can answer there. */
    readonly address: string,
  ) {
    this.guests = new Guests(proxmox.host, directory, options);
    this.backups = new Backups(proxmox.host, this.guests, directory);
  }

  /** Keeps the CA of a Proxmox host where `npm run discover` writes it. */
  trust({ authority }: SimulatedProxmox, name: string): void {
    const folder = join(this.directory, caFolder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.pem`), authority.cert);
  }

  /** The Talos node in a VM that was switched on. */
  node(vmid: number): Promise<TalosNode> {
    return this.guests.node(vmid);
  }

  /** The Talos nodes of all VMs that are there. */
  allNodes(): Promise<TalosNode[]> {
    return this.guests.all();
  }

  /** kubectl for the cluster of the node in a VM, as its administrator. */
  async kubectl(vmid: number): Promise<Kubectl> {
    const kubeconfig = join(this.directory, `kubeconfig-${vmid}`);
    writeFileSync(kubeconfig, await (await this.node(vmid)).kubeconfig(), { mode: 0o600 });
    return new Kubectl(kubeconfig, this.directory, this.environment);
  }

  /** Everything that Terraform and cdktf have written here. */
  get transcript(): string {
    return this.commands.map((command) => command.transcript).join("\n");
  }

  /** What a stack meets here. */
  get site(): Site {
    return {
      directory: this.directory,
      proxmox: this.proxmox.endpoint,
      factory: this.factory.url,
      addresses: [this.address, ...this.furtherAddresses],
      gateway: this.gateway,
      fit: (configuration) => {
        this.charts.redirect(configuration);
        this.gatewayApi.redirect(configuration);
      },
      placed: (configuration) => this.network.placed(configuration),
    };
  }

  /** An address of the lab as a stack has it: it is the lab's own once the stack is synthesized. */
  written(address: string): string {
    return this.network.written(address);
  }

  /** A gateway in the network of the node's address. */
  get gateway(): string {
    return this.network.gateway;
  }

  /** Further addresses in that network, for more nodes or to share between them. */
  async moreAddresses(count: number): Promise<string[]> {
    const addresses: string[] = [];
    for (let each = 0; each < count; each += 1) addresses.push(await this.network.freeAddress());
    this.furtherAddresses.push(...addresses);
    return addresses;
  }

  /** What a command needs to work inside the lab alone. */
  get environment(): NodeJS.ProcessEnv {
    return { ...environmentIn(this.directory), SSL_CERT_FILE: this.gatewayApi.certificates };
  }

  /** Synthesizes the stack `name` of an app and makes it ready to plan. */
  async deploy(name: string, define: (app: App) => void, environment: NodeJS.ProcessEnv = {}): Promise<Terraform> {
    this.synthesize(define);
    const terraform = this.terraform(join(this.directory, "cdktf.out", "stacks", name), environment);
    await terraform.init();
    return terraform;
  }

  /**
   * Writes the configurations of an app, also over earlier ones.
   *
   * @param place gives the text of a configuration
   */
  synthesize(define: (app: App) => void, output = "cdktf.out", place = this.fitted): void {
    const app = new App({ outdir: join(this.directory, output), stackTraces: false });
    define(app);
    app.synth();
    const stacks = join(this.directory, output, "stacks");
    for (const stack of readdirSync(stacks)) {
      const file = join(stacks, stack, "cdk.tf.json");
      writeFileSync(file, place(JSON.parse(readFileSync(file, "utf8"))));
    }
  }

  private readonly fitted = (configuration: Json): string => {
    this.site.fit(configuration);
    return this.site.placed(JSON.stringify(configuration, null, 2));
  };

  /** Terraform in a directory of its own, with Proxmox's CA as people name it to Terraform. */
  terraform(directory: string, environment: NodeJS.ProcessEnv = {}): Terraform {
    const SSL_CERT_DIR = certificateFolders(join(this.directory, caFolder));
    const terraform = new Terraform(directory, { ...this.environment, SSL_CERT_DIR, ...environment });
    this.commands.push(terraform);
    return terraform;
  }

  /** CDK for Terraform's command line for a stack of its own. */
  cdktf(stack: string, environment: NodeJS.ProcessEnv = {}, echo = false): Cdktf {
    const cdktf = new Cdktf(this.directory, stack, { ...this.environment, ...environment }, echo);
    this.commands.push(cdktf);
    return cdktf;
  }

  /** Leaves nothing behind, whatever happened before. */
  async stop(): Promise<void> {
    for (const command of this.commands) command.kill();
    await this.proxmox.stop();
    await this.factory.stop();
    await this.charts.stop();
    await this.gatewayApi.stop();
    await this.guests.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
