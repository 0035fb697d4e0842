import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import { demandAgent, guestInterfaces } from "./guest-agent";
import { PropertyString } from "./property-string";
import type { VirtualMachine } from "./virtual-machine";
import { demandMayWrite, demandValid, isDisk } from "./vm-key";

/** Parameters of the calls themselves, which are no keys of the configuration. */
const callParameters = new Set(["vmid", "node", "delete", "digest", "pool", "force", "storage", "start", "unique"]);

const configValues = (request: ApiRequest): Map<string, string> =>
  new Map([...request.parameters].filter(([key]) => !callParameters.has(key)));

const list = (text: string | undefined): string[] => (text ?? "").split(/[,;\s]+/).filter(Boolean);

/** Checks schema, privileges and storages before anything is done, as Proxmox does before it starts a task. */
function demandWritable(
  request: ApiRequest,
  vmid: number,
  values: ReadonlyMap<string, string>,
  vm?: VirtualMachine,
): void {
  const { host, caller } = request;
  demandValid(values);
  const removed = list(request.optional("delete")).filter((key) => vm?.get(key) !== undefined);
  for (const key of new Set([...values.keys(), ...removed])) {
    const touched = [vm?.get(key), values.get(key)].filter((value) => value !== undefined);
    demandMayWrite(caller, vmid, key, touched, host.mappings);
  }
  for (const [key, value] of values) {
    const file = isDisk(key) ? PropertyString.parse(value, "file").get("file") : undefined;
    if (!file?.includes(":")) continue;
    const storage = host.storages.of(file);
    caller.demand(`/storage/${storage.name}`, "Datastore.AllocateSpace");
  }
}

function create(request: ApiRequest): string {
  const { host, caller } = request;
  const vmid = request.integer("vmid", request.required("vmid"));
  if (vmid < 100 || vmid > 999_999_999) throw invalidParameters({ vmid: "value must have a minimum value of 100" });
  caller.demand(`/vms/${vmid}`, "VM.Allocate");
  const values = configValues(request);
  demandWritable(request, vmid, values);
  const pool = request.optional("pool");
  if (pool !== undefined && !host.pools.has(pool)) throw new ApiError(500, `pool '${pool}' does not exist`);
  explained(vmid, () => host.demandFree(vmid));
  return request.task("qmcreate", vmid, () =>
    explained(vmid, () => {
      host.createVm(vmid, (vm) => {
        for (const [key, value] of values) vm.set(key, value);
      });
      if (pool !== undefined) host.pools.get(pool)?.members.add(vmid);
    }),
  );
}

/** Puts Proxmox's introduction before the reason why a VM could not be created. */
function explained(vmid: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new ApiError(500, `unable to create VM ${vmid} - ${error instanceof Error ? error.message : error}`);
  }
}

/** Checks a change of the configuration, and returns how to make it. */
function change(request: ApiRequest): () => void {
  const vm = request.host.vm(request.vmid);
  const values = configValues(request);
  demandWritable(request, vm.id, values, vm);
  return () => {
    for (const key of list(request.optional("delete"))) vm.delete(key);
    for (const [key, value] of values) vm.set(key, value);
  };
}

function update(request: ApiRequest): null {
  change(request)();
  return null;
}

function pending({ host, caller, vmid }: ApiRequest) {
  caller.demand(`/vms/${vmid}`, "VM.Audit");
  return Object.entries(host.vm(vmid).config).map(([key, value]) => ({ key, value }));
}

function clone(request: ApiRequest): string {
  const { host, caller } = request;
  const source = host.vm(request.vmid);
  const newid = request.integer("newid", request.required("newid"));
  caller.demand(`/vms/${source.id}`, "VM.Clone");
  caller.demand(`/vms/${newid}`, "VM.Allocate");
  explained(newid, () => host.demandFree(newid));
  if (request.optional("full") === "0" && !source.template) {
    throw new ApiError(500, "Linked clone feature is not supported if the source is not a template");
  }
  return request.task("qmclone", source.id, () => {
    host.createVm(newid, (vm) => {
      vm.cloneFrom(source, request.optional("storage"));
      const name = request.optional("name");
      if (name !== undefined) vm.set("name", name);
    });
    const pool = request.optional("pool");
    if (pool !== undefined) host.pools.get(pool)?.members.add(newid);
  });
}

function moveDisk(request: ApiRequest): string {
  const { host, caller } = request;
  const vm = host.vm(request.vmid);
  const disk = request.required("disk");
  const target = host.storages.get(request.required("storage"));
  caller.demand(`/vms/${vm.id}`, "VM.Config.Disk");
  caller.demand(`/storage/${target.name}`, "Datastore.AllocateSpace");
  if (host.storages.of(vm.demandVolume(disk)) === target) {
    throw new ApiError(500, "you can't move to the same storage with same format");
  }
  return request.task("qmmove", vm.id, () => vm.move(disk, target));
}

const power =
  (type: string, work: (request: ApiRequest, vm: VirtualMachine) => void) =>
  (request: ApiRequest): string => {
    const vm = request.host.vm(request.vmid);
    request.caller.demand(`/vms/${vm.id}`, "VM.PowerMgmt");
    return request.task(type, vm.id, () => work(request, vm));
  };

const summary = (vm: VirtualMachine) => ({
  vmid: vm.id,
  name: vm.name,
  status: vm.running ? "running" : "stopped",
  ...(vm.get("tags") === undefined ? {} : { tags: vm.get("tags") }),
  ...(vm.template ? { template: 1 } : {}),
});

const visible = ({ host, caller }: ApiRequest): VirtualMachine[] =>
  caller.may("VM.Audit") ? [...host.vms.values()] : [];

/** Virtual machines. */
export const vmRoutes: readonly Route[] = [
  ["GET", "/nodes/:node/qemu", (request) => visible(request).map(summary)],
  ["POST", "/nodes/:node/qemu", create],
  [
    "GET",
    "/cluster/resources",
    (request) =>
      visible(request).map((vm) => ({ ...summary(vm), type: "qemu", id: `qemu/${vm.id}`, node: request.host.node })),
  ],
  [
    "GET",
    "/nodes/:node/qemu/:vmid/config",
    ({ host, caller, vmid }) => {
      caller.demand(`/vms/${vmid}`, "VM.Audit");
      return host.vm(vmid).config;
    },
  ],
  ["PUT", "/nodes/:node/qemu/:vmid/config", update],
  ["POST", "/nodes/:node/qemu/:vmid/config", (request) => request.task("qmconfig", request.vmid, change(request))],
  ["GET", "/nodes/:node/qemu/:vmid/pending", pending],
  [
    "GET",
    "/nodes/:node/qemu/:vmid/status/current",
    ({ host, caller, vmid }) => {
      caller.demand(`/vms/${vmid}`, "VM.Audit");
      return summary(host.vm(vmid));
    },
  ],
  ["POST", "/nodes/:node/qemu/:vmid/status/start", power("qmstart", ({ host }, vm) => host.start(vm))],
  ["POST", "/nodes/:node/qemu/:vmid/status/stop", power("qmstop", ({ host }, vm) => host.stop(vm))],
  ["POST", "/nodes/:node/qemu/:vmid/status/shutdown", power("qmshutdown", ({ host }, vm) => host.stop(vm))],
  [
    "POST",
    "/nodes/:node/qemu/:vmid/status/reboot",
    power("qmreboot", ({ host }, vm) => {
      host.stop(vm);
      host.start(vm);
    }),
  ],
  [
    "PUT",
    "/nodes/:node/qemu/:vmid/resize",
    (request) => {
      const vm = request.host.vm(request.vmid);
      request.caller.demand(`/vms/${vm.id}`, "VM.Config.Disk");
      return request.task("resize", vm.id, () => vm.resize(request.required("disk"), request.required("size")));
    },
  ],
  ["POST", "/nodes/:node/qemu/:vmid/move_disk", moveDisk],
  ["POST", "/nodes/:node/qemu/:vmid/clone", clone],
  [
    "POST",
    "/nodes/:node/qemu/:vmid/template",
    (request) => {
      const vm = request.host.vm(request.vmid);
      request.caller.demand(`/vms/${vm.id}`, "VM.Allocate");
      return request.task("qmtemplate", vm.id, () => vm.set("template", "1"));
    },
  ],
  [
    "PUT",
    "/nodes/:node/qemu/:vmid/cloudinit",
    ({ host, caller, vmid }) => {
      caller.demand(`/vms/${host.vm(vmid).id}`, "VM.Config.Cloudinit");
      return null;
    },
  ],
  [
    "GET",
    "/nodes/:node/qemu/:vmid/agent/network-get-interfaces",
    (request) => ({ result: guestInterfaces(demandAgent(request)) }),
  ],
  ["POST", "/nodes/:node/qemu/:vmid/agent/ping", (request) => ({ result: demandAgent(request) && {} })],
  [
    "DELETE",
    "/nodes/:node/qemu/:vmid",
    (request) => {
      const vm = request.host.vm(request.vmid);
      request.caller.demand(`/vms/${vm.id}`, "VM.Allocate");
      return request.task("qmdestroy", vm.id, () => request.host.destroy(vm));
    },
  ],
];
