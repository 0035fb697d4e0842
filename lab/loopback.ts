import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** The ports of a Talos node: its own API, that of Kubernetes with what is behind it, and etcd's two. */
const nodePorts = [50_000, 6443, 6444, 2379, 2380];

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

/** A loopback address on which the ports of a Talos node are free, so that many nodes run side by side. */
export async function freeLoopbackAddress(): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const address = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(2, 255)}`;
    if (await areNodePortsFree(address)) return address;
  }
  throw new Error("found no loopback address with the free ports of a Talos node");
}
