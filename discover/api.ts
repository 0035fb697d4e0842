import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { type Certificate, certificateOf, encrypted } from "./certificate";
import { Refusal } from "./refusal";
import type { Terminal } from "./terminal";

/** An answer of the API. */
export interface Reply<Data> {
  readonly status: number;
  /** The text of the HTTP status line, where Proxmox gives its reason. */
  readonly reason: string;
  readonly data: Data;
}

/** A host that is there answers a log-in soon; to ask all of its storages takes longer. */
const patienceFor = (path: string): number => (/^\/(access|version)\b/.test(path) ? 10_000 : 30_000);
const slow = 10_000;

/** Proxmox's API over HTTPS, as far as it is read: with a trusted certificate and an account. */
export class ProxmoxApi {
  constructor(
    readonly endpoint: URL,
    readonly certificate: Certificate,
    private readonly terminal: Pick<Terminal, "tell">,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** The same API, with an account. */
  as(headers: Readonly<Record<string, string>>): ProxmoxApi {
    return new ProxmoxApi(this.endpoint, this.certificate, this.terminal, headers);
  }

  /** What is at the path; undefined if the account may not know. */
  async get<Data>(path: string): Promise<Data | undefined> {
    const { status, reason, data } = await this.call<Data>("GET", path);
    if (status === 200) return data;
    if (status === 403) return undefined;
    if (status === 401) throw new Refusal(`Proxmox does not accept the credentials any more: ${reason}; try again.`);
    throw new Refusal(
      `Proxmox answers GET ${path} with ${status} ${reason}; \`journalctl -u pvedaemon\` on the host may tell why.`,
    );
  }

  async call<Data>(
    method: "GET" | "POST",
    path: string,
    parameters: Record<string, string> = {},
  ): Promise<Reply<Data>> {
    const response = await this.response(method, path, new URLSearchParams(parameters).toString());
    const text = await textOf(response).catch((error: Error) => {
      throw this.brokenOff(error);
    });
    const { statusCode: status = 0, statusMessage: reason = "" } = response;
    const answer = parsed(text);
    // Of some errors Proxmox tells in the status line alone.
    if (answer === undefined && !(status >= 400 && status !== 404 && text === "")) throw this.notProxmox();
    return { status, reason, data: answer?.data as Data };
  }

  /** The server of an attacker. */
  notProxmox(): Refusal {
    return new Refusal(
      `${this.endpoint.host} answers, but not as the API of Proxmox VE; write the address of its web interface, which is at port 8006.`,
    );
  }

  private async response(method: string, path: string, body: string): Promise<IncomingMessage> {
    const socket = await this.connected();
    const headers = {
      ...this.headers,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": body.length,
    };
    const url = new URL(`api2/json${path}`, this.endpoint);
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, createConnection: () => socket }, resolve);
      const patience = patienceFor(path);
      sent.setTimeout(patience, () => sent.destroy(new Error(`no answer in ${patience / 1000} seconds`)));
      const waiting = setTimeout(() => this.terminal.tell(`${this.endpoint.host} is slow: waiting for ${path}`), slow);
      sent.once("close", () => clearTimeout(waiting));
      sent.once("error", (error) => reject(this.brokenOff(error)));
      sent.end(body);
    });
  }

  /** A connection of its own for each call, compared before anything is sent. */
  private async connected(): Promise<TLSSocket> {
    const socket = await encrypted(this.endpoint);
    if (certificateOf(socket).fingerprint === this.certificate.fingerprint) return socket;
    socket.destroy();
    throw new Refusal(`${this.endpoint.host} shows another certificate than before; another machine may be answering.`);
  }

  private brokenOff({ message }: Error): Refusal {
    return new Refusal(`${this.endpoint.host} closed the connection (${message}); try again.`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** The object that every answer of Proxmox is. */
function parsed(text: string): { readonly data?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "data" in value ? value : undefined;
  } catch {
    return undefined;
  }
}
