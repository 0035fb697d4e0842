import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import type { CreatedAccounts } from "./created-accounts";
import { all, any, both, either, everyone, type Permission } from "./permission";

const list = (text: string | undefined): string[] => (text ?? "").split(/[,;\s]+/).filter(Boolean);
const created = ({ cluster }: ApiRequest): CreatedAccounts => cluster.access.created;
const given = ({ parameters }: ApiRequest) => Object.fromEntries(parameters);

/** @see https://git.proxmox.com/?p=pve-access-control.git;a=blob;f=src/PVE/API2/User.pm */
const ofRealm: Permission = (caller, parameters, version) =>
  all(`/access/realm/${parameters.userid?.split("@")[1]}`, "Realm.AllocateUser")(caller, parameters, version);
const changesUsers = all("/access/groups", "User.Modify");
const readsUsers = any("/access/groups", "User.Modify", "Sys.Audit");

/** Who may not modify permissions gives away what they have on an object that they may allocate. */
const allocates: readonly (readonly [RegExp, string])[] = [
  [/^[/]storage[/]./, "Datastore.Allocate"],
  [/^[/]vms[/]./, "VM.Allocate"],
  [/^[/]pool[/]./, "Pool.Allocate"],
];
const modifiersOf = (path: string): string[] => [
  "Permissions.Modify",
  ...allocates.flatMap(([pattern, privilege]) => (pattern.test(path) ? [privilege] : [])),
];
const modifiesPermissions: Permission = (caller, parameters, version) =>
  any(String(parameters.path), ...modifiersOf(String(parameters.path)))(caller, parameters, version);

/** What Proxmox says before an error while it has the file of users, roles and ACLs locked. */
function during<Result>(what: string, change: () => Result): Result {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 500) throw error;
    throw new ApiError(500, `${what}: ${error.message}`);
  }
}

/** Where an ACL can be, of those places that the lab knows. */
const aclPath =
  /^[/](access(?:[/](?:groups|realm)(?:[/][\w.-]+)?)?|(?:nodes|storage)(?:[/][\w.-]+)?|pool(?:[/][\w.-]+){0,3}|vms(?:[/][1-9]\d{2,})?|(?:mapping|sdn)(?:[/][\w.-]+)*)?$/;

/** Who may not modify permissions gives away only what they have. */
function checkGiven({ caller }: ApiRequest, path: string, roleid: string, privileges: readonly string[], verb: string) {
  if (caller.may(path, "Permissions.Modify")) return;
  if (privileges.every((privilege) => caller.may(path, privilege)) && privileges.length > 0) return;
  throw invalidParameters({
    role: `Cannot ${verb} role '${roleid}' - requires 'Permissions.Modify' or superset of privileges.`,
  });
}

/** @see https://git.proxmox.com/?p=pve-access-control.git;a=blob;f=src/PVE/API2/ACL.pm */
function changeAcl(request: ApiRequest): null {
  const accounts = created(request);
  const [path, removes] = [request.required("path"), request.flag("delete")];
  const propagate = request.optional("propagate") === "0" ? 0 : 1;
  const [users, tokens] = [list(request.optional("users")), list(request.optional("tokens"))];
  if (users.length + tokens.length === 0) {
    const missing = "either 'users', 'groups' or 'tokens' is required.";
    throw invalidParameters({ users: missing, groups: missing, tokens: missing });
  }
  if (!removes && !aclPath.test(path)) throw invalidParameters({ path: `invalid ACL path '${path}'` });
  for (const roleid of list(request.optional("roles"))) {
    checkGiven(request, path, roleid, accounts.role(roleid), removes ? "remove" : "add");
    for (const id of users) {
      if (!accounts.users.has(id)) throw new ApiError(500, `user '${id}' does not exist`);
    }
    for (const id of tokens) accounts.token(id);
    const holders = [
      ...users.map((ugid) => ({ path, type: "user", ugid, roleid, propagate }) as const),
      ...tokens.map((ugid) => ({ path, type: "token", ugid, roleid, propagate }) as const),
    ];
    for (const entry of holders) {
      if (removes) accounts.forbid(entry);
      else accounts.allow(entry);
    }
  }
  return null;
}

/** @see https://git.proxmox.com/?p=pve-access-control.git;a=blob;f=src/PVE/API2/Role.pm */
function createRole(request: ApiRequest): void {
  const id = request.required("roleid");
  if (/^pve/i.test(id)) {
    throw invalidParameters({ roleid: "cannot use role ID starting with the (case-insensitive) 'PVE' namespace" });
  }
  if (created(request).roles.has(id)) throw new ApiError(500, `role '${id}' already exists`);
  created(request).setRole(id, list(request.optional("privs")));
}

function updateRole(request: ApiRequest): void {
  const id = String(request.path.roleid);
  created(request).role(id);
  created(request).setRole(id, list(request.optional("privs")));
}

/** The user itself too, as a token of theirs does not count as them. */
const changesTokens: Permission = either((caller, { userid }) => (caller.id === userid ? undefined : ""), changesUsers);

const tokenOf = ({ path }: ApiRequest): string => `${path.userid}!${path.tokenid}`;

/** Roles, users, API tokens and ACLs. */
export const accountRoutes: readonly Route[] = [
  [
    "POST",
    "/access/roles",
    all("/access", "Sys.Modify"),
    (request) => during("create role failed", () => createRole(request)),
  ],
  [
    "GET",
    "/access/roles/:roleid",
    everyone,
    (request) =>
      Object.fromEntries(
        created(request)
          .role(String(request.path.roleid))
          .map((each) => [each, 1]),
      ),
  ],
  [
    "PUT",
    "/access/roles/:roleid",
    all("/access", "Sys.Modify"),
    (request) => during("update role failed", () => updateRole(request)),
  ],
  [
    "DELETE",
    "/access/roles/:roleid",
    all("/access", "Sys.Modify"),
    (request) => during("delete role failed", () => created(request).removeRole(String(request.path.roleid))),
  ],
  [
    "POST",
    "/access/users",
    both(ofRealm, changesUsers),
    (request) => {
      const id = request.required("userid");
      if (created(request).users.has(id)) throw new ApiError(500, `create user failed: user '${id}' already exists`);
      created(request).users.set(id, given(request));
      return null;
    },
  ],
  [
    "GET",
    "/access/users/:userid",
    readsUsers,
    (request) => {
      const {
        userid: _,
        password: __,
        enable = "1",
        expire = "0",
        ...user
      } = created(request).user(String(request.path.userid));
      return { ...user, enable: Number(enable), expire: Number(expire), groups: [] };
    },
  ],
  [
    "PUT",
    "/access/users/:userid",
    changesUsers,
    (request) => {
      const id = String(request.path.userid);
      created(request).users.set(id, { ...created(request).user(id), ...given(request) });
      return null;
    },
  ],
  [
    "DELETE",
    "/access/users/:userid",
    both(ofRealm, changesUsers),
    (request) => created(request).removeUser(String(request.path.userid)),
  ],
  [
    "POST",
    "/access/users/:userid/token/:tokenid",
    changesTokens,
    (request) => {
      created(request).user(String(request.path.userid));
      const id = tokenOf(request);
      const { secret, privsep } = created(request).addToken(id, request.optional("privsep") !== "0", given(request));
      return { "full-tokenid": id, value: secret, info: { privsep: privsep ? "1" : "0", expire: 0 } };
    },
  ],
  [
    "GET",
    "/access/users/:userid/token/:tokenid",
    changesTokens,
    (request) => {
      const { privsep, given } = created(request).token(tokenOf(request));
      return {
        privsep: privsep ? 1 : 0,
        expire: Number(given.expire ?? 0),
        ...(given.comment && { comment: given.comment }),
      };
    },
  ],
  [
    "DELETE",
    "/access/users/:userid/token/:tokenid",
    changesTokens,
    (request) => {
      created(request).token(tokenOf(request));
      created(request).tokens.delete(tokenOf(request));
      return null;
    },
  ],
  [
    "GET",
    "/access/acl",
    everyone,
    (request) =>
      created(request).entries.filter(
        ({ path }) =>
          request.caller.may("/access", "Sys.Audit") ||
          modifiersOf(path).some((privilege) => request.caller.may(path, privilege)),
      ),
  ],
  ["PUT", "/access/acl", modifiesPermissions, (request) => during("ACL update failed", () => changeAcl(request))],
];
