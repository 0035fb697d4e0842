import { TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import { ownScope } from "./own-scope";

/** What was made for a stack, by its id. */
const made = new WeakMap<TerraformStack, Map<string, IConstruct>>();

/** What this function made for the stack of `scope` under the id, or makes now: providers and lists that all share. */
export function stackSingleton<Made extends IConstruct>(
  scope: Construct,
  id: string,
  make: (scope: Construct, id: string) => Made,
): Made {
  const stack = TerraformStack.of(scope);
  const ofStack = made.get(stack) ?? new Map<string, IConstruct>();
  made.set(stack, ofStack);
  const existing = ofStack.get(id) ?? make(ownScope(stack), id);
  ofStack.set(id, existing);
  return existing as Made;
}
