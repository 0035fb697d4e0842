/**
 * Builds the programs the lab runs, once for each version of their sources, into `lab/.cache`: real ones as Go tools at
 * pinned versions, the lab's own from `lab/go`. Prints only what it has to build.
 *
 *     tsx lab/build.ts [providers] [talos-node] [talos-validate] [opentofu]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { talosMinors as supported, type TalosMinor } from "../constructs/talos/version";

const lab = __dirname;
const cache = join(lab, ".cache");
const schemas = join(lab, "../schemas");

/** Talos minors, each with a validator of its own. */
const talosMinors = supported.map(({ minor }) => minor);

/** Where the built programs lie. */
export const built = {
  /** A Terraform filesystem mirror with bpg/proxmox and the stand-ins, for Terraform and for OpenTofu. */
  mirror: join(cache, "mirror"),
  talosNode: join(cache, "bin/talos-node"),
  talosValidate: (minor: TalosMinor) => join(cache, `bin/talos-validate-${minor}`),
  opentofu: join(cache, "bin/tofu"),
};

/** A Go program: where its module lies, what to build, and which files decide whether it is up to date. */
interface Program {
  readonly module: string;
  readonly package: string;
  readonly output: string;
  readonly sources: readonly string[];
  readonly flags: readonly string[];
}

const stripped = ["-ldflags=-s -w"];

const tool = (module: string, goPackage: string, output: string, linked: string): Program => ({
  module: join(lab, "tools", module),
  package: goPackage,
  output: join(cache, "bin", output),
  sources: ["go.mod", "go.sum"],
  flags: [`-ldflags=-s -w -X ${linked}`],
});

const own = (command: string): Program => ({
  module: join(lab, "go"),
  package: `./cmd/${command}`,
  output: join(cache, "bin", command),
  sources: ["go.mod", "go.sum", `cmd/${command}`, "internal", "validate/check"],
  flags: stripped,
});

const proxmox = { source: "bpg/proxmox", version: "0.112.0" };
const provider = tool(
  "proxmox",
  "github.com/bpg/terraform-provider-proxmox",
  "terraform-provider-proxmox",
  `main.version=${proxmox.version}`,
);
const standIn = own("terraform-provider-standin");

const targets = {
  providers: () => {
    compile(provider);
    compile(standIn);
    publish(proxmox.source, proxmox.version, provider.output);
    for (const file of ["helm@3.1.2", "local@2.6.1", "null@3.2.4", "talos@0.11.0"]) {
      const [source, version] = pinned(`${file}.json`);
      publish(source, version, standIn.output, join(schemas, `${file}.json`));
    }
  },
  "talos-node": () => compile(own("talos-node")),
  "talos-validate": () => {
    for (const minor of talosMinors) {
      compile({
        module: join(lab, "go/validate"),
        package: ".",
        output: built.talosValidate(minor),
        sources: ["main.go", "check", `talos-${minor}.mod`, `talos-${minor}.sum`],
        flags: [...stripped, `-modfile=talos-${minor}.mod`],
      });
    }
  },
  opentofu: () =>
    compile(
      tool("opentofu", "github.com/opentofu/opentofu/cmd/tofu", "tofu", "github.com/opentofu/opentofu/version.dev=no"),
    ),
};

export type Target = keyof typeof targets;

/** Builds what is out of date; everything when nothing is named. */
export function build(...names: Target[]): void {
  for (const name of names.length > 0 ? names : (Object.keys(targets) as Target[])) targets[name]();
}

function compile(program: Program): void {
  const stamp = `${program.output}.key`;
  const key = keyOf(program);
  if (existsSync(program.output) && existsSync(stamp) && readFileSync(stamp, "utf8") === key) return;
  console.error(`building ${basename(program.output)}`);
  mkdirSync(dirname(program.output), { recursive: true });
  // Another process may run the old program: it is replaced, not written over.
  const fresh = `${program.output}.${process.pid}`;
  execFileSync("go", ["build", ...program.flags, "-o", fresh, program.package], {
    cwd: program.module,
    stdio: "inherit",
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  renameSync(fresh, program.output);
  writeFileSync(stamp, key);
}

function keyOf(program: Program): string {
  const hash = createHash("sha256").update(JSON.stringify([program.package, program.flags]));
  for (const source of program.sources) {
    for (const file of filesOf(join(program.module, source))) hash.update(file).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  if (/\.(go|mod|sum)$/.test(path)) return path.endsWith("_test.go") ? [] : [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".go") && !entry.name.endsWith("_test.go"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The source address and version a pinned interface belongs to. */
function pinned(file: string): [source: string, version: string] {
  const document: { provider_versions: Record<string, string> } = JSON.parse(readFileSync(join(schemas, file), "utf8"));
  const [entry] = Object.entries(document.provider_versions);
  if (!entry) throw new Error(`${file} names no provider version`);
  return [entry[0].replace("registry.terraform.io/", ""), entry[1]];
}

/** Puts a provider into the mirror, for both registries' addresses. A stand-in finds its interface beside it. */
function publish(source: string, version: string, program: string, schema?: string): void {
  const platform = `linux_${process.arch === "x64" ? "amd64" : process.arch}`;
  for (const registry of ["registry.terraform.io", "registry.opentofu.org"]) {
    const folder = join(built.mirror, registry, source, version, platform);
    mkdirSync(folder, { recursive: true });
    const executable = join(folder, `terraform-provider-${basename(source)}_v${version}`);
    if (statSync(executable, { throwIfNoEntry: false })?.ino !== statSync(program).ino) {
      rmSync(executable, { force: true });
      linkSync(program, executable);
    }
    if (schema) copyFileSync(schema, join(folder, "schema.json"));
  }
}

if (require.main === module) build(...(process.argv.slice(2) as Target[]));
