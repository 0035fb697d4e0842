import type { Precondition, TerraformResource } from "cdktf";
import { demandPreconditions } from "./argument";
import { addPreconditions as add } from "./rule";

/** Lets Terraform check these too before it creates or reads the resource. */
export function addPreconditions(resource: TerraformResource, preconditions: readonly Precondition[]): void {
  demandPreconditions(resource, preconditions);
  add(resource, preconditions);
}
