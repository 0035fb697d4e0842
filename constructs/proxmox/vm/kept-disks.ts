import type { Construct } from "constructs";
import type { Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";
import { isEmpty, joined, type Member, RememberedList } from "../../terraform/remembered-list";
import { type Disk, interfaceOf } from "./disk";
import { diskGrows } from "./replacement-guard";

/** The sizes of a VM's disks by their interfaces. The first is the system's, which another rule keeps. */
const sizesOf = (disks: readonly Disk[]): Member[] =>
  disks.map((disk, index) => ({ name: interfaceOf(disk, index), fact: disk.size })).slice(1);

/** Remembers in the state which disks the VM has beside its system disk. */
export const rememberedDisks = (vm: Construct, disks: readonly Disk[]): RememberedList =>
  new RememberedList(vm, `${vm.node.id}_disk`, sizesOf(disks));

export const rules: readonly Rule<{ readonly disks: readonly Disk[]; readonly remembered: RememberedList }>[] = [
  {
    id: "disk-kept",
    requirement: "a VM keeps each of its disks at its interface, unless it may be replaced",
    reason: "Proxmox would detach the disk, and the guest would lose the volumes on it",
    source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#disk"),
    checks: ({ disks, remembered }) => {
      const lost = remembered.without(disks.map(interfaceOf));
      return [
        {
          condition: isEmpty(lost),
          message: `disks has none at ${joined(lost)} any more, so Proxmox would detach a disk with its data; write that disk again, or replaceable: true to allow it`,
        },
      ];
    },
  },
  {
    ...diskGrows,
    checks: ({ disks, remembered }) => {
      const sizes = sizesOf(disks);
      if (sizes.length === 0) return [];
      const shrunk = remembered.greaterThan(sizes);
      return [
        {
          condition: isEmpty(shrunk),
          message: `disks has less than the GiB that disks were created with: ${joined(shrunk)}; write as much or more`,
        },
      ];
    },
  },
];
