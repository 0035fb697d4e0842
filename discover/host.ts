import type { ProxmoxMajor } from "../constructs/proxmox/privileges";
import { lacking, type Permissions, usesOf } from "./account-privileges";
import { authorityOf, otherNames } from "./authority";
import { type Guests, guestsOf } from "./guest";
import type { Session } from "./login";
import { type HostNode, type NodeRow, readNode } from "./node";
import type { Terminal } from "./terminal";

/** Everything that was found out; `--json` prints it as it is. */
export interface Host {
  readonly endpoint: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
  /** Whether a CA that this machine trusts signed the certificate. */
  readonly isTrusted: boolean;
  /** CA certificate by which Terraform trusts the host, as PEM; undefined if the host does not return it. */
  readonly authority?: string;
  /** What the certificate is for instead, if not for the endpoint. */
  readonly otherNames?: readonly string[];
  /** Version of Proxmox VE. */
  readonly version: string;
  readonly account: string;
  readonly credentials: Session["credentials"];
  /** Privileges that the account needs for a stack, and has nowhere. */
  readonly lackingPrivileges: readonly string[];
  /** A VM id that is free. */
  readonly nextVmId: number;
  readonly nodes: readonly HostNode[];
  readonly guests: Guests;
}

/** Only root, and no token of root's, passes raw addresses through. */
export const mayUseAddresses = ({ account, credentials }: Pick<Host, "account" | "credentials">): boolean =>
  account === "root@pam" && credentials !== "api-token";

export const majorOf = (version: string): ProxmoxMajor => (Number.parseInt(version, 10) >= 9 ? 9 : 8);

/** Asks the host for all that it tells the account. */
export async function readHost({ api, account, credentials }: Session, terminal: Terminal): Promise<Host> {
  const version = (await api.get<{ readonly version?: string }>("/version"))?.version;
  if (version === undefined || !/^\d+[.]\d/.test(version)) throw api.notProxmox();
  const permissions = await api.get<Permissions>("/access/permissions");
  const nextVmId = await api.get<string>("/cluster/nextid");
  const rows = await api.get<readonly NodeRow[]>("/nodes");
  const nodes: HostNode[] = [];
  for (const row of [...(rows ?? [])].sort((one, other) => one.node.localeCompare(other.node))) {
    terminal.tell(`Reading node ${row.node}`);
    nodes.push(await readNode(api, row));
  }
  terminal.tell("Reading certificates and the guests' addresses");
  const online = nodes.filter(({ isOnline }) => isOnline).map(({ name }) => name);
  const uses = usesOf(mayUseAddresses({ account, credentials }) ? "address" : "new mapping");
  const { hostname, port } = api.endpoint;
  return {
    // The configuration has a port in any case.
    endpoint: `https://${hostname}:${port || 443}/`,
    fingerprint: api.certificate.fingerprint,
    isTrusted: api.certificate.isTrusted,
    authority: await authorityOf(api, online),
    otherNames: otherNames(api.certificate.x509, hostname),
    version,
    account,
    credentials,
    lackingPrivileges: lacking(permissions ?? {}, uses, majorOf(version)),
    nextVmId: Number(nextVmId ?? 100),
    nodes,
    guests: await guestsOf(api),
  };
}
