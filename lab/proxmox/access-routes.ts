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
      const path = parameters.get("path");
      const asked = path === null ? [...new Set([...paths, ...caller.paths])] : [path];
      const held = asked.map((each) => [each, caller.privilegesOn(each)] as const);
      return Object.fromEntries(
        held
          .filter(([, privileges]) => privileges.length > 0)
          .map(([each, privileges]) => [each, Object.fromEntries(privileges.map((privilege) => [privilege, 1]))]),
      );
    },
  ],
];
