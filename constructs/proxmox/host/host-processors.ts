import { less, not, product } from "../../rules/condition";
import { formatValue, toTokenString } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import type { VmCpu } from "../vm/cpu";
import type { Host } from "./host-facts";

export const rules: readonly Rule<{ readonly cpu: Required<VmCpu>; readonly host?: Host }>[] = [
  {
    id: "host-processors",
    requirement: "a VM has no more cores, of all its sockets, than its node has threads when Terraform plans",
    reason: "Proxmox does not start the VM: MAX … vcpus allowed per VM on this node",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cpu",
    checks: ({ cpu: { cores, sockets }, host }) =>
      ifSet(host, ({ cpus, name }) => {
        const wanted = product(cores, sockets);
        return {
          condition: not(less(cpus, wanted)),
          message: `cpu.cores ${formatValue(cores)} × cpu.sockets ${formatValue(sockets)} is ${toTokenString(wanted)}, and node ${formatValue(name)} has ${toTokenString(cpus)} threads; write less`,
        };
      }),
  },
];
