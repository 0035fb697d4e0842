import { Fn, type IResolvable, Token } from "cdktf";
import type { Construct } from "constructs";
import { DataProxmoxVirtualEnvironmentVms } from "../../../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import { equal, or } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { escapeTemplate } from "../../rules/template";

import { withLogicalId } from "../../terraform/logical-id";
import type { ProxmoxConnection } from "../connection";
import type { BootMedium, CloneSource } from "../vm/boot-medium";

/** The templates of the name to clone from, which should be one; undefined when there is no name to look for. */
export function templatesOf(
  vm: Construct,
  clone: CloneSource | undefined,
  connection: ProxmoxConnection | undefined,
): DataProxmoxVirtualEnvironmentVms | undefined {
  if (clone?.name === undefined) return undefined;
  return withLogicalId(
    `${vm.node.id.replace(/_node$/, "")}_template`,
    new DataProxmoxVirtualEnvironmentVms(vm, "Templates", {
      provider: connection?.provider,
      nodeName: clone.node,
      filter: [
        { name: "name", values: [escapeTemplate(clone.name)] },
        { name: "template", values: ["true"] },
      ],
    }),
  );
}

export const rules: readonly Rule<{
  readonly boot: BootMedium;
  readonly node: string;
  readonly templates?: DataProxmoxVirtualEnvironmentVms;
}>[] = [
  {
    id: "clone-source-once",
    requirement:
      "exactly one template has the name to clone from when Terraform plans, on the VM's own node or else in the cluster",
    reason: "without one the clone fails, and with two Terraform would pick one of them",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#clone"),
    checks: ({ boot, node, templates }) =>
      ifSet(templates, (templates) => {
        const isOne = (found: IResolvable) => equal(Fn.lengthOf(found), 1);
        return {
          condition: or(
            isOne(allOf(templates)),
            boot.clone?.node === undefined ? isOne(ownOf(templates, node)) : false,
          ),
          message: `boot.clone.name ${formatValue(boot.clone?.name)} is not the name of exactly one template; give the template's id instead, or a name of its own`,
        };
      }),
  },
];

const allOf = (vms: DataProxmoxVirtualEnvironmentVms): IResolvable => expression`${vms.fqn}.vms`;

/** Those on the VM's own node. */
const ownOf = (vms: DataProxmoxVirtualEnvironmentVms, node: string): IResolvable =>
  expression`[for vm in ${allOf(vms)} : vm if (vm.node_name == ${node})]`;

/**
 * What the VM is cloned from, and where that is: of several templates of a name the one on the VM's own node.
 *
 * @param vms every VM of the cluster, to look for the template's id
 */
export function cloneBlock(
  { id, node, full = true }: CloneSource,
  vmNode: string,
  {
    templates,
    vms,
  }: { readonly templates?: DataProxmoxVirtualEnvironmentVms; readonly vms?: DataProxmoxVirtualEnvironmentVms },
) {
  if (templates && node === undefined) {
    const found = expression`concat(${ownOf(templates, vmNode)}, ${allOf(templates)})[0]`;
    return {
      vmId: Token.asNumber(expression`${found}.vm_id`),
      nodeName: Token.asString(expression`${found}.node_name`),
      full,
    };
  }
  const vmId = (templates ? templates.vms.get(0).vmId : id) as number;
  // Where there is none of the id, the provider looks on the VM's own node, and Proxmox says that there is none.
  const found = vms && expression`one([for vm in ${allOf(vms)} : vm.node_name if (vm.vm_id == ${vmId})])`;
  return { vmId, nodeName: node ?? (found && Token.asString(found)), full };
}
