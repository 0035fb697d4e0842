import { or } from "../rules/condition";
import type { Check } from "../rules/rule";
import { providerDocs } from "../rules/source";
import type { ProxmoxConnection } from "./connection";

const root = "root@pam";

/** Where Proxmox's demand is written. */
export const permissionSource = providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#hostpci");

/**
 * Checks that the connection may set what Proxmox lets only root@pam set: a token never counts as root, not even root's own.
 *
 * @param what the value and why it is root's, to begin the message
 * @param instead another way, to end it
 */
export function checkRoot(connection: ProxmoxConnection | undefined, what: string, instead: string): Check[] {
  if (!connection) return [];
  const isToken = connection.credentials === "api-token";
  const override = connection.overriddenBy(root);
  return [
    {
      condition: !isToken,
      message: `${what}, which no API token may set; use credentials: "password" with ${root}, ${instead}`,
    },
    {
      condition: or(isToken, connection.isUser(root)),
      message: `${what}, which only ${root} may set, not ${connection.user}; use username: "${root}", ${instead}`,
    },
    {
      condition: isToken || override === undefined,
      message: `${what}, and ${override} would be used instead of the ${connection.credentials === "ticket" ? "ticket" : "password"}; unset it, ${instead}`,
    },
  ];
}
