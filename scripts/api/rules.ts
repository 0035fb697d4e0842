import type { ObjectExpression } from "@swc/core";
import type { SourceFile } from "./source";

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

/**
 * The ids of the rules of a prop: those beside it that read it; of other files those that are named after it, and those that
 * read it if its name has several words, or else have a message that begins with it, or a check that is called with it.
 */
export const rulesOf = (owner: SourceFile, others: readonly SourceFile[], prop: string): string[] => {
  const reads = new RegExp(`\\b${prop}\\b`);
  const judges = /[A-Z]/.test(prop) ? reads : new RegExp(`["\`]${prop}(?![\\w"\`])|\\bcheck\\w+\\("${prop}"`);
  const stem = prop.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/(?<=[a-z]{3})(e?s)$/, "");
  const here = owner
    .beside()
    .flatMap(rulesIn)
    .filter(({ checks }) => reads.test(checks));
  const there = others.flatMap(rulesIn).filter(({ id, checks }) => judges.test(checks) || id.startsWith(`${stem}-`));
  return [...new Set([...here, ...there].map(({ id }) => id))];
};

/** The files that files import, and those that these import, except those with props of their own. */
export function importedBy(files: readonly SourceFile[], hasProps: (file: SourceFile) => boolean): SourceFile[] {
  const next = (all: readonly SourceFile[]) =>
    all
      .flatMap((file) => [...file.imports.values()].map(({ path }) => file.at(path)))
      .filter((each) => !hasProps(each));
  const first = next(files);
  return [...new Set([...first, ...next(first)])].filter((file) => !files.includes(file));
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
