import type { TerraformElement } from "cdktf";

/**
 * Gives the element its address in Terraform, which users' state, reviews and tests depend on. It must come before anything
 * refers to the element.
 */
export function at<Element extends TerraformElement>(name: string, element: Element): Element {
  element.overrideLogicalId(name);
  return element;
}
