import { isIP } from "node:net";
import { join } from "node:path";
import type { TalosMinor } from "./build";
import type { ProxmoxHost } from "./proxmox/host";
import { PropertyString } from "./proxmox/property-string";
import type { VirtualMachine } from "./proxmox/virtual-machine";
import { type Hardware, type NodeFault, TalosNode } from "./talos-node";

export interface GuestOptions {
  /**
   * Talos minor that runs in the VMs.
   *
   * @default - the one the simulated node is built with
   */
  readonly talos?: TalosMinor;
  /**
   * What goes wrong with the nodes, from their first moment on.
   *
   * @default - nothing
   */
  readonly nodeFaults?: readonly NodeFault[];
}

/** What runs in the VMs of a host: a VM that is switched on becomes a Talos node, whose disk is the VM's. */
export class Guests {
  private readonly nodes = new Map<number, Promise<TalosNode>>();

  /** @param directory keeps what is on the disks */
  constructor(
    private readonly host: ProxmoxHost,
    private readonly directory: string,
    private readonly options: GuestOptions,
  ) {
    host.power.on("on", (vm) => {
      const running = this.nodes.get(vm.id);
      const address = addressOf(vm);
      // Without an address nobody could reach the node.
      if (running)
        this.keep(
          vm,
          this.after(running, (node) => node.powerOn(this.hardwareOf(vm))),
        );
      else if (isIP(address)) this.keep(vm, this.boot(vm, address));
    });
    host.power.on("off", (vm) => {
      const running = this.nodes.get(vm.id);
      if (running)
        this.keep(
          vm,
          this.after(running, (node) => node.powerOff()),
        );
    });
    host.power.on("destroyed", async (vm) => {
      const node = this.nodes.get(vm.id);
      this.nodes.delete(vm.id);
      await (await node?.catch(() => undefined))?.stop();
    });
  }

  /** The Talos node in a VM that was switched on. */
  async node(vmid: number): Promise<TalosNode> {
    const node = await this.nodes.get(vmid);
    if (!node) throw new Error(`VM ${vmid} was never switched on with an address`);
    return node;
  }

  /** The Talos nodes of all VMs that are there. */
  async all(): Promise<TalosNode[]> {
    const nodes = await Promise.allSettled(this.nodes.values());
    return nodes.flatMap((node) => (node.status === "fulfilled" ? [node.value] : []));
  }

  async stop(): Promise<void> {
    for (const node of await this.all()) await node.stop();
  }

  private keep(vm: VirtualMachine, node: Promise<TalosNode>): void {
    // Whoever asks for the node hears what went wrong with it; nobody may.
    node.catch(() => {});
    this.nodes.set(vm.id, node);
  }

  private async after(node: Promise<TalosNode>, change: (node: TalosNode) => Promise<void>): Promise<TalosNode> {
    await change(await node);
    return node;
  }

  private boot(vm: VirtualMachine, address: string): Promise<TalosNode> {
    const { talos: minor, nodeFaults: faults = [] } = this.options;
    const directory = join(this.directory, String(vm.id));
    return TalosNode.start({ address, directory, hardware: this.hardwareOf(vm), minor, faults });
  }

  private hardwareOf(vm: VirtualMachine): Hardware {
    const cores = Number(vm.get("cores") ?? 1) * Number(vm.get("sockets") ?? 1);
    const graphics = this.host
      .passedTo(vm)
      .filter(({ vendor, class: kind }) => vendor === "0x10de" && /^0x03/.test(kind));
    return { cores, memory: Number(vm.get("memory") ?? 512), gpus: graphics.length };
  }
}

/** The address that the VM's cloud-init drive gives it. */
function addressOf(vm: VirtualMachine): string {
  const [address = ""] =
    PropertyString.parse(vm.get("ipconfig0") ?? "", "ip")
      .get("ip")
      ?.split("/") ?? [];
  return address;
}
