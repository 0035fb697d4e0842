import { randomBytes } from "node:crypto";
import { ApiError, missingPrivilege } from "./api-error";

/** A user who logs in with a password, or an API token; `root@pam` holds every privilege. */
export interface Account {
  /** `user@realm`, or `user@realm!tokenid` for an API token. */
  readonly id: string;
  /** The user's password, or the token's secret. */
  readonly secret: string;
  /** Proxmox privileges, on every path. `root@pam` needs none, its tokens do not either (no privilege separation). */
  readonly privileges?: readonly string[];
}

/** Who sent a request. */
export class Caller {
  constructor(
    readonly id: string,
    private readonly privileges: readonly string[],
  ) {}

  /**
   * Proxmox compares the whole name, so a token of root (`root@pam!id`) is not root.
   *
   * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm
   */
  get isRoot(): boolean {
    return this.id === "root@pam";
  }

  may(privilege: string): boolean {
    return this.id.split("!")[0] === "root@pam" || this.privileges.includes(privilege);
  }

  /** Throws Proxmox's own refusal when the caller lacks `privilege`. */
  demand(path: string, privilege: string): void {
    if (!this.may(privilege)) throw missingPrivilege(path, privilege);
  }
}

interface Ticket {
  readonly user: string;
  readonly csrf: string;
}

/** Passwords, tickets and API tokens. */
export class Access {
  private readonly tickets = new Map<string, Ticket>();

  constructor(private readonly accounts: readonly Account[]) {}

  /** Every secret known here: what must never appear in anything that users see. */
  get secrets(): string[] {
    return [...this.accounts.map((account) => account.secret), ...this.tickets.keys()];
  }

  /** Exchanges a password for a ticket. */
  logIn(user: string, password: string): { username: string; ticket: string; CSRFPreventionToken: string } {
    if (user.includes("!") || this.find(user)?.secret !== password) throw new ApiError(401, "authentication failure");
    const time = Math.floor(Date.now() / 1000)
      .toString(16)
      .toUpperCase();
    const ticket = `PVE:${user}:${time}::${randomBytes(32).toString("base64url")}`;
    const csrf = `${time}:${randomBytes(24).toString("base64url")}`;
    this.tickets.set(ticket, { user, csrf });
    return { username: user, ticket, CSRFPreventionToken: csrf };
  }

  /** The sender of a request, by its token or its ticket; writing with a ticket takes the CSRF token too. */
  authenticate(method: string, headers: NodeJS.Dict<string | string[]>): Caller {
    const token = /^PVEAPIToken=(?<id>[^=]+)=(?<secret>.+)$/.exec(String(headers.authorization ?? ""))?.groups;
    if (token) {
      if (this.find(String(token.id))?.secret !== token.secret) throw new ApiError(401, "invalid token value!");
      return this.caller(String(token.id));
    }
    const cookie = /(?:^|;\s*)PVEAuthCookie=(?<ticket>[^;]+)/.exec(String(headers.cookie ?? ""))?.groups?.ticket;
    if (cookie === undefined) throw new ApiError(401, "No ticket");
    const ticket = this.tickets.get(decodeURIComponent(cookie));
    if (!ticket) throw new ApiError(401, "permission denied - invalid PVE ticket");
    if (method !== "GET" && headers.csrfpreventiontoken !== ticket.csrf) {
      throw new ApiError(401, "Permission denied - invalid csrf token");
    }
    return this.caller(ticket.user);
  }

  private find(id: string): Account | undefined {
    return this.accounts.find((account) => account.id === id);
  }

  private caller(id: string): Caller {
    return new Caller(id, this.find(id)?.privileges ?? []);
  }
}
