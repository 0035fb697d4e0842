import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import { demandAgent, guestInterfaces } from "./guest-agent";
import { all, any, both, either, everyone, type Permission } from "./permission";
import type { VirtualMachine } from "./virtual-machine";
import { clone, create } from "./vm-create";
import { isVisible, summary } from "./vm-summary";
import { change } from "./vm-update";

const vmPath = "/nodes/:node/qemu/:vmid";
const audit = all("/vms/:vmid", "VM.Audit");
const configure = any(
  "/vms/:vmid",
  ...["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"].map((name) => `VM.Config.${name}`),
);

/** Proxmox 9 has privileges for the guest agent; before, the monitor's is asked for. */
const agent: Permission = (caller, parameters, version) =>
  version.startsWith("8.")
    ? all("/vms/:vmid", "VM.Monitor")(caller, parameters, version)
    : any("/vms/:vmid", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted")(caller, parameters, version);

const power =
  (type: string, work: (request: ApiRequest, vm: VirtualMachine) => void | Promise<void>) =>
  (request: ApiRequest): string => {
    const vm = request.host.vm(request.vmid);
    return request.task(type, vm.id, () => work(request, vm));
  };

/** The drive that a call names, with its volume. */
function diskOf(vm: VirtualMachine, key: string): { readonly volid: string; readonly isCdrom: boolean } {
  const value = vm.get(key);
  if (value === undefined) throw new ApiError(500, `disk '${key}' does not exist`);
  const drive = vm.drive(key, value);
  if (drive.volid === undefined) throw new ApiError(500, `disk '${key}' has no associated volume`);
  return { volid: drive.volid, isCdrom: drive.isCdrom };
}

function moveDisk(request: ApiRequest): string {
  const { host, caller } = request;
  const [disk, storage] = [request.required("disk"), request.optional("storage")];
  if (storage === undefined) throw new ApiError(400, "please provide one of storage or target-vmid");
  caller.demand(`/storage/${storage}`, "Datastore.AllocateSpace");
  const vm = host.vm(request.vmid);
  const target = host.storages.get(storage);
  const { volid, isCdrom } = diskOf(vm, disk);
  if (isCdrom) throw new ApiError(500, "you can't move a cdrom");
  if (host.storages.of(volid) === target)
    throw new ApiError(500, "you can't move to the same storage with same format");
  if (!target.holds("images")) throw invalidParameters({ storage: `storage '${storage}' does not support vm images` });
  return request.task("qmmove", vm.id, () => vm.move(disk, target, request.flag("delete")));
}

function resize(request: ApiRequest): string {
  const vm = request.host.vm(request.vmid);
  const disk = request.required("disk");
  return request.task("resize", vm.id, () => {
    const { volid, isCdrom } = diskOf(vm, disk);
    if (isCdrom) throw new Error("you can't resize a cdrom");
    request.caller.demand(`/storage/${volid.split(":")[0]}`, "Datastore.AllocateSpace");
    vm.resize(disk, request.required("size"));
  });
}

function makeTemplate(request: ApiRequest): string {
  const vm = request.host.vm(request.vmid);
  if (vm.template) throw new ApiError(500, "you can't convert a template to a template");
  if (vm.running) throw new ApiError(500, "you can't convert a VM to template if VM is running");
  return request.task("qmtemplate", vm.id, () => vm.makeTemplate());
}

/** Virtual machines. */
export const vmRoutes: readonly Route[] = [
  [
    "GET",
    "/nodes/:node/qemu",
    everyone,
    ({ host, caller }) => [...host.vms.values()].filter((vm) => isVisible(caller, vm)).map(summary),
  ],
  ["POST", "/nodes/:node/qemu", everyone, create],
  [
    "GET",
    `${vmPath}/config`,
    audit,
    (request) => {
      const vm = request.host.vm(request.vmid);
      return request.flag("current") ? vm.currentConfig : vm.config;
    },
  ],
  [
    "PUT",
    `${vmPath}/config`,
    configure,
    (request) => {
      change(request)();
      return null;
    },
  ],
  ["POST", `${vmPath}/config`, configure, (request) => request.task("qmconfig", request.vmid, change(request))],
  ["GET", `${vmPath}/pending`, audit, ({ host, vmid }) => host.vm(vmid).pendingConfig],
  ["GET", `${vmPath}/status/current`, audit, ({ host, vmid }) => summary(host.vm(vmid))],
  [
    "POST",
    `${vmPath}/status/start`,
    all("/vms/:vmid", "VM.PowerMgmt"),
    power("qmstart", ({ host }, vm) => host.start(vm)),
  ],
  [
    "POST",
    `${vmPath}/status/stop`,
    all("/vms/:vmid", "VM.PowerMgmt"),
    power("qmstop", ({ host }, vm) => host.stop(vm)),
  ],
  [
    "POST",
    `${vmPath}/status/shutdown`,
    all("/vms/:vmid", "VM.PowerMgmt"),
    power("qmshutdown", ({ host }, vm) => host.shutDown(vm)),
  ],
  [
    "POST",
    `${vmPath}/status/reboot`,
    all("/vms/:vmid", "VM.PowerMgmt"),
    (request) => {
      const vm = request.host.vm(request.vmid);
      if (!vm.running) throw new ApiError(500, `VM ${vm.id} not running`);
      return request.task("qmreboot", vm.id, () => request.host.reboot(vm));
    },
  ],
  ["PUT", `${vmPath}/resize`, all("/vms/:vmid", "VM.Config.Disk"), resize],
  ["POST", `${vmPath}/move_disk`, all("/vms/:vmid", "VM.Config.Disk"), moveDisk],
  [
    "POST",
    `${vmPath}/clone`,
    both(all("/vms/:vmid", "VM.Clone"), either(all("/vms/:newid", "VM.Allocate"), all("/pool/:pool", "VM.Allocate"))),
    clone,
  ],
  ["POST", `${vmPath}/template`, all("/vms/:vmid", "VM.Allocate"), makeTemplate],
  [
    "PUT",
    `${vmPath}/cloudinit`,
    all("/vms/:vmid", "VM.Config.Cloudinit"),
    ({ host, vmid }) => {
      host.vm(vmid);
      return null;
    },
  ],
  [
    "GET",
    `${vmPath}/agent/network-get-interfaces`,
    agent,
    (request) => ({ result: guestInterfaces(demandAgent(request)) }),
  ],
  ["POST", `${vmPath}/agent/ping`, agent, (request) => ({ result: demandAgent(request) && {} })],
  [
    "DELETE",
    vmPath,
    all("/vms/:vmid", "VM.Allocate"),
    (request) => {
      const vm = request.host.vm(request.vmid);
      request.host.demandDestroyable(vm);
      return request.task("qmdestroy", vm.id, () => request.host.destroy(vm));
    },
  ],
];
