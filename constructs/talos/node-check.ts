import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn, TerraformSelf } from "cdktf";
import type { Construct } from "constructs";
import type { DataTalosMachineConfiguration } from "../../.gen/providers/talos/data-talos-machine-configuration";
import type { MachineConfigurationApply } from "../../.gen/providers/talos/machine-configuration-apply";
import { toTokenString } from "../rules/format-value";
import { resourceAddress, withLogicalId } from "../terraform/logical-id";
import { nullResource } from "../terraform/null-resource";
import type { Script } from "../terraform/script";
import { TerraformData } from "../terraform/terraform-data";
import type { TalosMachine } from "./machine";

/** A node that is checked before its configuration changes. */
export interface CheckedNode {
  /** What its resources in Terraform are named after. */
  readonly name: string;
  readonly address: string;
  /** CA certificate of the cluster's Talos API, in base64. */
  readonly ca: string;
  /** Directory of kubeconfig and talosconfig. */
  readonly directory: string;
  /** Seconds to wait for the node. */
  readonly timeout: number;
}

const trigger = (name: string): string => TerraformSelf.getString(`triggers.${name}`);

/** A script for the end of a resource, of which Terraform knows only what it was created with. */
const atItsEnd = (
  file: string,
  { name, directory }: CheckedNode,
  environment: Record<string, string> = {},
): Script => ({
  file: join(__dirname, "scripts", file),
  environment: { ...environment, MACHINE: name, DIRECTORY: directory },
  when: "destroy",
});

/** Checks that the node shows a certificate of its cluster. */
export const checkNode = (node: CheckedNode): Script =>
  atItsEnd("check-node.sh", node, { NODE: trigger("node"), CA: trigger("ca"), TIMEOUT: trigger("timeout") });

/** Notes for that check that the machine is replaced or destroyed. */
export const noteMachineEnd = (node: CheckedNode): Script => atItsEnd("note-machine-end.sh", node);

/**
 * Replaced with each new configuration. Whatever has to come after the check of the node depends on it, because Terraform
 * destroys it only after the check, which depends on it. It is of Terraform's own provider: other steps and Helm releases that
 * end in the same apply depend on it, too, and Terraform leaves such an order out between providers if it would be a cycle.
 *
 * @see https://github.com/hashicorp/terraform/blob/v1.11.4/internal/terraform/transform_destroy_edge.go
 */
export const configurationChange = (
  scope: Construct,
  name: string,
  { machineConfiguration }: DataTalosMachineConfiguration,
): TerraformData =>
  withLogicalId(
    `${name}_configuration`,
    new TerraformData(scope, "ConfigurationChange", {
      triggersReplace: Fn.nonsensitive(Fn.sha256(machineConfiguration)),
    }),
  );

/**
 * The check of the node, before it is sent another configuration than its first. It is there once the node was configured, and
 * ends with each change of the configuration; if the check fails, it stays, and with it the next apply fails, too.
 */
export function nodeCheck(
  scope: Construct,
  node: CheckedNode,
  { resource }: TalosMachine,
  apply: MachineConfigurationApply,
): { readonly check: Resource; readonly machineEnd: Resource } {
  const { name, address, ca, timeout } = node;
  const check = withLogicalId(
    `${name}_check`,
    nullResource(scope, "Check", {
      triggers: { node: address, ca, timeout: toTokenString(timeout) },
      scripts: [checkNode(node)],
      dependsOn: [apply],
      lifecycle: { replaceTriggeredBy: [resourceAddress(apply)] },
    }),
  );
  // Of what depends on the check, the end comes before the check.
  const machineEnd = withLogicalId(
    `${name}_machine`,
    nullResource(scope, "MachineEnd", {
      triggers: resource && { machine: `\${${resourceAddress(resource)}.id}` },
      scripts: [noteMachineEnd(node)],
      dependsOn: [check],
    }),
  );
  return { check, machineEnd };
}
