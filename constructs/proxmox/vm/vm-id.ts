import { Fn, Token } from "cdktf";
import type { Construct } from "constructs";
import { DataProxmoxVirtualEnvironmentVms } from "../../../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import type { EarlierClaim } from "../../rules/claims";
import { equal, not, or, wholeNumber } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { checkOnce } from "../../rules/once";
import { type Check, ifSet, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { resourceAddress } from "../../terraform/logical-id";
import { stackSingleton } from "../../terraform/stack-singleton";
import type { ProxmoxConnection } from "../connection";
import { isKnown, type ReplacementGuard } from "./replacement-guard";

/** First VM id that Proxmox gives away, and the last. */
const min = 100;
const max = 999_999_999;

/** Checks that the number at `path` of the props is a VM id. */
export const checkVmId = (path: string, id: number): Check => ({
  condition: wholeNumber(id, min, max),
  message: `${path} ${formatValue(id)} is not a VM id; write a whole number from ${min} to ${max}`,
});

/** One list for all VMs of a connection: it is every VM of the Proxmox cluster. */
export function allVmsOf(
  scope: Construct,
  connection: ProxmoxConnection | undefined,
): DataProxmoxVirtualEnvironmentVms {
  const provider = connection?.provider;
  const address = provider ? `${connection.name}_same_id` : "same_id";
  return stackSingleton(scope, address, (scope, id) => new DataProxmoxVirtualEnvironmentVms(scope, id, { provider }));
}

const vmDocs = providerDocs("bpg/proxmox", "/resources/virtual_environment_vm");

export const rules: readonly Rule<{
  /** The VM's path in the app. */
  readonly path: string;
  readonly name: string;
  readonly vmId?: number;
  readonly earlierIds: readonly EarlierClaim<number>[];
  readonly allVms?: DataProxmoxVirtualEnvironmentVms;
  /** What the state remembers of the VM. */
  readonly guard: ReplacementGuard;
}>[] = [
  {
    id: "vm-id-range",
    requirement: `a VM id is a whole number from ${min} to ${max}`,
    reason: "Proxmox reserves the ids below and allows none above",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ vmId }) => ifSet(vmId, (vmId) => checkVmId("vmId", vmId)),
  },
  {
    id: "vm-id-once",
    requirement: "no two VMs of a Proxmox cluster have the same id",
    reason: "the second VM would take over the first",
    source: vmDocs,
    checks: ({ path, vmId, earlierIds }) =>
      checkOnce(path, earlierIds, ({ value, by }) => ({
        condition: not(equal(vmId, value)),
        message: `vmId ${formatValue(vmId)} is already used by ${by}; choose another id`,
      })),
  },
  {
    id: "vm-id-free",
    requirement: "the id is free when Terraform plans, or belongs to this stack's VM of the same name",
    reason: "the provider silently takes over an existing VM of that id, and destroy deletes it",
    source: vmDocs,
    checks: ({ vmId, name, allVms, guard }) =>
      ifSet(allVms, (allVms) => {
        const ids = column(allVms, "vm_id");
        const names = Fn.zipmap(ids, column(allVms, "name"));
        const isOfThisName = equal(Fn.lookup(names, Token.asString(vmId), name), name);
        return [
          {
            condition: isOfThisName,
            message: `vmId ${formatValue(vmId)} belongs to a VM with another name than ${formatValue(name)}; choose a free id, or if it is this very VM, rename it in Proxmox first`,
          },
          {
            condition: or(isKnown(guard), not(isOfThisName), not(Fn.contains(ids, vmId))),
            message: `vmId ${formatValue(vmId)} belongs to a VM ${formatValue(name)} that this state does not know; choose a free id, or if the state of that VM was lost, bring the state back. To take the VM over as it is: terraform apply -target=${resourceAddress(guard.identity)}`,
          },
        ];
      }),
  },
];

const column = (vms: DataProxmoxVirtualEnvironmentVms, name: string): string[] =>
  Token.asList(vms.interpolationForAttribute(`vms[*].${name}`));
