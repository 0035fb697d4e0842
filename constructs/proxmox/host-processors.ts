import { product } from "../rules/arithmetic";
import { less, not } from "../rules/condition";
import { given, type Rule } from "../rules/rule";
import { asText, shown } from "../rules/shown";
import type { VmCpu } from "./cpu";
import type { Host } from "./host-facts";

export const rules: readonly Rule<{ readonly cpu: Required<VmCpu>; readonly host?: Host }>[] = [
  {
    id: "host-processors",
    demands: "a VM has no more cores, of all its sockets, than its node has threads when Terraform plans",
    because: "Proxmox does not start the VM: MAX … vcpus allowed per VM on this node",
    source: "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_cpu",
    checks: ({ cpu: { cores, sockets }, host }) =>
      given(host, ({ cpus, name }) => {
        const wanted = product(cores, sockets);
        return {
          holds: not(less(cpus, wanted)),
          problem: `cpu.cores ${shown(cores)} × cpu.sockets ${shown(sockets)} is ${asText(wanted)}, and node ${shown(name)} has ${asText(cpus)} threads; write less`,
        };
      }),
  },
];
