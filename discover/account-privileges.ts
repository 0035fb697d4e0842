import {
  type Grant,
  grantCommands,
  grantsFor,
  type Paths,
  type ProxmoxMajor,
  type ProxmoxUse,
  privilegesFor,
} from "../constructs/proxmox/privileges";
import type { HostNode } from "./node";
import { bestStorage, bridgeOf } from "./storage";

/** Privileges by path, as `GET /access/permissions` answers: 1 where paths below have them too. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Where privileges of a family are looked for beside `/`. */
const families: Readonly<Record<string, readonly string[]>> = {
  Datastore: ["/storage"],
  Mapping: ["/mapping"],
  SDN: ["/sdn"],
  Sys: ["/nodes"],
  VM: ["/vms", "/pool"],
};

/** What a stack does, by whether its GPU has a mapping. The stack creates the mapping if there is none. */
export const usesOf = (gpu: "address" | "mapping" | "new mapping"): readonly ProxmoxUse[] => [
  ...(["vm", "network", "cloudInit", "guestAgent", "image", "hostFacts"] as const),
  ...(gpu === "address" ? [] : (["mappedDevice"] as const)),
  ...(gpu === "new mapping" ? (["mapping"] as const) : []),
];

/** Those privileges that an account has nowhere it would need them. */
export function lacking(permissions: Permissions, uses: readonly ProxmoxUse[], major: ProxmoxMajor): string[] {
  return privilegesFor(uses, major).filter((privilege) => {
    const below = families[privilege.split(".")[0] ?? ""] ?? ["/"];
    return !Object.entries(permissions).some(
      ([path, privileges]) => privilege in privileges && ["/", ...below].some((each) => isAtOrBelow(path, each)),
    );
  });
}

const isAtOrBelow = (path: string, other: string): boolean => path === other || path.startsWith(`${other}/`);

/** The ACL paths of a stack on one of these nodes, as far as the account sees what is there. */
function pathsOn(nodes: readonly HostNode[]): Paths {
  const known = (area: keyof Paths, path: string, name: string | undefined): Paths =>
    name === undefined ? {} : { [area]: [`${path}/${name}`] };
  const [node] = nodes.filter(({ isOnline }) => isOnline);
  if (node === undefined) return {};
  return {
    ...known("disk", "/storage", bestStorage(node, "images")?.name),
    ...known("image", "/storage", bestStorage(node, "import")?.name),
    ...known("bridge", "/sdn/zones/localnetwork", bridgeOf(node.bridges)?.name),
    mapping: ["/mapping/pci"],
    file: [],
    backup: [],
  };
}

/** The commands that give an account all that a stack needs, and no more. */
export function privilegeCommands(
  account: string,
  nodes: readonly HostNode[],
  uses: readonly ProxmoxUse[],
  major: ProxmoxMajor,
): string {
  const grants: Grant[] = grantsFor(uses, pathsOn(nodes), major);
  return grantCommands(account, grants);
}
