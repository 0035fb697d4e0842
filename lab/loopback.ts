import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** The ports of a Talos node: its own API and that of Kubernetes. */
export const nodePorts = { talos: 50_000, kubernetes: 6443 };

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

/** A loopback address on which the ports of a Talos node are free, so that many nodes run side by side. */
export async function freeLoopbackAddress(): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const address = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(2, 255)}`;
    const free = await Promise.all(Object.values(nodePorts).map((port) => isFree(address, port)));
    if (free.every(Boolean)) return address;
  }
  throw new Error("found no loopback address with free ports 50000 and 6443");
}
