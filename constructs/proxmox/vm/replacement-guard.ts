import type { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn, Token } from "cdktf";
import type { Construct } from "constructs";
import { checkStaticBoolean } from "../../props/static-boolean";
import { type Condition, equal, less, not, or } from "../../rules/condition";
import { expression } from "../../rules/expression";
import { formatValue, toTokenString } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { withLogicalId } from "../../terraform/logical-id";
import { nullResource } from "../../terraform/null-resource";
import { rememberedOf } from "../../terraform/remembered-fact";
import { TerraformData } from "../../terraform/terraform-data";
import { type Disk, interfaceOf } from "./disk";
import { typeOf, type VmEfiDisk } from "./firmware";

/** What a VM cannot change and keep its system disk, and with it all that is on it. */
export interface GuardedVm {
  readonly vmId?: number;
  readonly node: string;
  readonly disks: readonly Disk[];
  readonly efiDisk: VmEfiDisk | false;
}

/** The same as text, each under the name that the state remembers it by. */
const factsOf = ({ vmId, node, disks: [system], efiDisk }: GuardedVm): Readonly<Record<string, string>> => ({
  ...(vmId !== undefined && { vm_id: toTokenString(vmId) }),
  node,
  ...(efiDisk !== false && { efi_disk_type: toTokenString(typeOf(efiDisk)) }),
  ...(system && { system_disk: interfaceOf(system, 0), system_disk_size: toTokenString(system.size) }),
});

/** What the state remembers of a VM. */
export interface ReplacementGuard {
  /** What it was made with. */
  readonly identity: Resource;
  /** That the state knows it. */
  readonly known: TerraformData;
}

/**
 * Remembers in the state what the VM was made with. No other resource tells, when Terraform plans, what there is and what is
 * wanted; and `prevent_destroy` would stop an ordinary destroy as well.
 *
 * @param replaceable remembers what is wanted now instead, as the VM may become another
 */
export const replacementGuard = (vm: Construct, guarded: GuardedVm, replaceable: boolean): ReplacementGuard => ({
  identity: withLogicalId(
    `${vm.node.id}_identity`,
    nullResource(vm, "Identity", {
      triggers: { ...factsOf(guarded), [creation]: Fn.plantimestamp() },
      lifecycle: { ignoreChanges: [replaceable ? `triggers["${creation}"]` : "triggers"] },
    }),
  ),
  known: withLogicalId(
    `${vm.node.id}_known`,
    new TerraformData(vm, "Known", { input: expression`plantimestamp()`, lifecycle: { ignoreChanges: ["input"] } }),
  ),
});

/** The fact that tells when the state began to know the VM. */
const creation = "created";

/**
 * Whether the state knew the VM before this plan. Triggers are rewritten as a whole, also since when, if the VM may be replaced and
 * another fact changes. States of earlier versions have triggers alone.
 */
export const isKnown = ({ identity, known }: ReplacementGuard): Condition =>
  or(...[rememberedOf(identity, creation, ""), known.input].map((since) => not(equal(since, Fn.plantimestamp()))));

/** Where a fact comes from, and what a change of it does. */
const effects: Readonly<Record<string, readonly [prop: string, effect: string]>> = {
  vm_id: ["vmId", "replace the VM"],
  node: ["node", "replace the VM"],
  efi_disk_type: ["efiDisk.type", "replace the VM"],
  system_disk: ["disks[0].interface", "replace the system disk"],
};

const source = providerDocs("bpg/proxmox", "/resources/virtual_environment_vm");

/** The same for every disk. */
export const diskGrows: Omit<Rule<unknown>, "checks"> = {
  id: "disk-grows",
  requirement: "a disk does not shrink",
  reason: "Proxmox cannot shrink a disk, and the provider finds out in the middle of an apply",
  source: `${source}#size`,
};

export const rules: readonly Rule<GuardedVm & { readonly guard: ReplacementGuard; readonly replaceable: boolean }>[] = [
  {
    id: "vm-kept",
    requirement: "a VM keeps its id, its node, its system disk and the type of its EFI disk, unless it may be replaced",
    reason: "Terraform would create a new VM and destroy the disks of the old one, with the cluster",
    source,
    checks: ({ guard: { identity }, replaceable, ...wanted }) => [
      checkStaticBoolean("replaceable", replaceable),
      ...(replaceable === true ? [] : Object.entries(factsOf(wanted))).flatMap(([name, value]) =>
        ifSet(effects[name], ([prop, effect]) => {
          const remembered = rememberedOf(identity, name, value);
          return {
            condition: equal(remembered, value),
            message: `${prop} ${formatValue(value)} would ${effect} that has ${formatValue(remembered)}, and destroy its data; write ${formatValue(remembered)} again, or replaceable: true to allow that`,
          };
        }),
      ),
    ],
  },
  {
    ...diskGrows,
    checks: ({ guard: { identity }, replaceable, disks: [system] }) =>
      ifSet(replaceable === true ? undefined : system, ({ size }) => {
        const remembered = rememberedOf(identity, "system_disk_size", toTokenString(size));
        return {
          condition: not(less(size, Token.asNumber(expression`tonumber(${remembered})`))),
          message: `disks[0].size ${formatValue(size)} is less than the ${remembered} GiB that the disk was created with; write ${remembered} or more`,
        };
      }),
  },
];
