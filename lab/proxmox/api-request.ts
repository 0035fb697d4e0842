import type { Caller } from "./access";
import type { Cluster } from "./cluster";
import type { ProxmoxHost } from "./host";
import type { Permission } from "./permission";

/** A request as a route sees it: its caller may send it, and its parameters fit Proxmox's schema. */
export class ApiRequest {
  constructor(
    readonly cluster: Cluster,
    /** The node that the path names; the one that is asked, where it names none. */
    readonly host: ProxmoxHost,
    readonly caller: Caller,
    /** Parts of the path. */
    readonly path: Readonly<Record<string, string | undefined>>,
    /** Query and body. */
    readonly parameters: URLSearchParams,
    private readonly failTask: string | undefined,
  ) {}

  get vmid(): number {
    return Number(this.path.vmid);
  }

  optional(name: string): string | undefined {
    return this.parameters.get(name) ?? undefined;
  }

  required(name: string): string {
    return String(this.parameters.get(name));
  }

  flag(name: string): boolean {
    return this.optional(name) === "1";
  }

  /** Starts a task, unless a fault makes it fail. */
  task(type: string, id: string | number, work: () => void | Promise<void>): string {
    return this.host.tasks.run(type, String(id), this.caller.id, () => {
      if (this.failTask !== undefined) throw new Error(this.failTask);
      return work();
    });
  }
}

/** Answers a request with the `data` of Proxmox's reply, or throws an ApiError. */
export type Handler = (request: ApiRequest) => unknown;

/** Method, path below `/api2/json`, what it takes to call it, and handler. */
export type Route = readonly [
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  permission: Permission,
  handler: Handler,
];
