import type { TerraformResource } from "cdktf";
import { resourceAddress } from "../terraform/logical-id";
import type { TalosNode } from "./node";
import { names } from "./single-node";

/**
 * Moves the resources of a `TalosSingleNode` to the names of the node, so that Terraform neither destroys nor recreates them.
 *
 * @see https://developer.hashicorp.com/terraform/language/block/moved
 */
export function moveFromSingleNode({
  configurationChange,
  configurationApply,
  talosUpgrade,
  check,
  machineEnd,
}: TalosNode): void {
  const { configuration, upgrade } = names;
  move(configurationApply, configuration);
  move(configurationChange, `${configuration}_configuration`);
  move(check, `${configuration}_check`);
  move(machineEnd, `${configuration}_machine`);
  if (talosUpgrade) move(talosUpgrade, upgrade);
}

/** @param name of the resource before */
function move(resource: TerraformResource, name: string): void {
  if (resourceAddress(resource) !== `${resource.terraformResourceType}.${name}`)
    resource.moveFromId(`${resource.terraformResourceType}.${name}`);
}
