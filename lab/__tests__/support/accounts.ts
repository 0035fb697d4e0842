import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Grant } from "../../../constructs/proxmox/privileges";
import type { Account, Acl } from "../../proxmox/access";
import type { ProxmoxVersion } from "../../proxmox/interface/schema";

const page = readFileSync(join(__dirname, "../../../docs/host.md"), "utf8");

/** The roles of docs/host.md by the paths on which they are given, which are for the example with a resource mapping. */
export function documentedAcl(version: ProxmoxVersion = "9.2.6"): Acl {
  const role = (name: string): string[] => {
    const all = [...page.matchAll(new RegExp(`^pveum role add ${name} --privs "([^"]*)"`, "gm"))];
    // The second one is that of Proxmox 8.
    const [, privileges = ""] = (version.startsWith("8.") ? all.at(-1) : all[0]) ?? [];
    return privileges.split(" ");
  };
  const given = [...page.matchAll(/^pveum acl modify (\S+) --users '\S+' --roles (\S+)$/gm)];
  return Object.fromEntries(given.map(([, path = "", roles = ""]) => [path, roles.split(",").flatMap(role)]));
}

/** Their privileges, for a role on `/`. */
export const documentedRole = (version?: ProxmoxVersion): string[] => [
  ...new Set(Object.values(documentedAcl(version)).flat()),
];

export const root: Account = { id: "root@pam", secret: "a-password-of-root" };

/** A token with these privileges on all paths. */
export const tokenWithRole = (privileges: readonly string[]): Account => ({
  id: "terraform@pve!lab",
  secret: "5a9cf6a5-3b8e-4c11-9d6e-000000000001",
  privileges,
});

/** The ACL of an account that was given these roles. */
export const aclOf = (grants: readonly Grant[]): Acl =>
  Object.fromEntries(
    grants
      .flatMap(({ paths }) => paths)
      .map((path) => [
        path,
        grants.filter(({ paths }) => paths.includes(path)).flatMap(({ privileges }) => privileges),
      ]),
  );

/** The same with privileges by path. */
export const tokenWithAcl = (acl: Acl): Account => ({ ...tokenWithRole([]), acl });

export const token = tokenWithRole(documentedRole());

/** What a program may ask for. */
export const credentials = {
  TF_VAR_ssh_public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vZGVsIG9mIGEga2V5LCBub3QgYSByZWFsIG9uZSEh operator",
  TF_VAR_proxmox_password: root.secret,
  TF_VAR_proxmox_api_token: `${token.id}=${token.secret}`,
};
