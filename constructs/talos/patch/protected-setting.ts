import { Fn } from "cdktf";
import { isPlainObject } from "../../props/plain-data";
import { and, type Condition, equal, isUnknown, or } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { formatAfterName } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import { documentsOf, isDeletion } from "./document";
import { leavesAtPlan } from "./effect";
import { type Configuration, deletionsIn, idOf, Overlay, type Steps } from "./merge";
import type { TalosPatch } from "./patch";

type Path = readonly string[];

/** What is to be read of a rule. */
export type RuleDescription = Omit<Rule<unknown>, "checks">;

/** A patch as a user gave it, and where, for messages. */
export interface GivenPatch {
  readonly path: string;
  readonly patch: TalosPatch;
}

/** Patches of a prop, each by its place in it. */
export const givenAs = (prop: string, patches: readonly TalosPatch[] = []): GivenPatch[] =>
  patches.map((patch, index) => ({ path: `${prop}[${index}]`, patch }));

/** A setting of the machine configuration that a user's patch has to leave as it is. */
export interface ProtectedSetting {
  /** Kind of the document that has it; without one it is the machine configuration, which has no kind. */
  readonly kind?: string;
  /** Name of that document; without one its kind has no names. */
  readonly name?: string;
  readonly path: Path;
  /** Its value; of a list, what has to be in it. Undefined if nothing may set one. */
  readonly value: unknown;
  /** Whether a value will do; without it, one that has all of `value`. */
  readonly accepts?: (value: unknown) => Condition;
  /** What to write instead of the patch. */
  readonly advice: string;
  readonly rule: RuleDescription;
}

/** Why the settings of a patch have to stay. */
export interface Protection {
  readonly rule: RuleDescription;
  readonly advice: string | ((value: unknown) => string);
  /** Keys that may be changed all the same. */
  readonly but?: readonly string[];
}

/** Something that a patch does to a protected setting. */
export interface Finding {
  readonly rule: RuleDescription;
  readonly check: Check;
  /** What the patch at the path deletes, though the node does not have it. */
  readonly absent?: { readonly path: string; readonly what: string };
}

/** Everything that the patch sets or deletes, protected. */
export const settingsOf = (patch: TalosPatch, { rule, advice, but = [] }: Protection): ProtectedSetting[] =>
  documentsOf(patch).flatMap((document) => {
    if (!isPlainObject(document)) return [];
    const kind = typeof document.kind === "string" ? document.kind : undefined;
    const name = kind !== undefined && typeof document.name === "string" ? document.name : undefined;
    return leavesOf(document)
      .filter(([path]) => kind === undefined || !["apiVersion", "kind", "name"].includes(path.join(".")))
      .map(([path, value]) => ({
        ...{ kind, name, path },
        value: without(value, but),
        advice: typeof advice === "string" ? advice : advice(value),
        rule,
      }));
  });

/** The value without the keys, wherever it has them. */
function without(value: unknown, keys: readonly string[]): unknown {
  if (keys.length === 0 || isUnknown(value)) return value;
  if (Array.isArray(value)) return value.map((item) => without(item, keys));
  if (!isPlainObject(value)) return value;
  const others = Object.entries(value).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(others.map(([key, inside]) => [key, without(inside, keys)]));
}

function leavesOf(value: Readonly<Record<string, unknown>>, above: Path = []): [path: Path, value: unknown][] {
  return Object.entries(value).flatMap(([key, inside]): [Path, unknown][] => {
    if (isDeletion(inside)) return [[[...above, key], undefined]];
    if (isPlainObject(inside)) return leavesOf(inside, [...above, key]);
    return inside === undefined || inside === null ? [] : [[[...above, key], inside]];
  });
}

/** What a patch does to protected settings: merged as Talos merges it, the configuration must still have what it had. */
export const findingsOf = (
  { path: where, patch }: GivenPatch,
  settings: readonly ProtectedSetting[],
  before: Configuration,
  after: Configuration,
): Finding[] =>
  isUnknown(patch)
    ? settings.flatMap((setting) => findingAtPlan(where, patch as string, setting))
    : withoutRepeated(settings.flatMap((setting) => findingIn(where, patch, setting, before, after)));

/** A setting in a patch that only Terraform knows, for settings of one value. */
function findingAtPlan(where: string, patch: string, setting: ProtectedSetting): Finding[] {
  const { kind, name, path, value, accepts, advice, rule } = setting;
  if (accepts !== undefined || (typeof value === "object" && !isUnknown(value))) return [];
  const changed = value === undefined ? "sets" : "changes or deletes";
  const condition = leavesAtPlan(patch, { kind, name, path, value });
  return [{ rule, check: { condition, message: `${where} ${changed} ${named(kind, path)}; ${advice}` } }];
}

interface Found extends Finding {
  /** What the patch deletes; undefined if it sets another value. */
  readonly deleted?: string;
}

function findingIn(
  where: string,
  patch: TalosPatch,
  setting: ProtectedSetting,
  before: Configuration,
  after: Configuration,
): Found[] {
  const { kind, path, value, accepts, advice, rule } = setting;
  const [had, has] = [before, after].map((each) => valueAt(each.get(idOf(setting)), path));
  if (had === has) return [];
  const name = named(kind, path);
  if (has === undefined) {
    if (value === undefined) return [];
    const deleted = deletedIn(patch, setting);
    const what = deleted === name ? name : `${deleted}, and ${name} with it`;
    return [{ rule, deleted, check: { condition: false, message: `${where} deletes ${what}; leave that out` } }];
  }
  const accepted = accepts === undefined ? value !== undefined && includes(has, value) : accepts(has);
  const condition = isUnknown(has) ? or(equal(has, null), accepted) : accepted;
  const written = documentsOf(patch)
    .map((document) => (isOf(document, setting) ? valueAt(document, path) : undefined))
    .find((each) => each !== undefined);
  return [{ rule, check: { condition, message: `${where} has ${name}${formatAfterName(written ?? has)}; ${advice}` } }];
}

/** One deletion is one mistake, whatever is deleted with it: of several rules, the one of another construct tells most. */
function withoutRepeated(found: readonly Found[]): Finding[] {
  const isOfNode = ({ rule: { id } }: Found) => id.startsWith("config-patch-");
  return found.filter((each) => {
    if (each.deleted === undefined) return true;
    const same = found.filter(({ deleted }) => deleted === each.deleted);
    // That a patch deletes a document without its name, the rule of its keys tells.
    return each.deleted !== "" && each === (same.find((other) => !isOfNode(other)) ?? same[0]);
  });
}

const named = (kind: string | undefined, path: Path): string => (kind === undefined ? path : [kind, ...path]).join(".");

const isOf = (document: unknown, { kind, name }: ProtectedSetting): document is Readonly<Record<string, unknown>> =>
  isPlainObject(document) && document.kind === kind && (name === undefined || document.name === name);

/** The deletion in the patch that takes the path with it. */
function deletedIn(patch: TalosPatch, setting: ProtectedSetting): string {
  const { kind, path } = setting;
  for (const document of documentsOf(patch)) {
    if (!isOf(document, setting)) continue;
    if (isDeletion(document)) return named(kind, []);
    const found = deletionsIn(document).find((steps) => leadsTo(steps, path));
    if (found) return named(kind, found.filter((step) => typeof step === "string") as string[]);
  }
  return named(kind, path);
}

const leadsTo = (steps: Steps, path: Path): boolean =>
  steps.every((step, index) => typeof step !== "string" || step === path[index]);

/** The value at the path; where only Terraform knows what is laid over it, its expression, or that of null. */
function valueAt(value: unknown, path: Path): unknown {
  const [first, ...rest] = path;
  if (value instanceof Overlay) {
    const below = valueAt(value.below, path) ?? null;
    return first === undefined ? value.above : expression`try(${Fn.lookupNested(value.above, [...path])}, ${below})`;
  }
  if (first === undefined) return value;
  if (isUnknown(value)) return expression`try(${Fn.lookupNested(value, [...path])}, null)`;
  return isPlainObject(value) ? valueAt(value[first], rest) : undefined;
}

/** Whether all of what is wanted is in the value: the keys of objects, the items of lists. */
function includes(value: unknown, wanted: unknown): Condition {
  if (value === wanted) return true;
  if (Array.isArray(wanted) && Array.isArray(value) && !isUnknown(wanted) && !isUnknown(value)) {
    return and(...wanted.map((item) => or(...value.map((each) => includes(each, item)))));
  }
  if (isPlainObject(wanted) && isPlainObject(value) && !isUnknown(wanted)) {
    return and(...Object.entries(wanted).map(([key, inside]) => includes(value[key], inside)));
  }
  return equal(value, wanted);
}
