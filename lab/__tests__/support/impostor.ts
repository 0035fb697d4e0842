import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import type { Certificate } from "../../proxmox/certificate";

/** A certificate that no CA has signed, of a client, or of a server at the address. */
export async function selfSigned(name: string, address?: string): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      ...(address === undefined
        ? []
        : [{ name: "subjectAltName" as const, altNames: [{ type: 7 as const, ip: address }] }]),
    ],
  });
  return { cert, key };
}

/** The ports of a node that answer for Talos and for Kubernetes, and one for downloads and proxies. */
export const ports = { talos: 50_000, kubernetes: 6443, web: 8443 } as const;

/** Whoever has an address that others mean to call: takes what is sent, and answers as a stranger is answered. */
export class Impostor {
  /** What came, a request an item: its headers, its body and the certificate of its client. */
  readonly told: string[] = [];
  /** How many connections were opened at each port. */
  readonly called = new Map<number, number>();
  private readonly servers: Http2SecureServer[] = [];

  static async at(address: string, certificate: Certificate): Promise<Impostor> {
    const impostor = new Impostor(address);
    for (const port of Object.values(ports)) await impostor.listen(port, certificate);
    return impostor;
  }

  private constructor(readonly address: string) {}

  private async listen(port: number, { cert, key }: Certificate): Promise<void> {
    const server = createSecureServer({ cert, key, allowHTTP1: true, requestCert: true, rejectUnauthorized: false });
    server.on("request", (request, response) => void this.answer(port, request, response));
    // What a proxy is told.
    server.on("connect", (request) => this.told.push(JSON.stringify({ port, headers: request.headers })));
    server.on("connection", () => this.called.set(port, (this.called.get(port) ?? 0) + 1));
    server.on("tlsClientError", () => {}).on("sessionError", () => {});
    server.listen(port, this.address);
    await once(server, "listening");
    this.servers.push(server);
  }

  private async answer(port: number, request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const certificate = (request.socket as TLSSocket).getPeerCertificate?.();
    const client = certificate?.raw?.toString("base64");
    const body = await text(request).catch(() => "");
    this.told.push(JSON.stringify({ port, url: request.url, headers: request.headers, client, body }));
    response.writeHead(401, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason: "Unauthorized", code: 401 }),
    );
  }

  async stop(): Promise<void> {
    for (const server of this.servers) {
      server.close();
    }
  }
}
