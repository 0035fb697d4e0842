import type { Caller } from "./access";
import { invalidParameters } from "./api-error";
import type { ProxmoxHost } from "./host";

/** A request as a route sees it. */
export class ApiRequest {
  constructor(
    readonly host: ProxmoxHost,
    readonly caller: Caller,
    /** Parts of the path. */
    readonly path: Readonly<Record<string, string | undefined>>,
    /** Query and body. */
    readonly parameters: URLSearchParams,
    private readonly failTask: string | undefined,
  ) {}

  get vmid(): number {
    return this.integer("vmid", this.path.vmid);
  }

  optional(name: string): string | undefined {
    return this.parameters.get(name) ?? undefined;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw invalidParameters({ [name]: "property is missing and it is not optional" });
    return value;
  }

  integer(name: string, text: string | undefined): number {
    if (text === undefined || !/^\d+$/.test(text)) {
      throw invalidParameters({ [name]: `type check ('integer') failed - got '${text ?? ""}'` });
    }
    return Number(text);
  }

  /** Starts a task, unless a fault makes it fail. */
  task(type: string, id: string | number, work: () => void): string {
    return this.host.tasks.run(type, String(id), this.caller.id, () => {
      if (this.failTask !== undefined) throw new Error(this.failTask);
      work();
    });
  }
}

/** Answers a request with the `data` of Proxmox's reply, or throws an ApiError. */
export type Handler = (request: ApiRequest) => unknown;

/** Method, path below `/api2/json` and handler. */
export type Route = readonly [method: "GET" | "POST" | "PUT" | "DELETE", path: string, handler: Handler];
