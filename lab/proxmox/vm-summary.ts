import type { Caller } from "./access";
import type { VirtualMachine } from "./virtual-machine";

/** What lists show of a VM. */
export const summary = (vm: VirtualMachine) => ({
  vmid: vm.id,
  name: vm.name,
  status: vm.running ? "running" : "stopped",
  cpus: Number(vm.get("sockets") ?? 1) * Number(vm.get("cores") ?? 1),
  ...(vm.get("tags") === undefined ? {} : { tags: vm.get("tags") }),
  ...(vm.template ? { template: 1 } : {}),
});

/** Lists show a VM to whoever may look at it. */
export const isVisible = (caller: Caller, vm: VirtualMachine): boolean => caller.may(`/vms/${vm.id}`, "VM.Audit");
