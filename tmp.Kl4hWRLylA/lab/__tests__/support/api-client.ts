import { request } from "node:https";
import type { SimulatedProxmox } from "../../proxmox/server";

export interface Reply {
  readonly status: number;
  /** The text of the HTTP status line, where Proxmox gives its reason. */
  readonly reason: string;
  readonly data: unknown;
  readonly errors?: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly token?: string;
  readonly ticket?: string;
  readonly csrf?: string;
}

/** A list is a parameter that is given several times. */
export type Parameters = Readonly<Record<string, string | number | readonly string[]>>;

/** Calls the API as any client does. */
export class ApiClient {
  constructor(
    private readonly proxmox: SimulatedProxmox,
    private readonly credentials: Credentials = {},
  ) {}

  static async loggedIn(proxmox: SimulatedProxmox, username = "root@pam", password = "proxmox"): Promise<ApiClient> {
    const { data } = await new ApiClient(proxmox).call("POST", "access/ticket", { username, password });
    const { ticket, CSRFPreventionToken: csrf } = data as { ticket: string; CSRFPreventionToken: string };
    return new ApiClient(proxmox, { ticket, csrf });
  }

  call(method: string, path: string, parameters: Parameters = {}): Promise<Reply> {
    const body = new URLSearchParams(
      Object.entries(parameters).flatMap(([key, value]) => [value].flat().map((each) => [key, String(each)])),
    ).toString();
    const query = method === "GET" || method === "DELETE" ? `?${body}` : "";
    const { token, ticket, csrf } = this.credentials;
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      ...(token === undefined ? {} : { authorization: `PVEAPIToken=${token}` }),
      ...(ticket === undefined ? {} : { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` }),
      ...(csrf === undefined ? {} : { csrfpreventiontoken: csrf }),
    };
    const url = new URL(`api2/json/${path}${query}`, this.proxmox.endpoint);
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, rejectUnauthorized: false, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? "", ...JSON.parse(text) }),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(query === "" ? body : undefined);
    });
  }

  /** Calls, and answers how the task ended. */
  async task(method: string, path: string, parameters: Parameters = {}): Promise<string> {
    const { data, reason, errors } = await this.call(method, path, parameters);
    if (typeof data !== "string") throw new Error(`no task was started: ${reason} ${JSON.stringify(errors ?? {})}`);
    const status = await this.call("GET", `nodes/${data.split(":")[1]}/tasks/${data}/status`);
    return (status.data as { exitstatus: string }).exitstatus;
  }
}
