import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import findMyWay from "find-my-way";
import { accessRoutes } from "./access-routes";
import { accountRoutes } from "./account-routes";
import { ApiError, invalidParameters, missingPrivilege } from "./api-error";
import { ApiRequest, type Handler, type Route } from "./api-request";
import { backupRoutes } from "./backup-routes";
import { type Certificate, certificateInfo, clusterAuthority, nodeCertificate } from "./certificate";
import { Cluster, type ClusterOptions } from "./cluster";
import { clusterRoutes } from "./cluster-routes";
import { Faults } from "./fault";
import { firewallRoutes } from "./firewall-routes";
import type { ProxmoxHost } from "./host";
import { refusals } from "./interface/refusals";
import { Journal, type JournalEntry } from "./journal";
import { mappingRoutes } from "./mapping-routes";
import { nodeRoutes } from "./node-routes";
import type { Permission } from "./permission";
import { storageRoutes } from "./storage-routes";
import { vmRoutes } from "./vm-routes";

const routes: readonly Route[] = [
  ...accountRoutes,
  ...accessRoutes,
  ...backupRoutes,
  ...clusterRoutes,
  ...firewallRoutes,
  ...mappingRoutes,
  ...nodeRoutes,
  ...storageRoutes,
  ...vmRoutes,
];

/** What the simulated host answers, as method and path. */
export const calls: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/access/ticket"],
  ...routes.map(([method, path]) => [method, path] as const),
];

interface Answer {
  readonly permission: Permission;
  readonly handler: Handler;
}

export interface ServerOptions extends ClusterOptions {
  /** @default - a free port */
  readonly port?: number;
}

const base = "/api2/json";

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Parameters by name; those that are given several times hold all their values. */
function byName(parameters: URLSearchParams): Record<string, string | string[]> {
  const values = [...new Set(parameters.keys())].map((key): [string, string | string[]] => {
    const all = parameters.getAll(key);
    return [key, all.length === 1 ? String(all[0]) : all];
  });
  return Object.fromEntries(values);
}

/** A simulated Proxmox VE host, or a cluster of them: the API on HTTPS at a loopback address. */
export class SimulatedProxmox {
  readonly journal = new Journal();
  readonly faults = new Faults();
  private readonly router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 500 });

  static async start(options: ServerOptions = {}): Promise<SimulatedProxmox> {
    const cluster = new Cluster(options);
    const authority = await clusterAuthority();
    const certificate = await nodeCertificate(authority, cluster.hosts[0].node);
    const proxmox = new SimulatedProxmox(cluster, createServer({ minVersion: "TLSv1.3" }), authority);
    proxmox.show("pve-ssl.pem", certificate);
    proxmox.server.listen(options.port ?? 0, "127.0.0.1");
    await once(proxmox.server, "listening");
    return proxmox;
  }

  private constructor(
    readonly cluster: Cluster,
    private readonly server: Server,
    /** The CA of the cluster. */
    readonly authority: Certificate,
  ) {
    for (const [method, path, permission, handler] of routes) {
      const answer: Answer = { permission, handler };
      this.router.on(method, path, () => {}, answer);
    }
    server.on("request", (request, response) => void this.answer(request, response));
  }

  /** The node that is asked; the only one, unless there is a cluster. */
  get host(): ProxmoxHost {
    return this.cluster.hosts[0];
  }

  get endpoint(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Answers with another certificate from now on: one that the host was given, or that of somebody in its place. */
  show(filename: string, certificate: Certificate): void {
    this.server.setSecureContext({ ...certificate, minVersion: "TLSv1.3" });
    this.server.closeAllConnections();
    this.cluster.certificates = [
      certificateInfo("pve-root-ca.pem", this.authority),
      certificateInfo(filename, certificate),
    ];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Not the endpoint: a server that stops has none, and may get one more request.
    const url = new URL(request.url ?? "/", "https://127.0.0.1/");
    const parameters = new URLSearchParams([...url.searchParams, ...new URLSearchParams(await bodyOf(request))]);
    const method = request.method ?? "GET";
    const pathname = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : "";
    const path = decodeURIComponent(pathname);
    const entry = this.journal.add({ method, path, parameters: byName(parameters), at: performance.now() });
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
      reason = error instanceof Error ? error.message : String(error);
      status = error instanceof ApiError ? error.status : 500;
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
    const { access, version } = this.cluster;
    if (method === "POST" && pathname === "/access/ticket") {
      this.demandValid(method, pathname, parameters);
      const realm = parameters.get("realm");
      return access.logIn({
        username: `${parameters.get("username")}${realm === null ? "" : `@${realm}`}`,
        password: String(parameters.get("password")),
        otp: parameters.get("otp") ?? undefined,
        challenge: parameters.get("tfa-challenge") ?? undefined,
      });
    }
    const caller = access.authenticate(method, request.headers);
    Object.assign(entry, { caller: caller.id });
    const route = this.router.find(method as Route[0], pathname);
    if (!route) throw new ApiError(501, `Method '${method} ${pathname}' not implemented`);
    const { permission, handler } = route.store as Answer;
    // root@pam is not even asked.
    const lacking = caller.isRoot
      ? undefined
      : permission(caller, { ...Object.fromEntries(parameters), ...route.params }, version);
    if (lacking !== undefined) throw missingPrivilege(lacking);
    const { node } = route.params;
    const host = node === undefined ? this.host : this.cluster.host(node);
    this.demandValid(method, pathname, parameters);
    return handler(new ApiRequest(this.cluster, host, caller, route.params, parameters, failTask));
  }

  private demandValid(method: string, pathname: string, parameters: URLSearchParams): void {
    const errors = refusals(this.cluster.version, method, pathname, byName(parameters));
    if (Object.keys(errors).length > 0) throw invalidParameters(errors);
  }
}
