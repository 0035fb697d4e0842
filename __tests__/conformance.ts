import { type Attribute, type Nesting, pinnedProviders, type Type } from "../synth/provider-schema";
import { templateParts, wholeExpression } from "../synth/string-template";
import {
  type Labelled,
  type LanguageAttribute,
  type LanguageBlock,
  terraformLanguage,
} from "../synth/terraform-language";
import { at, entries, isObject, type Json, join, shown } from "./json";
import { referenceProblems } from "./references";

type Problems = Generator<string, void>;

const providers = pinnedProviders();
const language = terraformLanguage(providers);

/**
 * What Terraform and the pinned providers would refuse in a stack, before either is asked: each problem with its path.
 * Values are compared with types as Terraform converts them: "8" is a number, "true" and "1" are booleans, numbers and
 * booleans are strings; an expression alone may be anything, and one within text any scalar.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
 */
export function conformance(stack: object): string[] {
  return [
    ...blockProblems(language, stack, ""),
    ...versionProblems(stack as Json),
    ...providerProblems(stack as Json),
    ...referenceProblems(providers, stack as Json),
  ];
}

function* blockProblems(block: LanguageBlock | Labelled, value: unknown, path: string): Problems {
  if (!isObject(value)) return yield `${path}: ${shown(value)} is not a block`;
  if (typeof block === "function") return yield* labelProblems(block, value, path);
  if (block.open) return;

  const { attributes = {}, block_types = {} } = block;
  for (const [name, inner] of entries(value)) {
    const attribute = attributes[name];
    const type = block_types[name];
    const at = join(path, name);
    if (attribute) yield* attributeProblems(attribute, inner, at);
    else if (!type) yield `${at}: there is no such argument`;
    else for (const [item, itemPath] of blocks(inner, at)) yield* blockProblems(type.block, item, itemPath);
  }
  yield* missing(attributes, value, path);
  for (const [name, { min_items = 0, max_items, nesting_mode }] of Object.entries(block_types)) {
    const count = blocks(value[name], name).length;
    const max = max_items ?? (nesting_mode === "single" ? 1 : Number.POSITIVE_INFINITY);
    if (count < min_items) yield `${join(path, name)}: ${count} blocks, at least ${min_items} needed`;
    if (count > max) yield `${join(path, name)}: ${count} blocks, at most ${max} allowed`;
  }
}

function* labelProblems(labelled: Labelled, value: Json, path: string): Problems {
  for (const [label, inner] of entries(value)) {
    const block = labelled(label);
    if (!block) yield `${join(path, label)}: the schemas know no ${label}`;
    else for (const [item, itemPath] of blocks(inner, join(path, label))) yield* blockProblems(block, item, itemPath);
  }
}

function* missing(attributes: Readonly<Record<string, Attribute>>, value: Json, path: string): Problems {
  for (const [name, { required }] of Object.entries(attributes)) {
    if (required && value[name] == null) yield `${join(path, name)}: missing, and required`;
  }
}

function* attributeProblems(attribute: LanguageAttribute, value: unknown, path: string): Problems {
  if (value == null) return;
  const { type = "dynamic", nested_type: nested, required, optional, computed, bare } = attribute;
  if (computed && !optional && !required) yield `${path}: only the provider sets it`;
  else if (nested) yield* nestedProblems(nested.nesting_mode, nested.attributes, value, path);
  else if (!bare) yield* typeProblems(type, value, path);
}

function* nestedProblems(
  nesting: Nesting,
  attributes: Readonly<Record<string, Attribute>>,
  value: unknown,
  path: string,
): Problems {
  if (isExpression(value)) return;
  if (nesting !== "single") {
    for (const [item, itemPath] of yield* elements(nesting, value, path))
      yield* nestedProblems("single", attributes, item, itemPath);
    return;
  }
  if (!isObject(value)) return yield `${path}: ${shown(value)} is not an object`;
  for (const [name, inner] of entries(value)) {
    const attribute = attributes[name];
    if (attribute) yield* attributeProblems(attribute, inner, join(path, name));
    else yield `${join(path, name)}: there is no such argument`;
  }
  yield* missing(attributes, value, path);
}

function* typeProblems(type: Type, value: unknown, path: string): Problems {
  if (value == null || type === "dynamic" || isExpression(value)) return;
  if (typeof type === "string") {
    if (!isScalar(type, value)) yield `${path}: ${shown(value)} is not a ${type}`;
    return;
  }
  if (type[0] !== "object") {
    for (const [item, itemPath] of yield* elements(type[0], value, path)) yield* typeProblems(type[1], item, itemPath);
    return;
  }
  if (!isObject(value)) return yield `${path}: ${shown(value)} is not an object`;
  const [, attributes, optional = []] = type;
  for (const [name, inner] of entries(value)) {
    const attribute = attributes[name];
    if (attribute) yield* typeProblems(attribute, inner, join(path, name));
    else yield `${join(path, name)}: there is no such argument`;
  }
  for (const name of Object.keys(attributes)) {
    if (value[name] === undefined && !optional.includes(name))
      yield `${join(path, name)}: missing; an object of this type needs every key, if only as null`;
  }
}

/** The elements of a collection, each with its path. */
function* elements(
  nesting: "list" | "set" | "map",
  value: unknown,
  path: string,
): Generator<string, [unknown, string][]> {
  if (nesting === "map" ? isObject(value) : Array.isArray(value))
    return nesting === "map"
      ? Object.entries(value as Json).map(([key, item]) => [item, join(path, key)])
      : (value as unknown[]).map((item, index) => [item, `${path}[${index}]`]);
  yield `${path}: ${shown(value)} is not a ${nesting}`;
  return [];
}

function isScalar(type: "string" | "number" | "bool", value: unknown): boolean {
  if (typeof value === "string") {
    if (type === "string" || templateParts(value).some(({ isSequence }) => isSequence)) return true;
    return type === "number" ? /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) : /^(true|false|1|0)$/.test(value);
  }
  if (type === "string") return typeof value === "number" || typeof value === "boolean";
  return typeof value === (type === "bool" ? "boolean" : "number");
}

/** A provider in use is declared, and as the version that the schemas describe. */
function* versionProblems(stack: Json): Problems {
  const declared = at(stack, ["terraform", "required_providers"]) ?? {};
  // Terraform has the provider of terraform_data in itself.
  const types = [...Object.keys(at(stack, ["resource"]) ?? {}), ...Object.keys(at(stack, ["data"]) ?? {})].filter(
    (type) => type !== "terraform_data",
  );
  const used = [...types.map((type) => type.split("_")[0] ?? ""), ...Object.keys(at(stack, ["provider"]) ?? {})];
  for (const name of new Set(used)) {
    if (!declared[name]) yield `terraform.required_providers.${name}: missing, and the provider is in use`;
  }
  for (const [name, { source, version }] of Object.entries(declared as Record<string, Json>)) {
    const path = `terraform.required_providers.${name}`;
    const provider = providers.get(name);
    const address = ["registry.terraform.io", "hashicorp"].slice(0, 3 - `${source}`.split("/").length);
    if (!provider) yield `${path}: the schemas know no ${name}`;
    else if (provider.address !== [...address, source].join("/"))
      yield `${path}.source: ${shown(source)}, and the schema is that of ${provider.address}`;
    else if (provider.version !== version)
      yield `${path}.version: ${shown(version)}, and the schema is that of ${provider.version}`;
  }
}

/** A provider that a resource or a data source names is configured. */
function* providerProblems(stack: Json): Problems {
  const configured = new Set(
    entries(at(stack, ["provider"]) ?? {}).flatMap(([name, configurations]) =>
      blocks(configurations, name).map(([configuration]) => providerName(name, (configuration as Json).alias)),
    ),
  );
  for (const section of ["resource", "data"]) {
    for (const [type, named] of entries(at(stack, [section]) ?? {})) {
      for (const [name, { provider }] of entries(named as Json) as [string, Json][]) {
        if (provider != null && !configured.has(`${provider}`))
          yield `${section}.${type}.${name}.provider: ${provider} is not in the stack`;
      }
    }
  }
  for (const [name, configurations] of entries(at(stack, ["provider"]) ?? {})) {
    const names = blocks(configurations, name).map(([configuration]) => (configuration as Json).alias);
    if (new Set(names).size < names.length) yield `provider.${name}: configured twice under one alias`;
  }
}

const providerName = (name: string, alias: unknown) => (alias === undefined ? name : `${name}.${alias}`);

/** The blocks written under one name: one, or a list of them. */
const blocks = (value: unknown, path: string): [unknown, string][] =>
  Array.isArray(value) ? value.map((item, index) => [item, `${path}[${index}]`]) : value == null ? [] : [[value, path]];

const isExpression = (value: unknown) => typeof value === "string" && wholeExpression(value) !== undefined;
