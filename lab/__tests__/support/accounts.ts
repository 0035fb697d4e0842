import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "../../proxmox/access";
import type { ProxmoxVersion } from "../../proxmox/interface/schema";

const page = readFileSync(join(__dirname, "../../../docs/host.md"), "utf8");

/** The privileges of the role in docs/host.md, which is for the example with a resource mapping. */
export function documentedRole(version: ProxmoxVersion = "9.2.6"): string[] {
  const major = String(version.split(".")[0]);
  const role = new RegExp(`\\bon Proxmox ${major}:\\s+\`\`\`sh\\s+pveum role add \\w+ --privs "([^"]*)"`, "i").exec(
    page,
  )?.[1];
  if (role === undefined) throw new Error(`docs/host.md has no role for Proxmox ${major}`);
  return role.split(/\s+/);
}

export const root: Account = { id: "root@pam", secret: "a-password-of-root" };

/** A token with the documented role, or another one. */
export const tokenWithRole = (privileges: readonly string[]): Account => ({
  id: "terraform@pve!lab",
  secret: "5a9cf6a5-3b8e-4c11-9d6e-000000000001",
  privileges,
});

export const token = tokenWithRole(documentedRole());

/** What a program may ask for. */
export const credentials = {
  TF_VAR_ssh_public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vZGVsIG9mIGEga2V5LCBub3QgYSByZWFsIG9uZSEh operator",
  TF_VAR_proxmox_password: root.secret,
  TF_VAR_proxmox_api_token: `${token.id}=${token.secret}`,
};
