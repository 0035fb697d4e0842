import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import findMyWay from "find-my-way";
import { ApiError } from "./api-error";
import { ApiRequest, type Handler, type Route } from "./api-request";
import { selfSigned } from "./certificate";
import { clusterRoutes } from "./cluster-routes";
import { Faults } from "./fault";
import { type HostOptions, ProxmoxHost } from "./host";
import { Journal, type JournalEntry } from "./journal";
import { storageRoutes } from "./storage-routes";
import { vmRoutes } from "./vm-routes";

const routes: readonly Route[] = [...clusterRoutes, ...storageRoutes, ...vmRoutes];

export interface ServerOptions extends HostOptions {
  /** @default - a free port */
  readonly port?: number;
}

const base = "/api2/json";

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function journalled(parameters: URLSearchParams): JournalEntry["parameters"] {
  const values = [...new Set(parameters.keys())].map((key): [string, string | string[]] => {
    const all = parameters.getAll(key);
    return [key, all.length === 1 ? String(all[0]) : all];
  });
  return Object.fromEntries(values);
}

/** A simulated Proxmox VE host: its API on HTTPS at a loopback address. */
export class SimulatedProxmox {
  readonly journal = new Journal();
  readonly faults = new Faults();
  private readonly router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 500 });

  static async start(options: ServerOptions = {}): Promise<SimulatedProxmox> {
    const server = createServer({ ...(await selfSigned("127.0.0.1")), minVersion: "TLSv1.3" });
    const proxmox = new SimulatedProxmox(new ProxmoxHost(options), server);
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    return proxmox;
  }

  private constructor(
    readonly host: ProxmoxHost,
    private readonly server: Server,
  ) {
    for (const [method, path, handler] of routes) this.router.on(method, path, () => {}, handler);
    server.on("request", (request, response) => void this.answer(request, response));
  }

  get endpoint(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.endpoint);
    const parameters = new URLSearchParams([...url.searchParams, ...new URLSearchParams(await bodyOf(request))]);
    const method = request.method ?? "GET";
    const pathname = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : "";
    const path = decodeURIComponent(pathname);
    const entry = this.journal.add({ method, path, parameters: journalled(parameters), at: performance.now() });
    const outcome = this.faults.outcomeOf(method, path);
    if (outcome && "drop" in outcome) {
      request.socket.destroy();
      return;
    }
    if (outcome && "delay" in outcome) await sleep(outcome.delay, undefined, { ref: false });
    let [status, reason, body]: [number, string, unknown] = [200, "OK", undefined];
    try {
      if (outcome && "status" in outcome) throw new ApiError(outcome.status, outcome.reason);
      const failTask = outcome && "failTask" in outcome ? outcome.failTask : undefined;
      body = { data: (await this.dispatch(request, method, pathname, parameters, failTask, entry)) ?? null };
    } catch (error) {
      [status, reason] = error instanceof ApiError ? [error.status, error.message] : [500, String(error)];
      const errors = error instanceof ApiError ? error.errors : undefined;
      body = { data: null, message: `${reason}\n`, ...(errors ? { errors } : {}) };
    }
    this.journal.answered(entry, status, reason);
    response.writeHead(status, reason.replace(/\s+/g, " "), { "content-type": "application/json;charset=UTF-8" });
    response.end(JSON.stringify(body));
  }

  private dispatch(
    request: IncomingMessage,
    method: string,
    pathname: string,
    parameters: URLSearchParams,
    failTask: string | undefined,
    entry: JournalEntry,
  ): unknown {
    if (method === "POST" && pathname === "/access/ticket") {
      return this.host.access.logIn(parameters.get("username") ?? "", parameters.get("password") ?? "");
    }
    const caller = this.host.access.authenticate(method, request.headers);
    Object.assign(entry, { caller: caller.id });
    const route = this.router.find(method as Route[0], pathname);
    if (!route) throw new ApiError(501, `Method '${method} ${pathname}' not implemented`);
    const node = route.params.node;
    if (node !== undefined && node !== this.host.node) {
      throw new ApiError(
        500,
        `hostname lookup '${node}' failed - failed to get address info for: ${node}: Name or service not known`,
      );
    }
    const handler = route.store as Handler;
    return handler(new ApiRequest(this.host, caller, route.params, parameters, failTask));
  }
}
