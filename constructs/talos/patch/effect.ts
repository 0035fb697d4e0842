import { Fn, FOR_EXPRESSION_KEY, FOR_EXPRESSION_VALUE, forExpression, Token } from "cdktf";
import { and, type Condition, equal, isUnknown, not, or } from "../../rules/condition";
import { asFunctionArgument } from "../../rules/expression";
import { directive, documentsOf, isDeletion } from "./document";
import type { TalosPatch } from "./patch";

type Path = readonly string[];

/** Whether the patch has the path, with whatever value. */
export const hasPath = (patch: TalosPatch, path: Path): Condition =>
  isUnknown(patch)
    ? anyDocument(patch as string, (document) => hasAtPlan(document, path))
    : or(...documentsOf(patch).map((document) => has(document, path)));

export function has(document: unknown, path: Path): Condition {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  if (isUnknown(document)) return hasAtPlan(document, path);
  return isObject(document) && first in document ? has(document[first], rest) : false;
}

const hasAtPlan = (document: unknown, path: Path): Condition =>
  Token.asAny(Fn.can(Fn.lookupNested(document, [...path])));

/** The keys that the patch sets in the object at the path, as far as they are known now. */
export const keysAt = (patch: TalosPatch, path: Path): string[] =>
  documentsOf(patch).flatMap((document) => {
    const object = path.reduce((inside: unknown, key) => (isObject(inside) ? inside[key] : undefined), document);
    return isObject(object) ? Object.keys(object).filter((key) => isSet(object[key])) : [];
  });

/** Whether the patch sets a key for which something holds in the object at the path. */
export const setsKey = (patch: TalosPatch, path: Path, condition: (key: string) => Condition): Condition =>
  isUnknown(patch)
    ? anyDocument(patch as string, (document) => setsKeyAtPlan(document, path, condition))
    : or(...documentsOf(patch).map((document) => setsKeyIn(document, path, condition)));

function setsKeyIn(inside: unknown, path: Path, condition: (key: string) => Condition): Condition {
  if (isUnknown(inside)) return setsKeyAtPlan(inside, path, condition);
  if (!isObject(inside)) return false;
  const [first, ...rest] = path;
  if (first !== undefined) return setsKeyIn(inside[first], rest, condition);
  return or(...Object.keys(inside).map((key) => isSet(inside[key]) && condition(key)));
}

function setsKeyAtPlan(document: unknown, path: Path, condition: (key: string) => Condition): Condition {
  const object = path.length === 0 ? document : Fn.lookupNested(document, [...path]);
  // Null has neither keys nor values.
  const entries = Fn.try([Fn.zipmap(Token.asList(Fn.keys(object)), Fn.values(object)), {}]);
  const isDeleted = hasValueAtPlan(FOR_EXPRESSION_VALUE, [directive], "delete");
  const each = forExpression(entries, and(not(isDeleted), condition(Token.asString(FOR_EXPRESSION_KEY))));
  return Token.asAny(Fn.anytrue(Token.asList(each)));
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined && !isDeletion(value);

/** Whether something holds for any of the documents of a patch that only Terraform knows. */
function anyDocument(patch: string, condition: (document: unknown) => Condition): Condition {
  const documents = Fn.split("\n---", Fn.join("", ["\n", asFunctionArgument(patch)]));
  const each = forExpression(documents, condition(Fn.yamldecode(Token.asString(FOR_EXPRESSION_VALUE))));
  return Token.asAny(Fn.anytrue(Token.asList(each)));
}

/** Whether a patch that only Terraform knows deletes a document, but does not say which. */
export const deletesUnnamed = (patch: string): Condition =>
  anyDocument(patch, (document) => and(isOf(undefined, document), deletesAtPlan(document, [])));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isUnknown(value);

/** Whether a patch that only Terraform knows leaves the setting as it is. */
export function leavesAtPlan(patch: string, { kind, name, path, value }: SettingAtPlan): Condition {
  const parts = path.map((_, depth) => path.slice(0, depth + 1));
  const deleted = kind === undefined ? parts : [[], ...parts];
  const sets = (document: unknown) =>
    value === undefined
      ? hasAtPlan(document, path)
      : Token.asAny(Fn.try([not(equal(Fn.lookupNested(document, [...path]), value)), false]));
  const effects = [...deleted.map((part) => (document: unknown) => deletesAtPlan(document, part)), sets];
  return not(
    anyDocument(patch, (document) =>
      and(isOf(kind, document), isNamed(name, document), or(...effects.map((effect) => effect(document)))),
    ),
  );
}

interface SettingAtPlan {
  /** Kind of the document; without one it is the machine configuration, which has no kind. */
  readonly kind?: string;
  /** Name of that document; without one its kind has no names. */
  readonly name?: string;
  readonly path: Path;
  /** Its value; undefined if nothing may set one. */
  readonly value: unknown;
}

const isOf = (kind: string | undefined, document: unknown): Condition =>
  kind === undefined ? not(hasAtPlan(document, ["kind"])) : hasValueAtPlan(document, ["kind"], kind);

const isNamed = (name: string | undefined, document: unknown): Condition =>
  name === undefined || hasValueAtPlan(document, ["name"], name);

const deletesAtPlan = (document: unknown, path: Path): Condition =>
  hasValueAtPlan(document, [...path, directive], "delete");

const hasValueAtPlan = (document: unknown, path: Path, value: string): Condition =>
  Token.asAny(Fn.try([equal(Fn.lookupNested(document, [...path]), value), false]));
