import { mkdirSync, mkdtempSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { defaultTalosVersion } from "../constructs/talos/version";
import type { ProxmoxHost } from "./proxmox/host";
import { kernelModuleOf } from "./proxmox/pci-device";
import { PropertyString } from "./proxmox/property-string";
import type { VirtualMachine } from "./proxmox/virtual-machine";
import { type Hardware, type NodeFault, TalosNode, type TalosSystem } from "./talos-node";

export interface GuestOptions {
  /**
   * What goes wrong with the nodes, from their first moment on: with all of them, or with each by its VM's id.
   *
   * @default - nothing
   */
  readonly nodeFaults?: readonly NodeFault[] | ((vmid: number) => readonly NodeFault[]);
}

/** A VM's Talos node, and the last that was done to its power. */
interface Guest {
  readonly node: Promise<TalosNode>;
  /** Keeps what is on the disk that it boots from. */
  readonly directory: string;
  power: Promise<void>;
}

/** What runs in the VMs of a host: a VM that is switched on becomes a Talos node, whose disk is the VM's. */
export class Guests {
  private readonly guests = new Map<number, Guest>();

  /** @param directory keeps what is on the disks, and what the nodes tell each other */
  constructor(
    private readonly host: ProxmoxHost,
    private readonly directory: string,
    private readonly options: GuestOptions,
  ) {
    host.power.on("on", (vm) => {
      const address = addressOf(vm);
      const hardware = this.hardwareOf(vm);
      if (this.guests.has(vm.id)) this.switch(vm, (node) => node.powerOn(hardware));
      // Without an address nobody could reach the node.
      else if (isIP(address)) this.guests.set(vm.id, this.boot(vm, address, hardware));
    });
    host.power.on("leaving", (vm, work) => {
      const guest = this.guests.get(vm.id);
      // Talos shuts down in any case.
      if (guest)
        work.push(
          this.node(vm.id)
            .then((node) => node.drain())
            .catch(() => {}),
        );
    });
    host.power.on("off", (vm) => this.switch(vm, (node) => node.powerOff()));
    host.power.on("destroyed", async (vm) => {
      const guest = this.guests.get(vm.id);
      this.guests.delete(vm.id);
      await (await guest?.node.catch(() => undefined))?.stop();
    });
  }

  /** The Talos node in a VM that was switched on. */
  async node(vmid: number): Promise<TalosNode> {
    const guest = this.guests.get(vmid);
    if (!guest) throw new Error(`VM ${vmid} was never switched on with an address`);
    await guest.power;
    return guest.node;
  }

  /** Where is what is on the disk that a VM boots from. */
  directoryOf(vmid: number): string {
    return this.guests.get(vmid)?.directory ?? "";
  }

  /** Where is what is on another disk, by its identity. */
  diskDirectory(identity: string): string {
    return join(this.directory, "disks", identity);
  }

  /** The Talos nodes of all VMs that are there. */
  async all(): Promise<TalosNode[]> {
    const nodes = await Promise.allSettled([...this.guests.values()].map(({ node }) => node));
    return nodes.flatMap((node) => (node.status === "fulfilled" ? [node.value] : []));
  }

  async stop(): Promise<void> {
    for (const node of await this.all()) await node.stop();
  }

  /** What went wrong is heard by whoever asks for the node; nobody may. */
  private switch(vm: VirtualMachine, change: (node: TalosNode) => Promise<void>): void {
    const guest = this.guests.get(vm.id);
    if (!guest) return;
    guest.power = guest.power.then(async () => change(await guest.node));
    guest.power.catch(() => {});
  }

  private boot(vm: VirtualMachine, address: string, hardware: Hardware): Guest {
    const { nodeFaults } = this.options;
    const faults = typeof nodeFaults === "function" ? nodeFaults(vm.id) : (nodeFaults ?? []);
    // A VM of an earlier one's id has disks of its own.
    const disks = join(this.directory, "nodes");
    mkdirSync(disks, { recursive: true });
    const directory = mkdtempSync(join(disks, `${vm.id}-`));
    const discovery = join(this.directory, "discovery");
    const disk = bootsFromVirtio(vm) ? "/dev/vda" : "/dev/sda";
    const node = TalosNode.start({ address, directory, discovery, hardware, disk, system: systemOf(vm), faults });
    node.catch(() => {});
    return { node, directory, power: Promise.resolve() };
  }

  private hardwareOf(vm: VirtualMachine): Hardware {
    const cores = Number(vm.get("cores") ?? 1) * Number(vm.get("sockets") ?? 1);
    const graphics = this.host.passedTo(vm).filter(({ class: kind }) => /^0x03/.test(kind));
    const gpus = graphics.filter(({ vendor }) => vendor === "0x10de").length;
    const cards: Record<string, number> = {};
    for (const device of graphics) {
      const module = kernelModuleOf(device);
      if (module !== undefined) cards[module] = (cards[module] ?? 0) + 1;
    }
    const memory = Number(vm.get("memory") ?? 512);
    return { cores, memory, gpus, cards, links: macAddressesOf(vm), disks: this.disksOf(vm) };
  }

  /** The disks beside the one that it boots from; what is on them stays with them, in whichever VM they are. */
  private disksOf(vm: VirtualMachine): Hardware["disks"] {
    return Object.keys(vm.config)
      .filter((key) => /^scsi[1-9]\d*$/.test(key))
      .flatMap((key) => {
        const [volid = ""] = String(vm.get(key)).split(",");
        const { identity } = vm.volume(volid) ?? {};
        if (identity === undefined) return [];
        const directory = this.diskDirectory(identity);
        mkdirSync(directory, { recursive: true });
        return [{ interface: key, directory }];
      });
  }
}

/** Whether the first disk that the VM boots from is on virtio, which Linux names otherwise than those of the other buses. */
const bootsFromVirtio = (vm: VirtualMachine): boolean => /\border=virtio/.test(String(vm.get("boot")));

/** The MAC addresses of the VM's network devices, as Proxmox keeps them. */
const macAddressesOf = (vm: VirtualMachine): string[] =>
  Object.entries(vm.config)
    .filter(([key]) => /^net\d+$/.test(key))
    .sort(([one], [other]) => Number(one.slice("net".length)) - Number(other.slice("net".length)))
    .flatMap(([, device]) => /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/i.exec(String(device))?.[0] ?? []);

/** The address that the VM's cloud-init drive gives it. */
function addressOf(vm: VirtualMachine): string {
  const given = PropertyString.parse(vm.get("ipconfig0") ?? "", "ip");
  const [address = ""] = (given.get("ip") ?? given.get("ip6"))?.split("/") ?? [];
  return address;
}

/** The Talos in the image that the VM's disk was made from. Images of the Image Factory say it in their name. */
function systemOf(vm: VirtualMachine): TalosSystem {
  const [, version, schematic] = /talos-(v[\d.]+)-([0-9a-f]{64})/.exec(vm.importedFrom("scsi0") ?? "") ?? [];
  return { version: version ?? defaultTalosVersion, schematic };
}
