import { randomUUID } from "node:crypto";
import { ApiError, invalidParameters } from "./api-error";

/** A role on a path, for a user or a token. */
export interface AclEntry {
  readonly path: string;
  readonly type: "user" | "token";
  readonly ugid: string;
  readonly roleid: string;
  readonly propagate: 0 | 1;
}

/** A user, or an API token, with what it was given beside its name. */
type Given = Readonly<Record<string, string>>;

interface Token {
  readonly secret: string;
  readonly privsep: boolean;
  readonly given: Given;
}

/** Roles, users, tokens and ACLs that were made by the API. */
export class CreatedAccounts {
  readonly roles = new Map<string, readonly string[]>();
  readonly users = new Map<string, Given>();
  readonly tokens = new Map<string, Token>();
  entries: readonly AclEntry[] = [];

  constructor(private readonly privileges: readonly string[]) {}

  setRole(id: string, privileges: readonly string[]): void {
    for (const privilege of privileges) {
      if (!this.privileges.includes(privilege)) throw new ApiError(500, `invalid privilege '${privilege}'`);
    }
    this.roles.set(id, privileges);
  }

  role(id: string): readonly string[] {
    const role = this.roles.get(id);
    if (!role) throw new ApiError(500, `role '${id}' does not exist`);
    return role;
  }

  /** Proxmox ignores an ACL of a role that is gone when it reads its configuration the next time. */
  removeRole(id: string): void {
    this.role(id);
    this.roles.delete(id);
    this.entries = this.entries.filter(({ roleid }) => roleid !== id);
  }

  user(id: string): Given {
    const user = this.users.get(id);
    if (!user) throw new ApiError(500, `no such user ('${id}')`);
    return user;
  }

  /** With a user go the user's tokens and ACLs. */
  removeUser(id: string): void {
    this.users.delete(id);
    for (const token of this.tokens.keys()) if (token.startsWith(`${id}!`)) this.tokens.delete(token);
    this.entries = this.entries.filter(({ ugid }) => ugid !== id && !ugid.startsWith(`${id}!`));
  }

  addToken(id: string, privsep: boolean, given: Given): Token {
    if (this.tokens.has(id)) throw invalidParameters({ tokenid: "Token already exists." });
    const token = { secret: randomUUID(), privsep, given };
    this.tokens.set(id, token);
    return token;
  }

  token(id: string): Token {
    const token = this.tokens.get(id);
    if (!token) throw new ApiError(500, `no such token '${id.split("!")[1]}' for user '${id.split("!")[0]}'`);
    return token;
  }

  allow(entry: AclEntry): void {
    this.forbid(entry);
    this.entries = [...this.entries, entry];
  }

  forbid({ path, ugid, roleid }: Pick<AclEntry, "path" | "ugid" | "roleid">): void {
    this.entries = this.entries.filter((each) => each.path !== path || each.ugid !== ugid || each.roleid !== roleid);
  }

  /** Of a path whose object is gone. */
  forget(path: string): void {
    this.entries = this.entries.filter((each) => each.path !== path);
  }

  secretOf(id: string): string | undefined {
    return this.tokens.get(id)?.secret;
  }

  /** The privileges by path of a user, or of a token that has those of its user. */
  aclOf(id: string): Map<string, readonly string[]> {
    const holder = this.tokens.get(id)?.privsep ? id : String(id.split("!")[0]);
    const acl = new Map<string, readonly string[]>();
    for (const { path, roleid, ugid } of this.entries) {
      if (ugid === holder) acl.set(path, [...(acl.get(path) ?? []), ...(this.roles.get(roleid) ?? [])]);
    }
    return acl;
  }
}
