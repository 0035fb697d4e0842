import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Json } from "./json";
import { atSite, nodeAddressesOf, resourcesOf, type Site } from "./site";

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

  /** The VMs in it. */
  get vms(): Json[] {
    return Object.values(this.resources("proxmox_virtual_environment_vm"));
  }

  /** The one VM in it, or the first. */
  get vm(): Json {
    return this.vms[0] ?? {};
  }

  /** The mappings that the VM names and the program does not make: somebody has, by hand. */
  get foreignMappings(): string[] {
    const names = ((this.vm.hostpci ?? []) as Json[]).map(({ mapping }) => mapping);
    return names.flatMap((name) => (typeof name === "string" && !name.startsWith("${") ? [name] : []));
  }

  /** The Proxmox node that the program names, or the first. */
  get node(): string {
    return String(this.vm.node_name);
  }

  /** The other Proxmox nodes that it names. */
  get furtherNodes(): string[] {
    return [...new Set(this.vms.map(({ node_name }) => String(node_name)))].filter((node) => node !== this.node);
  }

  /** The addresses of its Talos nodes, and of their Kubernetes where that has one of its own. */
  get nodeAddresses(): string[] {
    return nodeAddressesOf(this.configuration);
  }

  /** The names of its resources of a type. */
  namesOf(type: string): string[] {
    return Object.keys(this.resources(type));
  }

  /**
   * Puts the stack where Terraform runs. What differs from what the user has: the addresses of
   * Proxmox, of the Image Factory, of the nodes and of their gateway are the lab's.
   *
   * @param edit what the user changed in the program since
   */
  placeIn(site: Site, edit: (configuration: Json) => void = () => {}): string {
    const directory = join(site.directory, "cdktf.out");
    cpSync(this.output, directory, { recursive: true });
    const configuration = this.configuration;
    edit(configuration);
    const stack = join(directory, "stacks", this.stack);
    writeFileSync(join(stack, "cdk.tf.json"), atSite(site, configuration, this.configuration));
    return stack;
  }

  /** Removes what the program has written. */
  dispose(): void {
    rmSync(this.output, { recursive: true, force: true });
  }

  private resources(type: string): Readonly<Record<string, Json>> {
    return resourcesOf(this.configuration, type);
  }
}
