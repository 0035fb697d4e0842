import { ApiError, missingPrivilege } from "./api-error";
import type { ApiRequest } from "./api-request";
import { isDrive } from "./drive";
import type { VirtualMachine } from "./virtual-machine";
import { demandBridge, demandHostDevice, demandKeys, demandValue } from "./vm-key";
import { demandClone, demandDrives, demandStorages, drivesOf } from "./vm-storage";

/** Parameters of the call itself, which are no keys of the configuration. */
const callParameters = new Set([
  ...["node", "vmid", "archive", "bwlimit", "force", "ha-managed", "import-working-storage", "live-restore"],
  ...["pool", "start", "storage", "unique"],
]);

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Puts Proxmox's introduction before the reason why a VM could not be created. */
function explained<Result>(vmid: number, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new ApiError(500, `unable to create VM ${vmid} - ${reasonOf(error)}`);
  }
}

function demandPool({ host }: ApiRequest, pool: string | undefined): void {
  if (pool !== undefined && !host.pools.has(pool)) throw missingPrivilege(`pool '${pool}' does not exist`);
}

/** Creates a VM. */
export function create(request: ApiRequest): string {
  const { cluster, host } = request;
  const { proxmox } = cluster;
  const vmid = Number(request.required("vmid"));
  const pool = request.optional("pool");
  const caller = request.caller.creatingIn(pool, vmid);
  const values = new Map([...request.parameters].filter(([key]) => !callParameters.has(key)));
  demandPool(request, pool);
  if (request.flag("start")) caller.demand(`/vms/${vmid}`, "VM.PowerMgmt");
  if (!caller.may(`/vms/${vmid}`, "VM.Allocate")) throw missingPrivilege("");
  const drives = drivesOf(request, values);
  demandStorages(request, vmid, drives);
  demandKeys(caller, vmid, values.keys());
  for (const [key, value] of values) {
    // The tags are looked at when the VM is made.
    if (key !== "tags") demandValue(caller, vmid, key, value);
    if (/^net\d+$/.test(key)) demandBridge(caller, proxmox, value);
  }
  demandDrives(drives);
  explained(vmid, () => cluster.demandFree(vmid));
  return request.task("qmcreate", vmid, () => {
    const vm = explained(vmid, () =>
      host.createVm(vmid, (vm) => {
        // Volumes are numbered in this order.
        for (const [key, value] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) {
          if (key === "tags") demandValue(caller, vmid, key, value);
          vm.set(key, value);
        }
        const order = defaultBootOrder(vm);
        if (vm.get("boot") === undefined && order.length > 0) vm.set("boot", `order=${order.join(";")}`);
      }),
    );
    if (pool !== undefined) host.pools.get(pool)?.members.add(vmid);
    if (request.flag("start")) host.start(vm);
  });
}

const byBus = ["ide", "scsi", "virtio", "sata"];

/** The first disk, the first CD drive and the first network device. */
function defaultBootOrder(vm: VirtualMachine): string[] {
  const drives = byBus.flatMap((bus) => vm.numbered(bus)).filter(([key]) => isDrive(key));
  const first = (cdrom: boolean) => drives.find(([key, value]) => vm.drive(key, value).isCdrom === cdrom)?.[0];
  return [first(false), first(true), vm.numbered("net")[0]?.[0]].filter((key) => key !== undefined);
}

/** Clones a VM, or the template of one. */
export function clone(request: ApiRequest): string {
  const { cluster, host, caller } = request;
  const { proxmox } = cluster;
  const [newid, pool, storage] = [
    Number(request.required("newid")),
    request.optional("pool"),
    request.optional("storage"),
  ];
  const target = cluster.host(request.optional("target") ?? host.node);
  demandPool(request, pool);
  const source = host.vm(request.vmid);
  const full = request.parameters.has("full") ? request.flag("full") : !source.template;
  if (storage !== undefined && !full) throw new ApiError(500, "parameter 'storage' not allowed for linked clones");
  demandClone(request, source, storage);
  for (const [key, value] of Object.entries(source.currentConfig)) demandHostDevice(caller, key, String(value));
  for (const [, value] of source.numbered("net")) demandBridge(caller, proxmox, value);
  if (target !== host) {
    throw new ApiError(500, `can't clone VM to node '${target.node}' (VM uses local storage)`);
  }
  if (!full && !source.template) {
    throw new ApiError(500, "Linked clone feature is not supported if the source is not a template");
  }
  if (host.vms.has(newid)) throw new ApiError(500, `unable to create VM ${newid}: config file already exists`);
  explained(newid, () => cluster.demandFree(newid));
  return request.task("qmclone", source.id, () => {
    try {
      host.createVm(newid, (vm) => {
        vm.cloneFrom(source, storage);
        vm.set("name", request.optional("name") ?? `Copy-of-VM-${source.get("name") ?? source.id}`);
        const description = request.optional("description");
        if (description !== undefined) vm.set("description", description);
      });
    } catch (error) {
      throw new Error(`clone failed: ${reasonOf(error)}`);
    }
    if (pool !== undefined) host.pools.get(pool)?.members.add(newid);
  });
}
