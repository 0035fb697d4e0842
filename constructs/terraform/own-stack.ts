import { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { Check, Rule } from "../rules/rule";

export const partsInStack: Omit<Rule<unknown>, "checks"> = {
  id: "parts-in-stack",
  requirement:
    "a node has a machine and a Talos of its own stack, and what is installed to a node is in the node's stack",
  reason: "the resources of one stack are in no other, and Terraform refuses what refers to them",
  source: "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
};

export const isInStackOf = (user: IConstruct, used: IConstruct): boolean =>
  TerraformStack.of(used) === TerraformStack.of(user);

/** Checks that what `user` uses, at `path` of the props, is in its stack. */
export const checkSameStack = (path: string, used: IConstruct, user: IConstruct): Check => ({
  condition: isInStackOf(user, used),
  message: `${path} ${used.node.path} belongs to another stack; create one in this stack`,
});
