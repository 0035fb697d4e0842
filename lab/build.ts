/**
 * Builds the programs the lab runs, once for each version of their sources, into `lab/.cache`: real ones as Go tools at
 * pinned versions, the lab's own from `lab/go`. Prints only what it has to build.
 *
 *     node --require ./scripts/typescript.cjs lab/build.ts [providers] [talos-node] [talosctl] [talos-validate] [talos-patch] [kubernetes] [opentofu]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
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
  /** Patches machine configurations as the provider does. */
  talosPatch: join(cache, "bin/talos-patch"),
  /** Prints what the decoder of a Talos minor version knows. */
  talosKeys: (minor: TalosMinor) => join(cache, `bin/talos-keys-${minor}`),
  opentofu: join(cache, "bin/tofu"),
  /** etcd, the programs of a Kubernetes control plane, and kwok. */
  kubernetes: join(cache, "bin"),
};

/** A Go program: where its module lies, what to build, and which files decide whether it is up to date. */
interface Program {
  readonly module: string;
  readonly package: string;
  readonly output: string;
  readonly sources: readonly string[];
  readonly flags: readonly string[];
}

/** The Kubernetes that the lab's nodes run; the version of the module in `lab/tools/kubernetes`. */
const kubernetesVersion = "1.35.4";

/** Of the lab's own programs, which without their directory in them are the same in every checkout. */
const stripped = ["-trimpath", "-ldflags=-s -w"];

/** @param linked variables that the program's own release sets, its version among them */
const tool = (module: string, goPackage: string, output: string, linked: Record<string, string>): Program => ({
  module: join(lab, "tools", module),
  package: goPackage,
  output: join(cache, "bin", output),
  sources: ["go.mod", "go.sum"],
  flags: [["-ldflags=-s -w", ...Object.entries(linked).map(([name, value]) => `-X ${name}=${value}`)].join(" ")],
});

const own = (command: string): Program => ({
  module: join(lab, "go"),
  package: `./cmd/${command}`,
  output: join(cache, "bin", command),
  sources: ["go.mod", "go.sum", `cmd/${command}`, "internal", "validate/check"],
  flags: stripped,
});

const proxmox = { source: "bpg/proxmox", version: "0.112.0" };
const provider = tool("proxmox", "github.com/bpg/terraform-provider-proxmox", "terraform-provider-proxmox", {
  "main.version": proxmox.version,
});
/** The stand-ins, by the pinned interfaces that they serve. */
const standIns = ["helm@3.1.2", "local@2.6.1", "null@3.2.4", "talos@0.11.0"].map((name) => ({
  schema: join(schemas, `${name}.json`),
  program: own(`terraform-provider-${name.split("@")[0]}`),
}));

/** What a Talos node runs as its control plane, and kwok, which stands for the kubelet. */
const kubernetes = [
  tool("etcd", "go.etcd.io/etcd/server/v3", "etcd", {}),
  tool("etcd", "go.etcd.io/etcd/etcdutl/v3", "etcdutl", {}),
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((program) =>
    tool("kubernetes", `k8s.io/kubernetes/cmd/${program}`, program, {
      "k8s.io/component-base/version.gitVersion": `v${kubernetesVersion}`,
      "k8s.io/component-base/version.gitMajor": kubernetesVersion.split(".")[0] ?? "",
      "k8s.io/component-base/version.gitMinor": kubernetesVersion.split(".")[1] ?? "",
    }),
  ),
  tool("kwok", "sigs.k8s.io/kwok/cmd/kwok", "kwok", {}),
];

/** What belongs together: programs, and what is done with them once they are built. */
interface Target {
  readonly programs: readonly Program[];
  readonly publish?: () => void;
}

const targets = {
  providers: {
    programs: [provider, ...standIns.map(({ program }) => program)],
    publish: () => {
      publish(proxmox.source, proxmox.version, provider.output);
      for (const { schema, program } of standIns) {
        const [source, version] = pinned(schema);
        publish(source, version, program.output, schema);
      }
    },
  },
  "talos-node": { programs: [own("talos-node")] },
  talosctl: { programs: [own("talosctl")] },
  "talos-validate": {
    programs: talosMinors.map((minor) => ({
      module: join(lab, "go/validate"),
      package: ".",
      output: built.talosValidate(minor),
      sources: ["main.go", "check", `talos-${minor}.mod`, `talos-${minor}.sum`],
      flags: [...stripped, `-modfile=talos-${minor}.mod`],
    })),
  },
  "talos-patch": {
    programs: [
      own("talos-patch"),
      ...talosMinors.map((minor) => ({
        module: join(lab, "go/validate"),
        package: "./keys",
        output: built.talosKeys(minor),
        sources: ["keys", `talos-${minor}.mod`, `talos-${minor}.sum`],
        flags: [...stripped, `-modfile=talos-${minor}.mod`],
      })),
    ],
  },
  kubernetes: { programs: kubernetes },
  opentofu: {
    programs: [
      tool("opentofu", "github.com/opentofu/opentofu/cmd/tofu", "tofu", {
        "github.com/opentofu/opentofu/version.dev": "no",
      }),
    ],
  },
} satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

/** Builds what is out of date; everything when nothing is named. */
export function build(...names: TargetName[]): void {
  const wanted: Target[] = (names.length > 0 ? names : (Object.keys(targets) as TargetName[])).map(
    (name) => targets[name],
  );
  const outdated = wanted.flatMap(({ programs }) => programs).filter((program) => !isBuilt(program));
  outdated.forEach((program, done) => {
    const place = `${done + 1} of ${outdated.length}`;
    const patience = existsSync(program.output) ? "" : ", the first time, which may take minutes";
    console.error(`building ${basename(program.output)} (${place})${patience}`);
    const start = Date.now();
    compile(program);
    console.error(`built ${basename(program.output)} in ${Math.round((Date.now() - start) / 1000)} s`);
  });
  for (const { publish } of wanted) publish?.();
}

const stampOf = (program: Program): string => `${program.output}.key`;

function isBuilt(program: Program): boolean {
  const stamp = stampOf(program);
  if (!existsSync(program.output) || !existsSync(stamp)) return false;
  // A copy of a cache over another one leaves out a program that runs, and brings the stamp of a newer one.
  const isOlder = statSync(stamp).mtimeMs - statSync(program.output).mtimeMs > 60_000;
  return !isOlder && readFileSync(stamp, "utf8") === keyOf(program);
}

function compile(program: Program): void {
  mkdirSync(dirname(program.output), { recursive: true });
  // Another process may run the old program: it is replaced, not written over.
  const fresh = `${program.output}.${process.pid}`;
  // Unlike `go build`, `go run` keeps what it has linked, for other checkouts too: https://go.dev/doc/go1.24#go-command
  execFileSync("go", ["run", ...program.flags, "-exec", "cp", program.package, fresh], {
    cwd: program.module,
    stdio: "inherit",
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  renameSync(fresh, program.output);
  writeFileSync(stampOf(program), keyOf(program));
}

function keyOf(program: Program): string {
  const hash = createHash("sha256").update(JSON.stringify([program.package, program.flags]));
  for (const source of program.sources) {
    for (const file of filesOf(join(program.module, source)))
      hash.update(relative(program.module, file)).update(readFileSync(file));
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
function pinned(schema: string): [source: string, version: string] {
  const document: { provider_versions: Record<string, string> } = JSON.parse(readFileSync(schema, "utf8"));
  const [entry] = Object.entries(document.provider_versions);
  if (!entry) throw new Error(`${schema} names no provider version`);
  return [entry[0].replace("registry.terraform.io/", ""), entry[1]];
}

/**
 * Puts a provider into the mirror, for both registries' addresses: a script that starts it. Terraform reads and hashes all
 * providers at every command.
 */
function publish(source: string, version: string, ...command: string[]): void {
  const platform = `linux_${process.arch === "x64" ? "amd64" : process.arch}`;
  const script = `#!/bin/sh\nexec ${command.map(quoted).join(" ")}\n`;
  for (const registry of ["registry.terraform.io", "registry.opentofu.org"]) {
    const folder = join(built.mirror, registry, source, version, platform);
    mkdirSync(folder, { recursive: true });
    const executable = join(folder, `terraform-provider-${basename(source)}_v${version}`);
    if (existsSync(executable) && readFileSync(executable, "utf8") === script) continue;
    rmSync(executable, { force: true });
    writeFileSync(executable, script, { mode: 0o755 });
  }
}

const quoted = (argument: string): string => `'${argument.replaceAll("'", `'\\''`)}'`;

if (require.main === module) build(...(process.argv.slice(2) as TargetName[]));
