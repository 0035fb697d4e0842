import type { TerraformStack } from "cdktf";
import { Construct } from "constructs";

const scopes = new WeakMap<TerraformStack, Construct>();

/**
 * Holds what the project itself makes at the top of a stack, so that all other ids of the stack are its user's: a variable
 * may be called `cluster`, as in Terraform, where variables, outputs and resources have names of their own kind. cdktf
 * leaves the id "Default" out of every name, so no element can have it.
 */
export function ownScope(stack: TerraformStack): Construct {
  const existing = scopes.get(stack);
  if (existing) return existing;
  const scope = new Construct(stack, "Default");
  // The paths of what is in it are those of children of the stack, in messages and in reviews.
  Object.defineProperty(scope.node, "path", { value: stack.node.path });
  scopes.set(stack, scope);
  return scope;
}
