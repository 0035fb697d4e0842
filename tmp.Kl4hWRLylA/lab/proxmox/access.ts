import { randomBytes } from "node:crypto";
import { ApiError, missingPrivilege } from "./api-error";
import type { ProxmoxVersion } from "./interface/schema";
import { knownPrivileges } from "./privilege";

/** A user who logs in with a password, or an API token; `root@pam` holds every privilege. */
export interface Account {
  /** `user@realm`, or `user@realm!tokenid` for an API token. */
  readonly id: string;
  /** The user's password, or the token's secret. */
  readonly secret: string;
  /** Proxmox privileges, on every path. `root@pam` needs none, its tokens do not either (no privilege separation). */
  readonly privileges?: readonly string[];
  /**
   * The one-time password that is asked for after the password.
   *
   * @default - no second factor
   */
  readonly oneTimePassword?: string;
}

/** Who sent a request. */
export class Caller {
  constructor(
    readonly id: string,
    /** What the caller's role has. */
    readonly privileges: readonly string[],
  ) {}

  /**
   * Proxmox compares the whole name, so a token of root (`root@pam!id`) is not root.
   *
   * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/API2/Qemu.pm
   */
  get isRoot(): boolean {
    return this.id === "root@pam";
  }

  /** A user sees the tasks of their tokens too. */
  owns(user: string): boolean {
    return user === this.id || user.split("!")[0] === this.id;
  }

  may(privilege: string): boolean {
    return this.privileges.includes(privilege);
  }

  /** Throws Proxmox's own refusal when the caller lacks one of the privileges. */
  demand(path: string, ...privileges: readonly string[]): void {
    const lacking = privileges.find((privilege) => !this.may(privilege));
    if (lacking !== undefined) throw missingPrivilege(`${path}, ${lacking}`);
  }

  /** Throws Proxmox's own refusal when the caller has none of the privileges. */
  demandAny(path: string, ...privileges: readonly string[]): void {
    if (!privileges.some((privilege) => this.may(privilege)))
      throw missingPrivilege(`${path}, ${privileges.join("|")}`);
  }
}

interface Ticket {
  readonly user: string;
  readonly csrf: string;
  /** The second factor is still to come. */
  readonly incomplete?: boolean;
}

export interface LogIn {
  readonly username: string;
  readonly password: string;
  /** The one-time password together with the password, as `totp:123456`. */
  readonly otp?: string;
  /** The ticket of the first factor; the password is the one-time password then, as `totp:123456`. */
  readonly challenge?: string;
}

export interface LoggedIn {
  readonly username: string;
  readonly ticket: string;
  readonly CSRFPreventionToken: string;
  /** The ticket is good for nothing but the second factor. */
  readonly NeedTFA?: 1;
}

const refused = (): ApiError => new ApiError(401, "authentication failure");

/** Passwords, tickets and API tokens. */
export class Access {
  private readonly tickets = new Map<string, Ticket>();
  private readonly everything: readonly string[];

  constructor(
    private readonly accounts: readonly Account[],
    version: ProxmoxVersion,
  ) {
    this.everything = knownPrivileges(version);
    for (const privilege of accounts.flatMap((account) => account.privileges ?? [])) {
      // What `pveum role add` says.
      if (!this.everything.includes(privilege)) throw new Error(`invalid privilege '${privilege}'`);
    }
  }

  /** Every secret known here: what must never appear in anything that users see. */
  get secrets(): string[] {
    return [...this.accounts.map((account) => account.secret), ...this.tickets.keys()];
  }

  /** Exchanges a password for a ticket, or for a challenge to give the second factor too. */
  logIn({ username, password, otp, challenge }: LogIn): LoggedIn {
    const account = this.find(username);
    if (!account || username.includes("!")) throw refused();
    if (challenge !== undefined) {
      const first = this.tickets.get(challenge);
      if (!first?.incomplete || first.user !== username) throw refused();
      if (password !== `totp:${account.oneTimePassword}`) throw refused();
      return this.issue(username);
    }
    if (account.secret !== password) throw refused();
    if (account.oneTimePassword === undefined) return this.issue(username);
    if (otp === undefined) return this.issue(username, true);
    if (otp !== `totp:${account.oneTimePassword}`) throw refused();
    return this.issue(username);
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
    if (ticket.incomplete) throw new ApiError(401, "No ticket");
    if (method !== "GET" && headers.csrfpreventiontoken !== ticket.csrf) {
      throw new ApiError(401, "Permission denied - invalid csrf token");
    }
    return this.caller(ticket.user);
  }

  private issue(user: string, incomplete = false): LoggedIn {
    const time = Math.floor(Date.now() / 1000)
      .toString(16)
      .toUpperCase();
    const holder = incomplete ? `!tfa!${encodeURIComponent(JSON.stringify({ totp: true }))}` : user;
    const ticket = `PVE:${holder}:${time}::${randomBytes(32).toString("base64url")}`;
    const csrf = `${time}:${randomBytes(24).toString("base64url")}`;
    this.tickets.set(ticket, { user, csrf, incomplete });
    return { username: user, ticket, CSRFPreventionToken: csrf, ...(incomplete ? { NeedTFA: 1 } : {}) };
  }

  private find(id: string): Account | undefined {
    return this.accounts.find((account) => account.id === id);
  }

  private caller(id: string): Caller {
    const all = id.split("!")[0] === "root@pam";
    return new Caller(id, all ? this.everything : (this.find(id)?.privileges ?? []));
  }
}
