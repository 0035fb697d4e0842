import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type App, LocalBackend, TerraformStack } from "cdktf";
import { ProxmoxConnection, ProxmoxGpuVm, type ProxmoxGpuVmProps } from "../../constructs";
import { type Change, changesOf } from "../../review/plan";
import type { Lab } from "../lab";
import type { ProxmoxHost } from "../proxmox/host";
import type { JournalEntry } from "../proxmox/journal";
import { graphicsCard } from "../proxmox/pci-device";
import { SimulatedProxmox } from "../proxmox/server";
import { gibibyte } from "../proxmox/size";
import type { Refusal, Terraform } from "../terraform";
import { type Case, cases, type Wanted } from "./cases";
import { after, before } from "./props";
import type { Restart, Row } from "./row";
import { dataDisk, defaultSite } from "./site";

const part = "vm";
const password = "of-the-host-of-vms";

/** The default VM, with a GPU, an id and an address in Terraform of its own. */
class VmCase {
  constructor(
    readonly index: number,
    readonly each: Case,
  ) {}

  get id(): string {
    return `vm_${String(this.index).padStart(3, "0")}`;
  }

  /** Whether something in Terraform is of this VM. */
  owns(address = ""): boolean {
    return address.includes(`.${this.id}`);
  }

  /** An address as the default stack has it. */
  named(address: string): string {
    return address.startsWith("proxmox_hardware_mapping_pci.")
      ? address.replace(this.id, "gpu")
      : address.replace(this.id, "talos_node");
  }

  get vmId(): number {
    return 1000 + this.index;
  }

  /** Whether the change is one of its GPU: others have none, as Terraform looks through all cards of the host for each. */
  get hasGpu(): boolean {
    return this.each.prop.startsWith("gpus");
  }

  get cards() {
    if (!this.hasGpu) return [];
    const hasSpare = JSON.stringify(this.each).includes("SPARE");
    const places = [this.index * 2, ...(hasSpare ? [this.index * 2 + 1] : [])];
    return places.map((place) => ({
      address: `${(16 + place).toString(16).padStart(2, "0")}:00`,
      group: 100 + place,
      mdev: this.each.prop.endsWith("mdev"),
    }));
  }

  props(change: typeof before): ProxmoxGpuVmProps {
    const { vm } = defaultSite;
    const base = {
      ...vm,
      vmId: this.vmId,
      disks: [...vm.disks, dataDisk],
      boot: { image: { fileId: "local:import/talos.qcow2", guestAgent: true } },
      gpus: this.hasGpu ? [{ ...vm.gpus[0], address: "GPU" }] : [],
    };
    return this.placed(change(this.each, base)) as ProxmoxGpuVmProps;
  }

  private placed(props: object): object {
    const [own, spare] = this.cards;
    const places = {
      GPU: own?.address,
      GROUP: own?.group,
      SPARE: spare?.address,
      "SPARE GROUP": spare?.group,
      MAPPING: this.id,
      OTHER: `${this.id}-other`,
    };
    // No two VMs have the same address.
    const ownSubnet = (text: string) =>
      text.replace(/^192[.]168[.]1[.]/, `10.1.${this.index}.`).replace(/^2001:db8::/, `2001:db8:${this.index}::`);
    return JSON.parse(JSON.stringify(props), (_, value) =>
      typeof value === "string" ? (places[value as keyof typeof places] ?? ownSubnet(value)) : value,
    );
  }
}

/** Those that are wanted, numbered among all. */
const vmCasesOf = (isWanted: Wanted): VmCase[] =>
  cases.vm.map((each, index) => new VmCase(index, each)).filter(({ each }) => isWanted(part, each));

const stackOf =
  (endpoint: string, vmCases: readonly VmCase[], propsOf: (vmCase: VmCase) => ProxmoxGpuVmProps | object) =>
  (app: App): void => {
    const stack = new TerraformStack(app, "vms");
    new LocalBackend(stack, { path: "terraform.tfstate" });
    const { proxmox } = defaultSite;
    const connection = new ProxmoxConnection(stack, "proxmox", { ...proxmox, endpoint });
    for (const vmCase of vmCases)
      new ProxmoxGpuVm(stack, vmCase.id, { ...(propsOf(vmCase) as ProxmoxGpuVmProps), connection });
  };

/** A host with what all of them name, on which nothing runs in the VMs. */
async function hostOfVms(vmCases: readonly VmCase[]): Promise<SimulatedProxmox> {
  const byHand = [
    { id: "gpu-a", address: "f0:00", group: 240, mdev: false },
    { id: "gpu-b", address: "f1:00", group: 241, mdev: false },
  ];
  const cards = [...vmCases.flatMap(({ cards }) => cards), ...byHand];
  const devices = cards.flatMap(({ address, group, mdev }) =>
    graphicsCard(`0000:${address}`, group).map((device) => ({ ...device, ...(mdev && { mdev: 1 as const }) })),
  );
  const capacity = 1024 ** 5;
  const disks = { type: "lvmthin", content: ["images", "rootdir"], capacity } as const;
  const proxmox = await SimulatedProxmox.start({
    accounts: [{ id: "root@pam", secret: password }],
    storages: [
      { name: "local", type: "dir", content: ["iso", "import", "images", "backup"], capacity },
      { name: "backups", type: "dir", content: ["backup"], capacity },
      { ...disks, name: "local-lvm" },
      { ...disks, name: "other" },
    ],
    bridges: [{ name: "vmbr0" }, { name: "vmbr1" }],
    devices,
    memory: 1024 ** 5,
    furtherNodes: [{ node: "pve2", devices }],
  });
  const { host } = proxmox;
  for (const { id, address, group } of byHand) {
    const map = `id=10de:2684,node=${host.node},path=0000:${address},iommugroup=${group},subsystem-id=1458:40bf`;
    host.mappings.create({ id, map: [map] });
  }
  const image = { content: "import", format: "qcow2", size: gibibyte, virtualSize: 4 * gibibyte };
  for (const name of ["talos", "other"]) {
    const local = host.storages.get("local");
    local.add({ ...image, volid: `local:import/${name}.qcow2` });
    local.add({ ...image, content: "iso", format: "iso", volid: `local:iso/${name}.iso` });
  }
  for (const [id, name] of [
    [9000, "talos-template"],
    [9001, "other"],
  ] as const) {
    const template = host.createVm(id, (vm) => {
      const values = { name, bios: "ovmf", machine: "q35", scsihw: "virtio-scsi-pci", agent: "enabled=1" };
      const drives = { efidisk0: "local-lvm:1,efitype=4m,pre-enrolled-keys=0", scsi0: "local-lvm:10" };
      for (const [key, value] of Object.entries({ ...values, ...drives })) vm.set(key, value);
    });
    template.makeTemplate();
  }
  return proxmox;
}

/** What a change of each prop of the VM does: what Terraform plans, and whether the host switches the VM off for it. */
export async function changesOfVm(lab: Lab, isWanted: Wanted): Promise<Row[]> {
  const vmCases = vmCasesOf(isWanted);
  if (vmCases.length === 0) return [];
  const proxmox = await hostOfVms(vmCases);
  lab.trust(proxmox, "vms");
  const output = "vms";
  const write = (change: (vmCase: VmCase) => typeof before) =>
    lab.synthesize(
      stackOf(proxmox.endpoint, vmCases, (vmCase) => vmCase.props(change(vmCase))),
      output,
    );
  try {
    write(() => before);
    const terraform = lab.terraform(join(lab.directory, output, "stacks", "vms"), {
      TF_VAR_proxmox_password: password,
    });
    await terraform.init();
    await terraform.succeed("apply", "-auto-approve", "-no-color", ...wide);
    // A state does not know what was created within the second of its plan.
    await setTimeout(1000);

    write(() => after);
    const refusals = refusalsOf(await terraform.planned(...wide));
    const refused = (vmCase: VmCase) => refusals.find(({ address }) => vmCase.owns(address));
    write((vmCase) => (refused(vmCase) ? before : after));
    const planned = await terraform.planned(...wide);
    if ("refusals" in planned) throw new Error(planned.refusals.map(({ text }) => text).join("\n"));
    const asked = proxmox.journal.entries.length;
    const { host } = proxmox;
    const contents = new Map(vmCases.map(({ vmId }) => [vmId, contentsOf(host, vmId)]));
    const { code, output: said } = await terraform.applyPlanned(...wide);
    if (code !== 0) throw new Error(said);
    const journal = proxmox.journal.entries.slice(asked);
    const changes = changesOf(planned.plan);
    const own = (vmCase: VmCase) => changes.filter(({ address }) => vmCase.owns(address));
    const seen = { journal, host, contents };
    const unseen = vmCases.flatMap((vmCase) => [
      ...untrue(vmCase, own(vmCase), seen),
      ...lostBy(vmCase, own(vmCase), seen),
    ]);
    if (unseen.length > 0) throw new Error(unseen.join("\n"));
    return vmCases.map((vmCase): Row => {
      const refusal = refused(vmCase);
      if (refusal) return { part, each: vmCase.each, refusal: refusal.text, changes: [] };
      const named = own(vmCase).map((change) => ({ ...change, address: vmCase.named(change.address) }));
      return { part, each: vmCase.each, changes: named, restart: restartOf(requestsOf(vmCase, journal)) };
    });
  } finally {
    await proxmox.stop();
  }
}

const wide = ["-refresh=false", "-parallelism=100"];

const refusalsOf = (planned: Awaited<ReturnType<Terraform["planned"]>>): readonly Refusal[] =>
  "refusals" in planned ? planned.refusals : [];

/** What the review tells of the VM and its firewall, and its host does not do, or the other way round. */
function untrue(vmCase: VmCase, changes: readonly Change[], { journal, host }: Seen): string[] {
  const { vmId, each } = vmCase;
  const asked = requestsOf(vmCase, journal);
  const toldOf = (type: string) =>
    changes.filter(({ address }) => address.startsWith(type)).map(({ effect }) => effect);
  const told = toldOf(vmType);
  const ofFirewall = asked.filter(isOfFirewall);
  const isOff = restartOf(asked) !== undefined;
  const waits = host.vm(vmId).waiting;
  // A disk may be lost while the VM runs.
  const isRight = isOff ? told.includes("restarted") || told.includes("lost") : !told.includes("restarted");
  const filtered = toldOf(firewallTypes);
  const isFiltered = filtered.some((effect) => effect !== "recorded") === ofFirewall.length > 0;
  if (isRight && isFiltered && told.includes("pending") === waits.length > 0) return [];
  const seen = `${asked.join(", ") || "nothing"}, and ${waits.join(", ") || "nothing"} waits`;
  return [
    `of ${each.prop} the review tells: ${told.join(", ") || "nothing"}, and of its firewall: ${filtered.join(", ") || "nothing"}; the host was asked: ${seen}`,
  ];
}

/** The host, what it was asked while the changes were applied, and what was on the disks of each VM before. */
interface Seen {
  readonly journal: readonly JournalEntry[];
  readonly host: ProxmoxHost;
  readonly contents: ReadonlyMap<number, Contents>;
}

/** What a VM's host was asked to change of it. */
const requestsOf = ({ vmId }: VmCase, journal: readonly JournalEntry[]): string[] =>
  journal.flatMap(({ method, path }) => {
    const [, id, rest = ""] = /[/]qemu[/]([0-9]+)[/]?(.*)$/.exec(path) ?? [];
    return method !== "GET" && Number(id) === vmId ? [`${method} ${rest}`] : [];
  });

const isOfFirewall = (request: string): boolean => / firewall[/]/.test(request);

/** How the VM is switched off, if it is. What the host takes from its firewall does not touch it. */
function restartOf(requests: readonly string[]): Restart | undefined {
  const own = requests.filter((request) => !isOfFirewall(request));
  if (own.some((request) => /status[/](shutdown|reboot)$/.test(request))) return "shut down";
  return own.some((request) => /status|DELETE/.test(request)) ? "stopped" : undefined;
}

/** What is on the disks of a VM, by their interfaces: a disk that is made anew has another identity, one that moves has its own. */
type Contents = Readonly<Record<string, string>>;

function contentsOf(host: ProxmoxHost, vmId: number): Contents {
  const vm = host.vm(vmId);
  const disks = Object.entries(vm.config).filter(([key]) => /^scsi[0-9]+$/.test(key));
  return Object.fromEntries(
    disks.map(([key, value]) => [key, vm.volume(String(value).split(",")[0] ?? "")?.identity ?? ""]),
  );
}

/** A disk that has lost its content, though the review does not tell so. */
function lostBy({ vmId, each }: VmCase, changes: readonly Change[], { host, contents }: Seen): string[] {
  if (changes.some(isLossOfVm)) return [];
  const now = contentsOf(host, vmId);
  return Object.entries(contents.get(vmId) ?? {}).flatMap(([key, identity]) =>
    now[key] === identity ? [] : [`of ${each.prop}: the content of ${key} is lost`],
  );
}

const vmType = "proxmox_virtual_environment_vm.";

/** Whether disks of the VM are lost, of which a change of it tells. */
export const isLossOfVm = ({ address, effect }: Change): boolean => address.startsWith(vmType) && effect === "lost";

const firewallTypes = "proxmox_virtual_environment_firewall_";
