/** A bridge of a node. */
export interface Bridge {
  readonly name: string;
  /** @default 1500 */
  readonly mtu?: number;
  /**
   * Address of the node there, with prefix length.
   *
   * @default - 192.0.2.10/24 at the first bridge, none at others
   */
  readonly cidr?: string;
  /** @default 192.0.2.1 */
  readonly gateway?: string;
}

/** The bridges of a node, for its VMs' network devices. */
export class Bridges {
  constructor(private readonly bridges: readonly Bridge[]) {}

  /** As `GET nodes/{node}/network` lists them. */
  get listed(): readonly { readonly iface: string; readonly [property: string]: unknown }[] {
    return this.bridges.map(({ name, mtu, cidr = "192.0.2.10/24", gateway = "192.0.2.1" }, n) => ({
      iface: name,
      type: "bridge",
      active: 1,
      autostart: 1,
      priority: n + 3,
      method: n === 0 ? "static" : "manual",
      method6: "manual",
      families: ["inet"],
      bridge_ports: `enp${n + 1}s0`,
      bridge_stp: "off",
      bridge_fd: "0",
      ...(n === 0 ? { address: cidr.split("/")[0], netmask: cidr.split("/")[1], cidr, gateway } : {}),
      ...(mtu === undefined ? {} : { mtu: String(mtu) }),
    }));
  }

  /**
   * Refuses a network device (`net0`) that cannot be plugged in.
   *
   * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer.pm print_netdevice_full
   */
  demand(key: string, device: Readonly<Record<string, string>>): void {
    const { bridge, model, mtu } = device;
    if (bridge === undefined) return;
    const found = this.bridges.find(({ name }) => name === bridge);
    if (!found) throw new Error(`bridge '${bridge}' does not exist`);
    const limit = found.mtu ?? 1500;
    // 1 stands for the bridge's own.
    if (model !== "virtio" || mtu === undefined || mtu === "1") return;
    if (Number(mtu) < 576) throw new Error(`netdev ${key}: MTU '${mtu}' is smaller than the IP minimum MTU '576'`);
    if (Number(mtu) > limit) throw new Error(`netdev ${key}: MTU '${mtu}' is bigger than the bridge MTU '${limit}'`);
  }
}
