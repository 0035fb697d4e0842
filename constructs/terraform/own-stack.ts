import { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { Check, Rule } from "../rules/rule";

export const partsInStack: Omit<Rule<unknown>, "checks"> = {
  id: "parts-in-stack",
  requirement: "a node's machine, its Talos image and all that is installed on it belong to the node's stack",
  reason: "Terraform cannot refer to resources of another stack",
  source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
};

export const isInStackOf = (user: IConstruct, used: IConstruct): boolean =>
  TerraformStack.of(used) === TerraformStack.of(user);

/** Checks that what `user` uses, at `path` of the props, is in its stack. */
export const checkSameStack = (path: string, used: IConstruct, user: IConstruct): Check => ({
  condition: isInStackOf(user, used),
  message: `${path} ${used.node.path} belongs to another stack; create one in this stack`,
});
