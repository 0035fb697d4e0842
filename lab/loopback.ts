import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** The ports of a Talos node: its own API, trust, that of Kubernetes with what is behind it, KubePrism, and etcd's two. */
const nodePorts = [50_000, 50_001, 6443, 6444, 7445, 2379, 2380];

async function isFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Whether none of the ports of a Talos node is taken at the address. */
export const areNodePortsFree = async (address: string): Promise<boolean> =>
  (await Promise.all(nodePorts.map((port) => isFree(address, port)))).every(Boolean);

/** What stands for the network's addresses in stacks. */
const written = "192.168.77";

/** Where rules say at plan that a node has none of these addresses, they are to mean another one. */
const [loopback, noAddress] = ["127.0.0.0/8", "127.0.0.0/32"];

/** Where the nodes of a lab have their addresses. */
export interface NodeNetwork {
  readonly gateway: string;
  /** An address of the network as a stack has it, whose rules refuse loopback addresses. */
  written(address: string): string;
  /** The text of a configuration with the network's own addresses, which no rule refuses here. */
  placed(configuration: string): string;
  /** An address on which the ports of a Talos node are free. */
  freeAddress(): Promise<string>;
}

/** The only loopback address of IPv6: it has one node, of one lab at a time. */
export class Ipv6Loopback implements NodeNetwork {
  readonly gateway = "2001:db8:77::1";
  private readonly address = "::1";
  private readonly writtenAddress = "2001:db8:77::50";

  written(address: string): string {
    return address === this.address ? this.writtenAddress : address;
  }

  placed(configuration: string): string {
    return configuration.replaceAll(this.writtenAddress, this.address);
  }

  async freeAddress(): Promise<string> {
    if (await areNodePortsFree(this.address)) return this.address;
    throw new Error(`${this.address} does not have the free ports of a Talos node`);
  }
}

/** A network of a lab's own, 256 loopback addresses of which one after the other is given away. */
export class LoopbackNetwork implements NodeNetwork {
  private readonly prefix = `127.${randomInt(1, 255)}.${randomInt(0, 256)}`;
  // The first address is the gateway's.
  private last = randomInt(1, 100);

  get gateway(): string {
    return `${this.prefix}.1`;
  }

  written(address: string): string {
    return address.replace(this.prefix, written);
  }

  placed(configuration: string): string {
    return configuration
      .replace(new RegExp(`\\b${written.replaceAll(".", "\\.")}(?=\\.\\d)`, "g"), this.prefix)
      .replaceAll(loopback, noAddress);
  }

  /** Many nodes run side by side. */
  async freeAddress(): Promise<string> {
    while (this.last < 254) {
      this.last += 1;
      const address = `${this.prefix}.${this.last}`;
      if (await areNodePortsFree(address)) return address;
    }
    throw new Error(`no address of ${this.prefix}.0/24 has the free ports of a Talos node`);
  }
}
