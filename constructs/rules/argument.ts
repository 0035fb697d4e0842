import { types } from "node:util";
import { TerraformElement, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { isUnknown } from "./condition";
import { formatForObject, formatUnlessVariable, formatValue } from "./format-value";
import { isPlainObject } from "./kind";
import type { Rule } from "./rule";

/** Throws, because without a stack no construct can report a problem. */
export const argumentType: Omit<Rule<never>, "checks"> = {
  id: "argument-type",
  requirement:
    "constructs and functions are called with the arguments that they accept: a stack and an id, or rules and what they check",
  reason: "plain JavaScript has no type check, and the program would end inside of a library",
  source: "https://developer.hashicorp.com/terraform/cdktf/concepts/constructs",
};

/** Ends the program where a function cannot go on, with the message and the rule's id. */
export function demand(isRight: boolean, message: () => string): void {
  if (!isRight) throw new TypeError(`${message()} [${argumentType.id}]`);
}

/** The scope and the id of a construct of the class, for its superclass: a stack or what is in one, and a name. */
export function placeInStack(name: string, scope: Construct, id: string): [Construct, string] {
  demand(
    Construct.isConstruct(scope) && scope.node.scopes.some((each) => TerraformStack.isStack(each)),
    () => `the scope of ${name} is ${formatScope(scope)}; write the stack, as in new ${name}(stack, "id", …)`,
  );
  return placeOf(name, scope, id);
}

/** The scope and the id of a stack of the class, for its superclass: an app, and a name. */
export function placeInApp(name: string, scope: Construct, id: string): [Construct, string] {
  demand(
    Construct.isConstruct(scope),
    () => `the scope of ${name} is ${formatScope(scope)}; write the app, as in new ${name}(app, "id", …)`,
  );
  demand(
    typeof id !== "string" || !/\s/.test(id.trim()),
    () => `the id of ${name} is ${formatValue(id)}, with a blank in it; write one such as "talos-gpu"`,
  );
  return placeOf(name, scope, id);
}

function placeOf(name: string, scope: Construct, id: string): [Construct, string] {
  demand(
    typeof id === "string" && id.trim() !== "" && !isUnknown(id),
    () => `the id of ${name} is ${formatUnlessVariable(id)}; write a string, such as "talos-gpu"`,
  );
  demand(
    scope.node.tryFindChild(id) === undefined,
    () => `two constructs beside each other have the id ${formatValue(id)}; give one of them another one`,
  );
  return [scope, id];
}

const formatScope = (scope: unknown): string =>
  Construct.isConstruct(scope) ? `${scope.node.path || "the app"}, which is in no stack` : formatForObject(scope);

/** Checks what `addPreconditions` is called with. */
export function demandPreconditions(resource: unknown, preconditions: unknown): void {
  demand(
    TerraformElement.isTerraformElement(resource),
    () => `the resource of addPreconditions is ${formatForObject(resource)}; write a resource, such as vm.resource`,
  );
  demandList("the preconditions", preconditions, (each) =>
    isPlainObject(each) && (isCondition(each.condition) || typeof each.condition === "string")
      ? undefined
      : "write what enforce returns",
  );
}

/** Checks what `enforce` is called with. */
export function demandRules(construct: unknown, rules: unknown): void {
  demand(
    Construct.isConstruct(construct),
    () => `the construct of enforce is ${formatForObject(construct)}; write the one that is held to the rules`,
  );
  demandList("the rules", rules, (rule) => {
    if (!isPlainObject(rule)) return "write an object with id, requirement, reason, source, checks";
    if (typeof rule.id !== "string")
      return `write an id, such as "house-vm-name", where it has ${formatValue(rule.id)}`;
    return typeof rule.checks === "function" ? undefined : `write a function as checks of ${formatValue(rule.id)}`;
  });
}

/** Checks what the checks of a rule return. */
export function demandChecks(id: string, checks: unknown): void {
  demandList(`what the checks of ${formatValue(id)} return`, checks, (check) =>
    isPlainObject(check) && isCondition(check.condition) && typeof check.message === "string"
      ? undefined
      : "write an object with condition, which is true, false or what only Terraform knows, and message",
  );
}

/** Checks that the list is one, and that there is no advice on any of its items. */
export function demandList(name: string, list: unknown, adviceOn: (item: unknown) => string | undefined): void {
  demand(Array.isArray(list) && !isUnknown(list), () => `${name} are ${formatForObject(list)}; write a list`);
  for (const [index, item] of (list as unknown[]).entries()) {
    const advice = adviceOn(item);
    demand(advice === undefined, () => `${name}[${index}] is ${formatForObject(item)}; ${advice}`);
  }
}

/** Whether the value is true or false, or what Terraform will know. */
export const isCondition = (value: unknown): boolean => typeof value === "boolean" || isUnknown(value);

export const isPattern = types.isRegExp;
