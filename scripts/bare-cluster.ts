import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as localFile from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import * as nullResource from "@cdktf/provider-null/lib/resource";
import {
  AssetType,
  LocalBackend,
  ref,
  TerraformAsset,
  type TerraformElement,
  TerraformOutput,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import { addCustomSynthesis } from "cdktf/lib/synthesize/synthesizer";
import { Construct } from "constructs";
import { HelmProvider } from "../.gen/providers/helm/provider";
import { ProxmoxProvider } from "../.gen/providers/proxmox/provider";
import { TalosProvider } from "../.gen/providers/talos/provider";
import { filesOf } from "../constructs/terraform/script";
import { TerraformData } from "../constructs/terraform/terraform-data";

type Json = Readonly<Record<string, unknown>>;
type Named = Readonly<Record<string, Json>>;

/** What `cdktf synth` writes. */
export interface StackJson {
  readonly terraform: { readonly backend: { readonly local: { readonly path: string } } };
  readonly variable: Named;
  readonly provider: Readonly<Record<string, readonly Json[]>>;
  readonly resource: Readonly<Record<string, Named>>;
  readonly data: Readonly<Record<string, Named>>;
  readonly check?: Named;
  readonly output: Named;
}

/** A class of the bindings. */
type Binding = new (scope: Construct, id: string, config: never) => TerraformElement;

/** One element of the stack, ready to be written down. */
interface Element {
  readonly binding: Binding;
  readonly name: string;
  readonly config: Json;
}

const isBinding = (each: unknown): each is Binding & { readonly tfResourceType: string } =>
  typeof each === "function" && "tfResourceType" in each;

const generated = join(__dirname, "../.gen/providers");
const ofPackages = new Map<string, object>([
  ["local_file", localFile],
  ["null_resource", nullResource],
  ["terraform_data", { TerraformData }],
]);

/** The generated class of a type; a program with bare bindings, too, loads those that it uses. */
function bindingOf(kind: "data" | "resource", type: string): Binding | undefined {
  const [provider = "", ...name] = type.split("_");
  const folder = kind === "data" ? ["data", provider, ...name].join("-") : name.join("-");
  const module: object = ofPackages.get(type) ?? require(join(generated, provider, folder));
  return Object.values(module).find((each) => isBinding(each) && each.tfResourceType === type);
}

const providers: Readonly<Record<string, Binding>> = {
  proxmox: ProxmoxProvider,
  talos: TalosProvider,
  helm: HelmProvider,
  local: LocalProvider,
  null: NullProvider,
};

/** Attributes whose names are those of methods of the bindings. */
const renamed: Readonly<Record<string, string>> = { node: "nodeAttribute", import_from: "importFromAttribute" };
const reference = /^[$][{][a-z][\w.]*[}]$/;
/** Attributes whose keys are values. */
const maps = ["triggers", "environment"];

const camelCase = (name: string): string =>
  renamed[name] ?? name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** A block as the bindings take it. */
function configOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(configOf);
  // As a program refers to what another element has.
  if (typeof value === "string") return reference.test(value) ? ref(value.slice(2, -1)) : value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, inside]): [string, unknown][] => {
    if (name === "provisioner") return [["provisioners", inside.map(provisionerOf)]];
    if (name === "provider") return [["provider", { fqn: inside }]];
    if (name === "depends_on") return [["dependsOn", inside.map((fqn: string) => ({ fqn }))]];
    return [[camelCase(name), maps.includes(name) ? inside : configOf(inside)]];
  });
  return Object.fromEntries(entries);
}

const provisionerOf = (block: Json): unknown => {
  const [[type, body] = []] = Object.entries(block);
  return { type, ...(configOf(body) as Json) };
};

function elementsOf(stack: StackJson): Element[] {
  const blocks = (["data", "resource"] as const).flatMap((kind) =>
    Object.entries(stack[kind]).flatMap(([type, named]) =>
      Object.entries(named).map(([name, body]) => ({ binding: bindingOf(kind, type), type, name, body })),
    ),
  );
  return [
    ...Object.entries(stack.provider).flatMap(([name, bodies]) =>
      bodies.map((body) => ({ binding: providers[name], type: name, name, body })),
    ),
    ...blocks,
  ].map(({ binding, type, name, body }) => {
    if (!binding) throw new Error(`there is no binding for ${type}`);
    return { binding, name, config: configOf(body) as Json };
  });
}

const rooms = join(__dirname, "../constructs");
const scripts = readdirSync(rooms, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sh"))
  .map((file) => join(rooms, file));

/** The writer of a stack without the constructs: the same JSON and the same files from the bare bindings, the baseline for their cost. */
export function bareCluster(stack: StackJson): (scope: Construct, id: string) => TerraformStack {
  const elements = elementsOf(stack);
  const text = JSON.stringify(stack);
  const used = new Set(scripts.filter((file) => text.includes(`/${basename(file)}`)).flatMap(filesOf));
  return (scope, id) => {
    const bare = new TerraformStack(scope, id);
    bare.addOverride("terraform.required_version", ">= 1.5");
    new LocalBackend(bare, stack.terraform.backend.local);
    for (const [name, config] of Object.entries(stack.variable)) new TerraformVariable(bare, name, config);
    elements.forEach(({ binding, name, config }, index) => {
      new binding(bare, `${index}`, config as never).overrideLogicalId(name);
    });
    for (const [name, check] of Object.entries(stack.check ?? {})) bare.addOverride(`check.${name}`, check);
    for (const [name, { value, ...config }] of Object.entries(stack.output)) {
      new TerraformOutput(bare, `output_${name}`, { ...config, value }).overrideLogicalId(name);
    }
    new TerraformAsset(bare, "chart", {
      path: join(rooms, "helm/charts/kubernetes-objects"),
      type: AssetType.DIRECTORY,
    });
    copyScripts(bare, used);
    return bare;
  };
}

function copyScripts(stack: TerraformStack, files: Iterable<string>): void {
  addCustomSynthesis(new Construct(stack, "scripts"), {
    onSynthesize: ({ manifest }) => {
      const folder = join(manifest.outdir, dirname(manifest.forStack(stack).synthesizedStackPath), "assets/scripts");
      mkdirSync(folder, { recursive: true });
      for (const file of files) copyFileSync(file, join(folder, basename(file)));
    },
  });
}
