import { DefaultTokenResolver, StringConcat, TerraformStack, TerraformVariable, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";

/** The Terraform variables of the stack that a value names. */
export function variablesIn(scope: IConstruct, value: unknown): TerraformVariable[] {
  const resolver = new DefaultTokenResolver(new StringConcat());
  const text = JSON.stringify(Tokenization.resolve(value, { scope, resolver, preparing: false })) ?? "";
  return TerraformStack.of(scope)
    .node.findAll()
    .filter((each) => each instanceof TerraformVariable)
    .filter(({ friendlyUniqueId }) => new RegExp(`\\bvar[.]${friendlyUniqueId}(?![\\w-])`).test(text));
}
