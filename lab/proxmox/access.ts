import { randomBytes } from "node:crypto";
import { ApiError, missingPrivilege } from "./api-error";
import { CreatedAccounts } from "./created-accounts";
import type { ProxmoxVersion } from "./interface/schema";
import { knownPrivileges } from "./privilege";

/** Privileges by path. Those of a path take the place of what it would inherit. */
export type Acl = Readonly<Record<string, readonly string[]>>;

/** A user who logs in with a password, or an API token; `root@pam` holds every privilege. */
export interface Account {
  /** `user@realm`, or `user@realm!tokenid` for an API token. */
  readonly id: string;
  /** The user's password, or the token's secret. */
  readonly secret: string;
  /** Privileges on `/`. `root@pam` needs none, its tokens do not either (no privilege separation). */
  readonly privileges?: readonly string[];
  /**
   * Privileges by ACL path, which paths below inherit.
   *
   * @default - `privileges` on `/`
   */
  readonly acl?: Acl;
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
    /** The paths of the caller's ACL. */
    readonly paths: readonly string[],
    /** What the caller's roles have on a path. */
    readonly privilegesOn: (path: string) => readonly string[],
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

  may(path: string, privilege: string): boolean {
    return this.privilegesOn(path).includes(privilege);
  }

  /** The same caller while a VM is created in a pool, whose privileges hold for the VM then. */
  creatingIn(pool: string | undefined, vmid: number): Caller {
    if (pool === undefined) return this;
    return new Caller(this.id, this.paths, (path) =>
      path === `/vms/${vmid}`
        ? [...this.privilegesOn(path), ...this.privilegesOn(`/pool/${pool}`)]
        : this.privilegesOn(path),
    );
  }

  /** Throws Proxmox's own refusal when the caller lacks one of the privileges. */
  demand(path: string, ...privileges: readonly string[]): void {
    const lacking = privileges.find((privilege) => !this.may(path, privilege));
    if (lacking !== undefined) throw missingPrivilege(`${path}, ${lacking}`);
  }

  /** Throws Proxmox's own refusal when the caller has none of the privileges. */
  demandAny(path: string, ...privileges: readonly string[]): void {
    if (!privileges.some((privilege) => this.may(path, privilege)))
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

/** The privileges of the path, or of the nearest above it. */
function inherited(acl: ReadonlyMap<string, readonly string[]>, path: string): readonly string[] {
  const own = acl.get(path);
  if (own || path === "/") return own ?? [];
  return inherited(acl, path.replace(/\/[^/]*$/, "") || "/");
}

/** Passwords, tickets and API tokens. */
export class Access {
  private readonly tickets = new Map<string, Ticket>();
  private readonly everything: readonly string[];
  private readonly acls: Map<string, Map<string, readonly string[]>>;
  /** What was made by the API. */
  readonly created: CreatedAccounts;

  constructor(
    private readonly accounts: readonly Account[],
    version: ProxmoxVersion,
    private readonly poolOf: (vmid: number) => string | undefined = () => undefined,
  ) {
    this.everything = knownPrivileges(version);
    this.created = new CreatedAccounts(this.everything);
    this.acls = new Map(
      accounts.map(({ id, privileges = [], acl = { "/": privileges } }) => [id, new Map(Object.entries(acl))]),
    );
    for (const privilege of [...this.acls.values()].flatMap((acl) => [...acl.values()].flat())) {
      // What `pveum role add` says.
      if (!this.everything.includes(privilege)) throw new Error(`invalid privilege '${privilege}'`);
    }
  }

  /**
   * Whoever destroys a VM removes its path from all ACLs.
   *
   * @see https://git.proxmox.com/?p=pve-access-control.git;a=blob;f=src/PVE/AccessControl.pm remove_vm_access
   */
  forgetVm(vmid: number): void {
    for (const acl of this.acls.values()) acl.delete(`/vms/${vmid}`);
    this.created.forget(`/vms/${vmid}`);
  }

  /** Every secret known here: what must never appear in anything that users see. */
  get secrets(): string[] {
    const tokens = [...this.created.tokens.values()].map(({ secret }) => secret);
    return [...this.accounts.map((account) => account.secret), ...tokens, ...this.tickets.keys()];
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
    const secret = this.created.secretOf(id);
    return this.accounts.find((account) => account.id === id) ?? (secret === undefined ? undefined : { id, secret });
  }

  private caller(id: string): Caller {
    const all = id.split("!")[0] === "root@pam";
    const acl = all ? new Map([["/", this.everything]]) : (this.acls.get(id) ?? this.created.aclOf(id));
    return new Caller(id, [...acl.keys()], (path) => {
      const vmid = /^\/vms\/(\d+)$/.exec(path)?.[1];
      const pool = vmid === undefined ? undefined : this.poolOf(Number(vmid));
      return [...inherited(acl, path), ...(pool === undefined ? [] : inherited(acl, `/pool/${pool}`))];
    });
  }
}
