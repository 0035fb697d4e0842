import { createServer as createProxy, type Server } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";

/** What an impostor was sent. */
export interface Received {
  readonly at: "kubernetes" | "talos" | "proxy";
  readonly request: string;
  readonly headers: string;
  readonly hasClientCertificate: boolean;
}

/** Certificates and keys in PEM. */
export const authority = (name: string) => generate([{ name: "commonName", value: name }], { keySize: 2048 });

/**
 * A machine that has taken a node's address: whoever does not check its certificate talks to it. Beside it, a proxy of
 * whoever deploys, which no cluster is reached through.
 */
export class Impostor {
  readonly received: Received[] = [];
  private readonly servers: (Http2SecureServer | Server)[] = [];

  private constructor(
    readonly address: string,
    private readonly answer: number,
  ) {}

  /** @param answer status of each answer: 200 of a Kubernetes that takes everybody, 401 of one that takes nobody */
  static async start(address: string, answer: number): Promise<Impostor> {
    const impostor = new Impostor(address, answer);
    const { cert, private: key } = await authority("impostor");
    for (const [at, port] of [
      ["kubernetes", 6443],
      ["talos", 50_000],
    ] as const) {
      const server = createSecureServer({ cert, key, allowHTTP1: true, requestCert: true, rejectUnauthorized: false });
      server.on("request", (request, response) => {
        const { socket } = request.stream?.session ?? request;
        const peer =
          "getPeerCertificate" in socket ? (socket as { getPeerCertificate(): object }).getPeerCertificate() : {};
        impostor.note(at, `${request.method} ${request.url}`, request.headers, Object.keys(peer).length > 0);
        response.statusCode = impostor.answer;
        response.end(
          impostor.answer === 200 ? "ok" : '{"kind":"Status","status":"Failure","reason":"Unauthorized","code":401}',
        );
      });
      await impostor.listen(server, port);
    }
    const proxy = createProxy((request, response) => {
      impostor.note("proxy", `${request.method} ${request.url}`, request.headers, false);
      response.writeHead(502).end();
    });
    proxy.on("connect", (request, socket) => {
      impostor.note("proxy", `CONNECT ${request.url}`, request.headers, false);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    await impostor.listen(proxy, 0);
    return impostor;
  }

  get proxyUrl(): string {
    const address = this.servers.at(-1)?.address() as AddressInfo | undefined;
    return `http://canary:canary@${this.address}:${address?.port}`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private async listen(server: Http2SecureServer | Server, port: number): Promise<void> {
    this.servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, this.address, resolve);
    });
  }

  private note(at: Received["at"], request: string, headers: object, hasClientCertificate: boolean): void {
    this.received.push({ at, request, headers: JSON.stringify(headers), hasClientCertificate });
  }
}
