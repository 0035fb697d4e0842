import type { ObjectExpression } from "@swc/core";
import type { Declared, SourceFile } from "./source";

/** Where a rule is applied: its id, and the text of its checks. */
interface Applied {
  readonly id: string;
  readonly checks: string;
}

/** The rules that a file applies. One that is applied in several places is spread there, and has its id elsewhere. */
export function rulesIn(file: SourceFile): readonly Applied[] {
  const known = applied.get(file);
  if (known) return known;
  const found = objectsIn(file.module).flatMap((object) => {
    const checks = propertyOf(object, "checks");
    const id = checks && idOf(object, file);
    return id ? [{ id, checks: file.text(checks) }] : [];
  });
  applied.set(file, found);
  return found;
}

const applied = new WeakMap<SourceFile, readonly Applied[]>();

/** The ids of the rules whose checks name the prop. */
export const rulesNaming = (rules: readonly Applied[], prop: string): string[] => [
  ...new Set(rules.flatMap(({ id, checks }) => (new RegExp(`\\b${prop}\\b`).test(checks) ? [id] : []))),
];

/** The files beside an interface whose rules judge its props: its own, and those imported there that have no props. */
export function filesOfRules({ file }: Declared, hasProps: (file: SourceFile) => boolean): SourceFile[] {
  const imported = [...file.imports.values()].flatMap(({ name, path }) => (name === "*" ? [path] : []));
  return [file, ...[...new Set(imported)].map((path) => file.at(path)).filter((each) => !hasProps(each))];
}

type Node = { readonly span: { readonly start: number; readonly end: number; readonly ctxt: number } };

const objectsIn = (node: unknown): ObjectExpression[] => {
  if (Array.isArray(node)) return node.flatMap(objectsIn);
  if (typeof node !== "object" || node === null) return [];
  const own = "type" in node && node.type === "ObjectExpression" ? [node as ObjectExpression] : [];
  return [...own, ...Object.values(node).flatMap(objectsIn)];
};

const propertyOf = ({ properties }: ObjectExpression, name: string): Node | undefined => {
  for (const property of properties) {
    if (property.type !== "KeyValueProperty" || property.key.type !== "Identifier") continue;
    if (property.key.value === name) return property.value as unknown as Node;
  }
  return undefined;
};

function idOf(object: ObjectExpression, file: SourceFile): string | undefined {
  const own = propertyOf(object, "id");
  if (own) return JSON.parse(file.text(own));
  for (const property of object.properties) {
    if (property.type !== "SpreadElement" || property.arguments.type !== "Identifier") continue;
    const shared = file.resolve(property.arguments.value);
    const [declared] = shared ? objectsIn(shared.node).filter((each) => propertyOf(each, "id")) : [];
    if (shared && declared) return idOf(declared, shared.file);
  }
  return undefined;
}
