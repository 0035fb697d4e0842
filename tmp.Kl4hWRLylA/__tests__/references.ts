import type { Attribute, Block, Nesting, Provider, Type } from "../synth/provider-schema";
import { endOfString, templateParts } from "../synth/string-template";
import { at, entries, isObject, type Json, join } from "./json";

/** A reference of an expression, step by step: `a.b[0].c[*]` is `["a", "b", "0", "c", "*"]`. */
export type Reference = readonly string[];

/** Every reference names an element of the stack, and an attribute that its schema knows. */
export function* referenceProblems(providers: ReadonlyMap<string, Provider>, stack: Json): Generator<string, void> {
  for (const [text, path, isBare] of strings(stack, "")) {
    for (const reference of isBare ? expressionReferences(text) : templateReferences(text)) {
      const problem = brokenReference(providers, stack, reference);
      if (problem) yield `${path}: ${reference.join(".")} ${problem}`;
    }
  }
}

/** Every string of the stack with its path, and whether it is an expression as it stands. */
function* strings(value: unknown, path: string, isBare = false): Generator<[string, string, boolean]> {
  if (typeof value === "string") yield [value, path, isBare];
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* strings(item, `${path}[${index}]`, isBare);
  else if (isObject(value))
    for (const [key, item] of entries(value))
      yield* strings(item, join(path, key), /^(depends_on|replace_triggered_by)$/.test(key));
}

function brokenReference(
  providers: ReadonlyMap<string, Provider>,
  stack: Json,
  reference: Reference,
): string | undefined {
  const [root = "", first = "", second = ""] = reference;
  if (["each", "count", "self", "path", "terraform"].includes(root)) return;
  if (root === "var" || root === "local") {
    const section = root === "var" ? "variable" : "locals";
    return at(stack, [section])?.[first] === undefined ? "is not in the stack" : undefined;
  }
  const isData = root === "data";
  const [type, name, ...steps] = isData ? [first, second, ...reference.slice(3)] : [root, first, ...reference.slice(2)];
  const element = at(stack, [isData ? "data" : "resource", type, name]);
  if (!element) return "is not in the stack";
  const schemas = [...providers.values()].map((provider) =>
    isData ? provider.data_source_schemas?.[type] : provider.resource_schemas?.[type],
  );
  const block = schemas.find(Boolean)?.block;
  const isRepeated = element.count !== undefined || element.for_each !== undefined;
  return block && !leads(isRepeated ? ["list", objectOf(block)] : objectOf(block), steps)
    ? "has no such attribute"
    : undefined;
}

/** Whether the steps can be taken from a value of the type. */
function leads(type: Type, [step, ...others]: Reference): boolean {
  if (step === undefined || type === "dynamic") return true;
  if (typeof type === "string") return false;
  if (type[0] === "map") return leads(type[1], others);
  if (type[0] !== "object") return /^(\d+|\*)$/.test(step) && leads(type[1], others);
  const attribute = type[1][step];
  return attribute !== undefined && leads(attribute, others);
}

const objectOf = ({ attributes = {}, block_types = {} }: Block): Type => [
  "object",
  Object.fromEntries([
    ...Object.entries(attributes).map(([name, attribute]) => [name, typeOf(attribute)]),
    ...Object.entries(block_types).map(([name, { nesting_mode, block }]) => [
      name,
      nestedIn(nesting_mode, objectOf(block)),
    ]),
  ]),
];

const typeOf = ({ type = "dynamic", nested_type: nested }: Attribute): Type =>
  nested ? nestedIn(nested.nesting_mode, objectOf({ attributes: nested.attributes })) : type;

const nestedIn = (nesting: Nesting, type: Type): Type => (nesting === "single" ? type : [nesting, type]);

/** What the `${…}` and `%{…}` of a template refer to. */
const templateReferences = (template: string, bound: readonly string[] = []): Reference[] =>
  templateParts(template)
    .filter(({ isSequence }) => isSequence)
    .flatMap(({ text }) => expressionReferences(text.slice(2, -1), bound));

/**
 * What an expression refers to. Functions and the names that a `for` expression binds are not references, and a
 * reference ends at an index that is itself an expression.
 */
function expressionReferences(expression: string, outer: readonly string[] = []): Reference[] {
  const { code, strings } = withoutStrings(expression);
  const inner = [...code.matchAll(/\bfor\s+(\w+)(?:\s*,\s*(\w+))?\s+in\b/g)].flatMap(([, ...names]) => names);
  const bound = [...outer, ...inner.filter((name) => name !== undefined)];
  return [
    ...[...code.matchAll(/(?<![\w.-])[a-z_][\w-]*(?:\.[\w*-]+|\[(?:\d+|\*)\])+/gi)]
      .map(([reference]) => reference.split(/[.[\]]+/).filter(Boolean))
      .filter(([root]) => !bound.includes(root as string)),
    ...strings.flatMap((text) => templateReferences(text, bound)),
  ];
}

function withoutStrings(expression: string): { code: string; strings: string[] } {
  const strings: string[] = [];
  let code = "";
  for (let at = 0; at < expression.length; ) {
    const end = expression[at] === '"' ? endOfString(expression, at) : at + 1;
    if (expression[at] === '"') strings.push(expression.slice(at + 1, end - 1));
    code += expression[at] === '"' ? '""' : expression[at];
    at = end;
  }
  return { code, strings };
}
