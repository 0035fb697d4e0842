import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A provider at the one version that the project is built for. */
export interface Pin {
  /** @example "proxmox" */
  readonly name: string;
  /** @example "registry.terraform.io/bpg/proxmox" */
  readonly address: string;
  readonly version: string;
}

const root = join(__dirname, "..");
const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));

/** The pinned providers: those of cdktf.json, and those whose bindings are npm packages, as these were built for. */
export function pins(): Pin[] {
  const generated = read("cdktf.json").terraformProviders.map((constraint: string) => constraint.split("@"));
  const packages = Object.keys(read("package.json").dependencies).filter((name) => name.startsWith("@cdktf/provider-"));
  return [
    ...generated.map(([source, version]: [string, string]) => pin(`registry.terraform.io/${source}`, version)),
    ...packages.map((name) => {
      const { provider } = read(`node_modules/${name}/package.json`).cdktf;
      return pin(provider.name, provider.version);
    }),
  ];
}

const pin = (address: string, version: string): Pin => ({
  name: address.slice(address.lastIndexOf("/") + 1),
  address,
  version,
});
