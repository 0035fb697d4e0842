import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Token } from "cdktf";
import { expression } from "../rules/expression";

/** A fact as the triggers of a resource have it in the state; in the first plan, what is wanted. */
export const rememberedOf = (resource: Resource, name: string, wanted: string): string =>
  Token.asString(expression`lookup(${resource.interpolationForAttribute("triggers")}, ${name}, ${wanted})`);
