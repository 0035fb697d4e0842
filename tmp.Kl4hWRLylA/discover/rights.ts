import { type ProxmoxMajor, type ProxmoxUse, privilegesFor } from "../constructs/proxmox/privileges";

/** Privileges by path, as `GET /access/permissions` answers: 1 where paths below have them too. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Where privileges of a family are looked for beside `/`. */
const paths: Readonly<Record<string, string>> = {
  Datastore: "/storage",
  Mapping: "/mapping",
  SDN: "/sdn",
  Sys: "/nodes",
  VM: "/vms",
};

/** What a site does, by whether its GPU is there by a mapping, which is made unless there is one. */
export const usesOf = (gpu: "address" | "mapping" | "new mapping"): readonly ProxmoxUse[] => [
  ...(["vm", "network", "cloudInit", "guestAgent", "image", "hostFacts"] as const),
  ...(gpu === "address" ? [] : (["mappedDevice"] as const)),
  ...(gpu === "new mapping" ? (["mapping"] as const) : []),
];

/** Those privileges that an account has nowhere it would need them. */
export function lacking(permissions: Permissions, uses: readonly ProxmoxUse[], major: ProxmoxMajor): string[] {
  return privilegesFor(uses, major).filter((privilege) => {
    const below = paths[privilege.split(".")[0] ?? ""] ?? "/";
    return !Object.entries(permissions).some(
      ([path, privileges]) => (path === "/" || path.startsWith(below)) && privilege in privileges,
    );
  });
}
