import { Fn, FOR_EXPRESSION_VALUE, forExpression, Token } from "cdktf";
import { and, type Condition, equal, isUnknown, not, or } from "../rules/condition";
import { asArgument } from "../rules/expression";
import type { Check } from "../rules/rule";
import { shown } from "../rules/shown";
import type { TalosPatch } from "./patch";
import { documentsOf } from "./patch-document";

type Path = readonly string[];

/** What a document of a patch does at a path: it sets a value, or deletes the path or what is above it. */
type Effect = { readonly sets: unknown } | { readonly deletes: Path };

/** What the machine configuration says and a user's patch has to leave so. */
export interface Held {
  readonly path: Path;
  /** Its value; undefined where only something else may set one. */
  readonly value: unknown;
  /** What to write instead of the patch. */
  readonly advice: string;
}

/** Checks that the patch keeps what is held. */
export function keeps(where: string, patch: TalosPatch, { path, value, advice }: Held): Check[] {
  const name = path.join(".");
  if (isUnknown(patch)) {
    const changed = value === undefined ? "sets" : "changes or deletes";
    return [{ holds: leavesAtPlan(patch as string, path, value), problem: `${where} ${changed} ${name}; ${advice}` }];
  }
  return documentsOf(patch).flatMap((document) =>
    effectsOf(document, path, value).map((effect) =>
      "sets" in effect
        ? { holds: equal(effect.sets, value), problem: `${where} has ${name} ${shown(effect.sets)}; ${advice}` }
        : { holds: false, problem: `${where} deletes ${listed(effect.deletes, path)}; leave that out` },
    ),
  );
}

const listed = (deleted: Path, path: Path): string =>
  deleted.length === path.length ? path.join(".") : `${deleted.join(".")}, and ${path.join(".")} with it`;

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

/** Whether something holds for any of the documents of a patch that only Terraform knows. */
function anyDocument(patch: string, holds: (document: unknown) => Condition): Condition {
  const documents = Fn.split("\n---", Fn.join("", ["\n", asArgument(patch)]));
  const each = forExpression(documents, holds(Fn.yamldecode(Token.asString(FOR_EXPRESSION_VALUE))));
  return Token.asAny(Fn.anytrue(Token.asList(each)));
}

/** The key by which a patch says what to do with where it is; all it can say is `delete`. */
export const directive = "$patch";

function effectsOf(document: unknown, path: Path, otherwise: unknown): Effect[] {
  let inside = document;
  for (const [depth, key] of path.entries()) {
    if (isUnknown(inside)) return [{ sets: Fn.try([Fn.lookupNested(inside, path.slice(depth)), otherwise]) }];
    if (isDeletion(inside)) return [{ deletes: path.slice(0, depth) }];
    inside = isObject(inside) ? inside[key] : undefined;
  }
  if (inside === undefined || inside === null) return [];
  return [isDeletion(inside) ? { deletes: path } : { sets: inside }];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isUnknown(value);

const isDeletion = (value: unknown): boolean => isObject(value) && value[directive] === "delete";

function leavesAtPlan(patch: string, path: Path, value: unknown): Condition {
  const deletes = path.map(
    (_, depth) => (document: unknown) =>
      Token.asAny(
        Fn.try([equal(Fn.lookupNested(document, [...path.slice(0, depth + 1), directive]), "delete"), false]),
      ),
  );
  const sets = (document: unknown) =>
    value === undefined
      ? hasAtPlan(document, path)
      : Token.asAny(Fn.try([not(equal(Fn.lookupNested(document, [...path]), value)), false]));
  return and(...[...deletes, sets].map((each) => not(anyDocument(patch, each))));
}
