import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished, type Result } from "./machine";

export const directory = join(__dirname, "..");
const cache = join(directory, ".cache");
const pluginPath = process.env.PACKER_PLUGIN_PATH ?? join(cache, "plugins");

/** The Proxmox plugin that Packer finds. */
export const plugin = (() => {
  const folder = join(pluginPath, "github.com/hashicorp/proxmox");
  const file = readdirSync(folder).find((name) => /^packer-plugin-proxmox_.*(?<!SHA256SUM)$/.test(name));
  if (!file) throw new Error(`no Proxmox plugin in ${folder}: run packer/tools/build.sh`);
  const { version } = JSON.parse(execFileSync(join(folder, file), ["describe"], { encoding: "utf8" }));
  return { version: String(version), isStandIn: String(version).includes("stand-in") };
})();

/** The images that can be built, by the names of their variable files. */
export const images = readdirSync(directory)
  .filter((name) => name.endsWith(".pkrvars.hcl") && !name.endsWith(".auto.pkrvars.hcl"))
  .map((name) => name.replace(".pkrvars.hcl", ""));

/** A site's settings, as variables. */
export const site: Readonly<Record<string, string>> = {
  proxmox_url: "https://pve.example:8006/api2/json",
  proxmox_username: "packer@pve!images",
  proxmox_token: "01234567-89ab-cdef-0123-456789abcdef",
  build_address: "192.168.1.250/24",
  build_gateway: "192.168.1.1",
};

/** Runs Packer with nothing of this machine's own settings. */
export function packer(args: readonly string[], cwd = directory): Promise<Result> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PACKER_PLUGIN_PATH: pluginPath, CHECKPOINT_DISABLE: "1", PACKER_NO_COLOR: "1" };
  return finished(spawn(join(cache, "packer"), args, { cwd, env }));
}

export const variables = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `-var=${name}=${value}`);

/** A copy of the template, with settings of a test added to its source block. */
export class TemplateCopy {
  readonly directory = mkdtempSync(join(tmpdir(), "packer-template-"));

  constructor(settings: Readonly<Record<string, string | number>>) {
    for (const name of readdirSync(directory).filter((name) => /\.pkr(vars)?\.hcl$|^scripts$/.test(name))) {
      if (!name.endsWith(".auto.pkrvars.hcl"))
        cpSync(join(directory, name), join(this.directory, name), { recursive: true });
    }
    const file = join(this.directory, "cloud-image.pkr.hcl");
    const opening = 'source "proxmox-clone" "cloud-image" {\n';
    const added = Object.entries(settings).map(([key, value]) => `  ${key} = ${JSON.stringify(value)}\n`);
    const text = readFileSync(file, "utf8");
    if (!text.includes(opening)) throw new Error(`${file} has no block ${opening}`);
    writeFileSync(file, text.replace(opening, opening + added.join("")));
  }

  build(image: string, values: Readonly<Record<string, string>>): Promise<Result> {
    return packer(
      ["build", `-var-file=${image}.pkrvars.hcl`, ...variables({ ...site, ...values }), "."],
      this.directory,
    );
  }

  /** What the manifest post-processor wrote. */
  get manifest(): { builds: { artifact_id: string; custom_data: Record<string, string> }[] } {
    return JSON.parse(readFileSync(join(this.directory, "manifest.json"), "utf8"));
  }

  delete(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
