import { type TerraformElement, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { claim } from "../rules/claims";
import type { Rule } from "../rules/rule";
import { shown } from "../rules/shown";

/**
 * Gives the element its address in Terraform, which users' state, reviews and tests depend on. It must come before anything
 * refers to the element.
 */
export function at<Element extends TerraformElement>(name: string, element: Element): Element {
  element.overrideLogicalId(name);
  return element;
}

/** A construct whose id is its address, and the path of an earlier one of that address in its stack. */
interface Addressed {
  readonly address: string;
  readonly earlier?: string;
}

/** Claims the construct's id as the address of its resource. */
export function addressed(construct: Construct, kind: string): Addressed {
  const address = construct.node.id;
  const [earlier] = claim(
    `addresses of ${kind}`,
    `${TerraformStack.of(construct).node.path}/${address}`,
    address,
    construct,
  );
  return { address, earlier: earlier?.by };
}

export const addressRules: readonly Rule<Addressed>[] = [
  {
    id: "address-once",
    demands: "every VM and every PCI mapping of a stack has an id of its own",
    because: "the id is the address in Terraform, which reads two resources of one address as one",
    source: "https://developer.hashicorp.com/terraform/language/resources/syntax",
    checks: ({ address, earlier }) => [
      {
        holds: earlier === undefined,
        problem: `the id ${shown(address)} is that of ${earlier} already; choose another one`,
      },
    ],
  },
];
