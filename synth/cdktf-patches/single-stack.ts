import type { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";

/**
 * Resolves no element of a stack that is alone in its app before it is written: cdktf does so to find references to other
 * stacks.
 */
export function prepareStacksTogether(): void {
  // An import would load cdktf before its packages are left out.
  const { TerraformStack: Stack }: typeof import("cdktf") = require("cdktf");
  const { prototype } = Stack;
  const { prepareStack } = prototype;
  const isOther = (construct: IConstruct, stack: TerraformStack): boolean =>
    (Stack.isStack(construct) && construct !== stack) || construct.node.children.some((child) => isOther(child, stack));
  Object.assign(prototype, {
    prepareStack(this: TerraformStack) {
      if (isOther(this.node.root, this)) prepareStack.call(this);
      else this.ensureBackendExists();
    },
  });
}
