import { Fn, Token } from "cdktf";
import type { Construct } from "constructs";
import { DataProxmoxVirtualEnvironmentVms } from "../../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import { equal } from "../rules/condition";
import { given, type Rule } from "../rules/rule";
import { shown } from "../rules/shown";
import { literalText } from "../rules/text";

import { at } from "../terraform/logical-id";
import type { BootMedium, CloneSource } from "./boot-medium";
import type { ProxmoxConnection } from "./connection";

/** The templates of the name to clone from, which should be one; undefined when there is no name to look for. */
export function templatesOf(
  vm: Construct,
  clone: CloneSource | undefined,
  connection: ProxmoxConnection | undefined,
): DataProxmoxVirtualEnvironmentVms | undefined {
  if (clone?.name === undefined) return undefined;
  return at(
    `${vm.node.id.replace(/_node$/, "")}_template`,
    new DataProxmoxVirtualEnvironmentVms(vm, "Templates", {
      provider: connection?.provider,
      nodeName: clone.node,
      filter: [
        { name: "name", values: [literalText(clone.name)] },
        { name: "template", values: ["true"] },
      ],
    }),
  );
}

export const rules: readonly Rule<{
  readonly boot: BootMedium;
  readonly templates?: DataProxmoxVirtualEnvironmentVms;
}>[] = [
  {
    id: "clone-source-once",
    demands: "exactly one template has the name to clone from when Terraform plans",
    because: "with none there is nothing to clone, with two Terraform would pick either",
    source: "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs/resources/virtual_environment_vm#clone",
    checks: ({ boot, templates }) =>
      given(templates, (templates) => ({
        holds: equal(Fn.lengthOf(Token.asList(templates.interpolationForAttribute("vms"))), 1),
        problem: `boot.clone.name ${shown(boot.clone?.name)} is not the name of exactly one template; give the template's id instead, or a name of its own`,
      })),
  },
];

export function cloneBlock(
  { id, node, full = true }: CloneSource,
  templates: DataProxmoxVirtualEnvironmentVms | undefined,
) {
  return { vmId: (templates ? templates.vms.get(0).vmId : id) as number, nodeName: node, full };
}
