import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest } from "./api-request";
import { type Drive, isDrive } from "./drive";
import { Hotplug } from "./hotplug";
import { withMac } from "./network-device";
import { PropertyString } from "./property-string";
import type { VirtualMachine } from "./virtual-machine";
import { demandBridge, demandDrive, demandKeys, demandValue } from "./vm-key";
import { demandDrives, demandStorages, drivesOf } from "./vm-storage";

/** Parameters of the call itself, which are no keys of the configuration. */
const callParameters = new Set([
  ...["node", "vmid", "delete", "revert", "digest", "force", "skiplock", "background_delay", "import-working-storage"],
]);

const list = (text: string | undefined): string[] => (text ?? "").split(/[,;\s]+/).filter(Boolean);

const bootOrder = (text: string | undefined): string[] =>
  list(
    PropertyString.parse(text ?? "", "legacy")
      .get("order")
      ?.replaceAll(";", " "),
  );

/**
 * Changes a VM. A running one takes at once what it can; the rest waits until it is switched off. What comes before a
 * refusal stays done, as with Proxmox.
 *
 * @returns the change, once everything that is looked at first is in order
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm update_vm_api
 */
export function change(request: ApiRequest): () => void {
  const { cluster, host, caller } = request;
  const { proxmox } = cluster;
  const values = new Map([...request.parameters].filter(([key]) => !callParameters.has(key)));
  const removed = list(request.optional("delete"));
  const reverted = list(request.optional("revert"));
  if (values.size + removed.length + reverted.length === 0) throw new ApiError(500, "no options specified");
  for (const key of reverted)
    if (!proxmox.hasVmKey(key)) throw invalidParameters({ revert: `unknown option '${key}'` });
  for (const key of removed) {
    if (values.has(key)) {
      throw invalidParameters({ delete: `you can't use '-${key}' and -delete ${key}' at the same time` });
    }
    if (!proxmox.hasVmKey(key)) throw invalidParameters({ delete: `unknown option '${key}'` });
  }
  const vmid = request.vmid;
  const drives = drivesOf(request, values);
  demandDrives(drives);
  for (const [key, value] of values) if (/^net\d+$/.test(key)) values.set(key, withMac(proxmox, value));
  demandKeys(caller, vmid, removed);
  demandKeys(caller, vmid, values.keys());
  demandStorages(request, vmid, drives);
  for (const [key, value] of values) if (/^net\d+$/.test(key)) demandBridge(caller, proxmox, value);
  const vm = host.vm(vmid);
  demandMemory(vm, values);
  for (const key of reverted) {
    const current = vm.get(key);
    if (current !== undefined) values.set(key, current);
    else if (has(vm, key)) removed.push(key);
  }
  return () => {
    for (const key of removed) remove(request, vm, key);
    for (const [key, value] of values) write(request, vm, key, value, removed);
    vm.tidy();
    if (!vm.running) {
      vm.applyAll();
      return;
    }
    const errors = new Hotplug(vm, host.bridges).run();
    if (Object.keys(errors).length > 0) throw invalidParameters(errors);
  };
}

function demandMemory(vm: VirtualMachine, values: ReadonlyMap<string, string>): void {
  const wanted = (key: string) => values.get(key) ?? vm.getPending(key) ?? vm.get(key);
  if (!values.has("memory") && !values.has("balloon")) return;
  const memory = PropertyString.parse(wanted("memory") ?? "512", "current").get("current");
  if (Number(wanted("balloon") ?? 0) > Number(memory)) {
    throw new ApiError(500, "balloon value too large (must be smaller than assigned memory)");
  }
}

function remove({ cluster, caller }: ApiRequest, vm: VirtualMachine, key: string): void {
  const value = vm.get(key) ?? vm.getPending(key);
  if (value === undefined) return;
  const order = bootOrder(vm.getPending("boot") ?? vm.get("boot"));
  if (order.includes(key)) vm.wait("boot", `order=${order.filter((each) => each !== key).join(";")}`);
  if (/^unused\d+$/.test(key)) {
    demandUnprotected(vm, `can't remove unused disk '${value}'`);
    caller.demand(`/vms/${vm.id}`, "VM.Config.Disk");
    vm.remove(key);
    return;
  }
  if (isDrive(key)) {
    demandUnprotected(vm, `can't remove drive '${key}'`);
    demandDrive(caller, vm.id, vm.drive(key, value));
  } else if (/^serial\d+$/.test(key) && value !== "socket" && !caller.isRoot) {
    throw new ApiError(500, `only root can delete '${key}' config for real devices`);
  } else demandValue(caller, vm.id, key, value);
  if (/^net\d+$/.test(key)) demandBridge(caller, cluster.proxmox, value);
  if (key === "tags") vm.remove(key);
  else vm.wait(key, undefined);
}

function write(request: ApiRequest, vm: VirtualMachine, key: string, value: string, removed: readonly string[]): void {
  const { cluster, caller } = request;
  const before = vm.get(key);
  if (vm.getPending(key) === value) return;
  if (isDrive(key)) {
    if (before !== undefined) demandDrive(caller, vm.id, vm.drive(key, before));
    demandDrive(caller, vm.id, vm.drive(key, value));
    const kept = vm.prepared(key, value);
    vm.wait(key, kept);
    bootFrom(vm, key, vm.drive(key, kept));
    return;
  }
  if (/^serial\d+$/.test(key) && [before ?? "socket", value].some((each) => each !== "socket") && !caller.isRoot) {
    throw new ApiError(500, `only root can modify '${key}' config for real devices`);
  }
  if (before !== undefined) demandValue(caller, vm.id, key, before);
  demandValue(caller, vm.id, key, value);
  if (before !== undefined && /^net\d+$/.test(key)) demandBridge(caller, cluster.proxmox, before);
  if (key === "boot") {
    const missing = bootOrder(value).find(
      (device) => !(has(vm, device) || request.parameters.has(device)) || removed.includes(device),
    );
    if (missing !== undefined) throw new ApiError(500, `invalid bootorder: device '${missing}' does not exist'`);
  }
  if (key === "cipassword") vm.set(key, value);
  else vm.wait(key, vm.prepared(key, value));
}

/** A new CD drive is something to boot from, where there is an order at all. */
function bootFrom(vm: VirtualMachine, key: string, drive: Drive): void {
  const order = bootOrder(vm.getPending("boot") ?? vm.get("boot"));
  if (order.length === 0 || order.includes(key) || !drive.isCdrom || drive.isCloudinit) return;
  vm.wait("boot", `order=${[...order, key].join(";")}`);
}

const has = (vm: VirtualMachine, key: string): boolean => (vm.get(key) ?? vm.getPending(key)) !== undefined;

function demandUnprotected(vm: VirtualMachine, what: string): void {
  if (vm.get("protection") === "1") throw new ApiError(500, `${what} - protection mode enabled`);
}
