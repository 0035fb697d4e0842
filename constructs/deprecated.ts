// Public names of the last release. They go with the next one.
import type { Precondition } from "cdktf";
import type { Construct } from "constructs";
import { demandChecks, demandRules } from "./rules/argument";
import type { Condition } from "./rules/condition";
import * as rules from "./rules/public";
import { enforce as enforceRules, type Rule } from "./rules/rule";

/** @deprecated Write a `Rule`. */
export interface DeprecatedRule<Subject> extends Pick<Rule<Subject>, "id" | "source" | "severity"> {
  readonly demands: string;
  readonly because: string;
  readonly checks: (subject: Subject) => readonly { readonly holds: Condition; readonly problem: string }[];
}

/**
 * Applies `rules` to `construct`. What is violated now is reported when the stack is synthesized, with all other violations.
 *
 * @param rules of the type `Rule`; those of the last release are accepted, too
 * @returns what only Terraform can decide, for `addPreconditions` to give to a resource
 */
export const enforce = <Subject>(
  construct: Construct,
  rules: readonly (Rule<Subject> | DeprecatedRule<Subject>)[],
  subject: Subject,
): Precondition[] => {
  demandRules(construct, rules);
  return enforceRules(construct, rules.map(currentRule).map(checked), subject);
};

/** The rule, the checks of which are looked at: they are the user's. */
const checked = <Subject>(rule: Rule<Subject>): Rule<Subject> => ({
  ...rule,
  checks: (subject) => {
    const checks = rule.checks(subject);
    demandChecks(rule.id, checks);
    return checks;
  },
});

const currentRule = <Subject>(rule: Rule<Subject> | DeprecatedRule<Subject>): Rule<Subject> =>
  "requirement" in rule
    ? rule
    : {
        ...rule,
        requirement: rule.demands,
        reason: rule.because,
        checks: (subject) => rule.checks(subject).map((each) => ({ condition: each?.holds, message: each?.problem })),
      };

/** @deprecated Use `rules.formatValue`. */
export const shown = rules.formatValue;
/** @deprecated Use `rules.and`. */
export const and = rules.and;
/** @deprecated Use `rules.equal`. */
export const equal = rules.equal;
/** @deprecated Use `rules.isBoolean`. */
export const isBoolean = rules.isBoolean;
/** @deprecated Use `rules.isUnknown`. */
export const isUnknown = rules.isUnknown;
/** @deprecated Use `rules.matches`. */
export const matches = rules.matches;
/** @deprecated Use `rules.not`. */
export const not = rules.not;
/** @deprecated Use `rules.oneOf`. */
export const oneOf = rules.oneOf;
/** @deprecated Use `rules.or`. */
export const or = rules.or;
/** @deprecated Use `rules.wholeNumber`. */
export const wholeNumber = rules.wholeNumber;
