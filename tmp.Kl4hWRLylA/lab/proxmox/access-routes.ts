import type { Route } from "./api-request";
import { everyone } from "./permission";

/** Paths that Proxmox always tells of. */
const paths = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

/** Who may what. Logging in is the server's own business. */
export const accessRoutes: readonly Route[] = [
  [
    "GET",
    "/access/permissions",
    everyone,
    ({ caller, parameters }) => {
      const privileges = Object.fromEntries(caller.privileges.map((privilege) => [privilege, 1]));
      if (caller.privileges.length === 0) return {};
      const path = parameters.get("path");
      return Object.fromEntries((path === null ? paths : [path]).map((each) => [each, privileges]));
    },
  ],
];
