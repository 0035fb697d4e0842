import {
  Annotations,
  Aspects,
  type IResolvable,
  type Precondition,
  type TerraformResource,
  type TerraformResourceLifecycle,
  TerraformStack,
} from "cdktf";
import type { Construct } from "constructs";
import type { Condition } from "./condition";
import { printable } from "./printable";
import { isFirstReport, withPropPath } from "./prop-path";
import { escapeTemplate, resolveTokens } from "./template";

/** One requirement of a rule on a subject, and the message if it is not met. */
export interface Check {
  /** Whether it holds. */
  readonly condition: Condition;
  /** What is wrong, the value, and what to write instead. */
  readonly message: string;
  /**
   * Day after which the warning is printed, such as `2026-12-27`. It is compared when warnings are printed, so that
   * what is written is the same on every day.
   *
   * @default - every day
   */
  readonly after?: string;
}

/** Checks of a value that may be left out; none without it. */
export const ifSet = <Value>(value: Value | undefined, checks: (value: Value) => Check | Check[]): Check[] =>
  value === undefined ? [] : [checks(value)].flat();

/** One problem is enough of several checks of one value: the first that is broken now, or all that Terraform decides. */
export function firstViolation<Checked extends Pick<Check, "condition">>(checks: readonly Checked[]): Checked[] {
  const broken = checks.find(({ condition }) => condition === false);
  return broken === undefined ? [...checks] : [broken];
}

/** A requirement that is checked at synth or at plan, so that a mistake is reported before the deployment. */
export interface Rule<Subject> {
  /** Stable name, shown in errors, docs and Terraform checks. */
  readonly id: string;
  /** What must hold, in one sentence. */
  readonly requirement: string;
  /** Why: what happens otherwise. */
  readonly reason: string;
  /** Where that is written. */
  readonly source: string;
  /**
   * Effect of a violation.
   *
   * @default "error"
   */
  readonly severity?: "error" | "warning";
  /** What to check on a subject. Missing values are ignored unless the rule says otherwise. */
  readonly checks: (subject: Subject) => Check[];
}

/**
 * Holds `construct` to `rules`. What is broken now is reported when the stack is synthesized, all at once.
 *
 * @returns what only Terraform can decide, with the same messages, for the resource to have as its preconditions
 */
export function enforce<Subject>(
  construct: Construct,
  rules: readonly Rule<Subject>[],
  subject: Subject,
): Precondition[] {
  const messages: string[] = [];
  const preconditions: Precondition[] = [];
  for (const rule of rules) {
    for (const { condition, message: unlabelled, after } of rule.checks(subject)) {
      if (condition === true) continue;
      const message = `${unlabelled} [${rule.id}]`;
      if (after !== undefined && condition === false)
        construct.node.addMetadata(laterWarning, { after, message: withPropPath(construct, message) });
      else if (rule.severity === "warning") warn(construct, rule.id, condition, message);
      else if (condition !== false) preconditions.push(preconditionOf(construct, condition, message));
      else {
        const isNew = !messages.includes(message) && isFirstReport(construct, withPropPath(construct, message));
        if (isNew) messages.push(message);
      }
    }
  }
  if (messages.length > 0) {
    // Which others a message names is known when all are there.
    const validate = () => messages.map((message) => readable(construct, message));
    construct.node.addValidation({ validate });
  }
  return preconditions;
}

/** The message with the props as their user wrote them, and nothing that a terminal would obey. */
const readable = (construct: Construct, message: string): string =>
  printable(withPropPath(construct, resolveTokens(construct, message)));

/** What Terraform checks before it makes the resource, and says with the props as their user wrote them. */
export const preconditionOf = (construct: Construct, condition: IResolvable, message: string): Precondition => ({
  condition,
  errorMessage: escapeTemplate(withPropPath(construct, message)),
});

/** What the rules refuse of the subject now. */
export const refusedNow = <Subject>(rules: readonly Rule<Subject>[], subject: Subject): string[] =>
  rules
    .flatMap((rule) => rule.checks(subject))
    .flatMap(({ condition, message }) => (condition === false ? [message] : []));

/** Holds `construct` to rules of what is not known before all constructs are made, such as the addresses of a stack. */
export function enforceAtSynth<Subject>(
  construct: Construct,
  rules: readonly Rule<Subject>[],
  subject: () => Subject,
): void {
  const messagesOf = (rule: Rule<Subject>, now: Subject) =>
    rule.checks(now).flatMap(({ condition, message }) => (condition === true ? [] : [`${message} [${rule.id}]`]));
  construct.node.addValidation({
    validate: () => {
      const now = subject();
      const messages = rules.flatMap((rule) => messagesOf(rule, now));
      return [...new Set(messages)].map((message) => readable(construct, message));
    },
  });
}

/**
 * Holds `construct` to rules of what is complete only when all constructs are made, such as the patches of a node; what only
 * Terraform can decide becomes preconditions of the resource.
 */
export function enforceWhenComplete<Subject>(
  construct: Construct,
  rules: readonly Rule<Subject>[],
  subject: () => Subject,
  resource: TerraformResource,
): void {
  whenComplete(construct, () => addPreconditions(resource, enforce(construct, rules, subject())));
}

/** Runs the task once, when all constructs are made. */
export function whenComplete(construct: Construct, task: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    task();
  };
  Aspects.of(construct).add({ visit: (visited) => (visited === construct ? once() : undefined) });
  // A project of CDK Terrain has two copies of the library, and a stack of the one does not see the aspects of the other.
  construct.node.addValidation({
    validate: () => {
      once();
      return [];
    },
  });
}

/** The lifecycle of a resource with these preconditions. */
export const lifecycleWith = (precondition: Precondition[]): TerraformResourceLifecycle | undefined =>
  precondition.length > 0 ? { precondition } : undefined;

/** Lets Terraform check these too before it makes the resource. */
export function addPreconditions(resource: TerraformResource, preconditions: readonly Precondition[]): void {
  const { lifecycle } = resource;
  const precondition = [...(lifecycle?.precondition ?? []), ...preconditions];
  if (precondition.length > 0) resource.lifecycle = { ...lifecycle, precondition };
}

/** Type of the metadata that the app prints from a day on. cdktf writes none of it. */
export const laterWarning = "later-warning";

/** What a construct's check blocks assert, by the rules' ids. */
const assertsOf = new WeakMap<Construct, Map<string, object[]>>();

/** A check block warns and goes on: https://developer.hashicorp.com/terraform/language/checks */
function warn(construct: Construct, id: string, condition: Condition, message: string): void {
  if (typeof condition === "boolean") {
    Annotations.of(construct).addWarning(printable(withPropPath(construct, message)));
    return;
  }
  const name = `${construct.node.id}_${id}`.replaceAll("-", "_");
  const asserts = assertsOf.get(construct)?.get(id) ?? [];
  assertsOf.set(construct, (assertsOf.get(construct) ?? new Map()).set(id, asserts));
  asserts.push({ condition, error_message: escapeTemplate(withPropPath(construct, message)) });
  TerraformStack.of(construct).addOverride(`check.${name}.assert`, asserts);
}

/** Each with every one after it. */
export const pairsOf = <Item>(items: readonly Item[]): [Item, Item][] =>
  items.flatMap((one, index) => items.slice(index + 1).map((other): [Item, Item] => [one, other]));
