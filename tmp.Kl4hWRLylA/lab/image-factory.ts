import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";

/**
 * The part of Talos's Image Factory that names schematics. The images themselves are never fetched: the simulated
 * Proxmox stands for the host that would download them.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/learn-more/image-factory
 */
export class ImageFactory {
  /** Schematics by their id. */
  readonly schematics = new Map<string, unknown>();

  static async start(): Promise<ImageFactory> {
    const factory = new ImageFactory(createServer());
    factory.server.listen(0, "127.0.0.1");
    await once(factory.server, "listening");
    return factory;
  }

  private constructor(private readonly server: Server) {
    server.on("request", async (request, response) => {
      if (request.method !== "POST" || request.url !== "/schematics") {
        response.writeHead(404).end();
        return;
      }
      const schematic = parse(await text(request));
      const id = schematicId(schematic);
      this.schematics.set(id, schematic);
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ id }));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

/** A schematic's id as the public factory computes it: the hash of its YAML, so that equal ones have equal ids. */
export function schematicId(schematic: unknown): string {
  return createHash("sha256")
    .update(stringify(schematic, { indent: 4, lineWidth: 0 }))
    .digest("hex");
}
