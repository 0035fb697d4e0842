import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Json } from "./json";
import type { Site } from "./site";

const repository = resolve(__dirname, "..");

/** The one stack of a CDK for Terraform program as its user synthesizes it, unmodified. */
export class Program {
  /** Runs the program. */
  static synthesize(file: string): Program {
    const output = mkdtempSync(join(tmpdir(), "lab-synth-"));
    try {
      const environment = { ...process.env, CDKTF_OUTDIR: output };
      execFileSync(process.execPath, ["--require", "./scripts/typescript.cjs", file], {
        cwd: repository,
        env: environment,
      });
      const [name, ...others] = readdirSync(join(output, "stacks"));
      if (name === undefined || others.length > 0) throw new Error(`${file} has ${others.length + 1} stacks, not one`);
      return new Program(output, name);
    } catch (error) {
      rmSync(output, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    private readonly output: string,
    readonly stack: string,
  ) {}

  get configuration(): Json {
    return JSON.parse(readFileSync(join(this.output, "stacks", this.stack, "cdk.tf.json"), "utf8"));
  }

  get vm(): Json {
    return this.at("resource", "proxmox_virtual_environment_vm", "talos_node");
  }

  /** The Proxmox node that the program names. */
  get node(): string {
    return String(this.vm.node_name);
  }

  /**
   * Puts the stack where Terraform runs. What differs from what the user has: the addresses of
   * Proxmox, of the Image Factory, of the node and of its gateway are the lab's, and Proxmox's certificate is accepted.
   *
   * @param edit what the user changed in the program since
   */
  placeIn(site: Site, edit: (configuration: Json) => void = () => {}): string {
    const directory = join(site.directory, "cdktf.out");
    cpSync(this.output, directory, { recursive: true });
    const configuration = this.configuration;
    edit(configuration);
    site.fit(configuration);
    const ours = configuration as unknown as Record<"provider", { proxmox: Json[]; talos: Json[] }>;
    Object.assign(ours.provider.proxmox[0] ?? {}, { endpoint: site.proxmox, insecure: true });
    Object.assign(ours.provider.talos[0] ?? {}, { image_factory_url: site.factory });
    const [address, gateway] = [this.address, this.gateway];
    const text = JSON.stringify(configuration, null, 2)
      .replaceAll("https://factory.talos.dev", site.factory)
      .replaceAll(whole(gateway), site.gateway)
      .replaceAll(whole(address), site.address);
    const stack = join(directory, "stacks", this.stack);
    writeFileSync(join(stack, "cdk.tf.json"), text);
    return stack;
  }

  /** Removes what the program has written. */
  dispose(): void {
    rmSync(this.output, { recursive: true, force: true });
  }

  private get address(): string {
    return String(this.at("resource", "talos_machine_configuration_apply", "node").node);
  }

  private get gateway(): string {
    const found = /"gateway":"([^"]+)"/.exec(JSON.stringify(this.vm))?.[1];
    if (found === undefined) throw new Error(`the VM of ${this.stack} has no gateway`);
    return found;
  }

  private at(...path: string[]): Json {
    return path.reduce((value, key) => value[key] as Json, this.configuration);
  }
}

/** An address, but not the beginning of a longer one. */
const whole = (address: string): RegExp => new RegExp(`\\b${address.replaceAll(".", "\\.")}(?![.0-9])`, "g");
