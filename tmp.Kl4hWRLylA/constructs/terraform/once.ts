import { TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";

/** What the stack of `scope` has under the id, made where it is not there yet: providers and lists that all share. */
export function oncePerStack<Made extends IConstruct>(
  scope: Construct,
  id: string,
  make: (stack: TerraformStack, id: string) => Made,
): Made {
  const stack = TerraformStack.of(scope);
  return (stack.node.tryFindChild(id) as Made | undefined) ?? make(stack, id);
}
