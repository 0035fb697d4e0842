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

/** A network of a lab's own, 256 loopback addresses of which one after the other is given away. */
export class LoopbackNetwork {
  private readonly prefix = `127.${randomInt(1, 255)}.${randomInt(0, 256)}`;
  // The first address is the gateway's.
  private last = randomInt(1, 100);

  get gateway(): string {
    return `${this.prefix}.1`;
  }

  /** An address on which the ports of a Talos node are free, so that many nodes run side by side. */
  async freeAddress(): Promise<string> {
    while (this.last < 254) {
      this.last += 1;
      const address = `${this.prefix}.${this.last}`;
      if (await areNodePortsFree(address)) return address;
    }
    throw new Error(`no address of ${this.prefix}.0/24 has the free ports of a Talos node`);
  }
}
