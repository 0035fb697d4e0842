import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { type LocalExecProvisioner, TerraformStack } from "cdktf";
import { addCustomSynthesis, type ICustomSynthesis } from "cdktf/lib/synthesize/synthesizer";
import { Construct } from "constructs";
import { stackSingleton } from "./stack-singleton";

/**
 * A POSIX shell script that runs where Terraform runs, because no resource does its work. It sources `lib.sh`, calls
 * kubectl and talosctl by its functions, and says in a sentence what it does.
 */
export interface Script {
  /** Path of its file, whose name is unique among all scripts. */
  readonly file: string;

  /** Its variables: no shell reads their values as code. Of the environment of Terraform it sees `PATH` and `TMPDIR` alone. */
  readonly environment: Readonly<Record<string, string>>;

  /**
   * Names of further variables that it sees as Terraform has them, such as the proxy for what it downloads.
   *
   * @default - none
   */
  readonly inherits?: readonly string[];

  /**
   * `destroy` to run when the resource is destroyed or before it is replaced.
   *
   * @default - when the resource is created
   */
  readonly when?: "destroy";
}

/** Where a stack has its scripts, relative to its folder. */
export const scriptFolder = "assets/scripts";

/** Makes the script a file of the stack. @returns its path there, for a person who starts it in the stack's folder */
export function addScript(scope: Construct, file: string): string {
  stackSingleton(scope, "scripts", (scope, id) => new ScriptFiles(scope, id)).add(file);
  return pathOf(file);
}

const pathOf = (file: string): string => posix.join(scriptFolder, basename(file));

/** The provisioner that runs the script, which becomes a file of the stack. */
export function localExec(scope: Construct, script: Script): LocalExecProvisioner {
  addScript(scope, script.file);
  const { environment, when } = script;
  return { type: "local-exec", environment: { ...environment }, command: commandOf(script), ...(when && { when }) };
}

/** The command of the provisioner. A kubeconfig, a token or a proxy of whoever deploys is not the cluster's. */
export function commandOf({ file, environment, inherits = [] }: Omit<Script, "when">): string {
  const names = ["PATH", "TMPDIR", ...inherits, ...Object.keys(environment).sort()];
  const variables = names.map((name) => `${name}="$${name}"`).join(" ");
  // Without `exec` the shell of the provisioner would stand between Terraform and the script, which knows its run by its parent.
  return `exec env -i ${variables} sh ${pathOf(file)}`;
}

/** Scripts as they are, read once in a process: many stacks have the same. */
const contents = new Map<string, string>();

function contentOf(file: string): string {
  const content = contents.get(file) ?? readFileSync(file, "utf8");
  contents.set(file, content);
  return content;
}

/** Those that `filesOf` has found. */
const found = new Map<string, readonly string[]>();

/** The script's file, and those of the libraries that it sources: beside it, or those of all scripts. */
export function filesOf(file: string): readonly string[] {
  const files = found.get(file) ?? [...new Set([file, ...librariesOf(file)])];
  found.set(file, files);
  return files;
}

function librariesOf(file: string): string[] {
  const sourced = contentOf(file).matchAll(/^\. "\$\(dirname "\$0"\)\/([\w-]+\.sh)"$/gm);
  return [...sourced].flatMap(([, name = ""]) => {
    const beside = join(dirname(file), name);
    return filesOf(existsSync(beside) ? beside : join(__dirname, "scripts", name));
  });
}

/** The scripts of a stack, each once, under names that stay when their content changes. */
class ScriptFiles extends Construct {
  private readonly files = new Set<string>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stack = TerraformStack.of(this);
    const write: ICustomSynthesis["onSynthesize"] = ({ manifest }) => {
      const target = join(manifest.outdir, dirname(manifest.forStack(stack).synthesizedStackPath), scriptFolder);
      mkdirSync(target, { recursive: true });
      for (const file of this.files) writeFileSync(join(target, basename(file)), contentOf(file));
    };
    addCustomSynthesis(this, { onSynthesize: write });
  }

  add(file: string): void {
    if (this.files.has(file)) return;
    for (const each of filesOf(file)) this.files.add(each);
  }
}
