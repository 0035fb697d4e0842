import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import type { CreatedAccounts } from "./created-accounts";
import { all, any, both, everyone, type Permission } from "./permission";

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

/** @see https://git.proxmox.com/?p=pve-access-control.git;a=blob;f=src/PVE/API2/ACL.pm */
function changeAcl(request: ApiRequest): null {
  const { caller } = request;
  const accounts = created(request);
  const [path, removes] = [request.required("path"), request.flag("delete")];
  const propagate = request.optional("propagate") === "0" ? 0 : 1;
  for (const roleid of list(request.optional("roles"))) {
    const privileges = accounts.role(roleid);
    if (!caller.may(path, "Permissions.Modify") && privileges.some((privilege) => !caller.may(path, privilege))) {
      const verb = removes ? "remove" : "add";
      throw invalidParameters({
        role: `Cannot ${verb} role '${roleid}' - requires 'Permissions.Modify' or superset of privileges.`,
      });
    }
    const holders = (["user", "token"] as const).flatMap((type) =>
      list(request.optional(`${type}s`)).map((ugid) => ({ path, type, ugid, roleid, propagate }) as const),
    );
    for (const entry of holders) {
      if (removes) accounts.forbid(entry);
      else accounts.allow(entry);
    }
  }
  return null;
}

const tokenOf = ({ path }: ApiRequest): string => `${path.userid}!${path.tokenid}`;

/** Roles, users, API tokens and ACLs. */
export const accountRoutes: readonly Route[] = [
  [
    "POST",
    "/access/roles",
    all("/access", "Sys.Modify"),
    (request) => {
      const id = request.required("roleid");
      if (created(request).roles.has(id)) throw new ApiError(500, `role '${id}' already exists`);
      return created(request).setRole(id, list(request.optional("privs")));
    },
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
    (request) => created(request).setRole(String(request.path.roleid), list(request.optional("privs"))),
  ],
  [
    "DELETE",
    "/access/roles/:roleid",
    all("/access", "Sys.Modify"),
    (request) => created(request).removeRole(String(request.path.roleid)),
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
    changesUsers,
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
    readsUsers,
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
    changesUsers,
    (request) => {
      created(request).tokens.delete(tokenOf(request));
      return null;
    },
  ],
  [
    "GET",
    "/access/acl",
    everyone,
    (request) =>
      created(request).entries.filter(({ path }) =>
        modifiersOf(path).some((privilege) => request.caller.may(path, privilege)),
      ),
  ],
  ["PUT", "/access/acl", modifiesPermissions, changeAcl],
];
