import type { ProxmoxApi } from "./api";

/** What guests of the Proxmox cluster have already, as far as the account may read it. */
export interface Guests {
  readonly names: readonly string[];
  /** IPv4 addresses in their configurations. */
  readonly addresses: readonly string[];
}

interface GuestRow {
  readonly vmid?: number;
  readonly name?: string;
  readonly node?: string;
  readonly type?: string;
}

export async function guestsOf(api: ProxmoxApi): Promise<Guests> {
  const { status, data } = await api.call<readonly GuestRow[] | null>("GET", "/cluster/resources?type=vm");
  const rows = status === 200 ? (data ?? []) : [];
  const addresses: string[] = [];
  for (const { vmid, node, type } of rows) {
    const path = `/nodes/${encodeURIComponent(node ?? "")}/${type === "lxc" ? "lxc" : "qemu"}/${Number(vmid)}/config`;
    const configuration = await api.call<Readonly<Record<string, unknown>> | null>("GET", path);
    if (configuration.status === 200) addresses.push(...addressesIn(configuration.data ?? {}));
  }
  return { names: rows.flatMap(({ name }) => name ?? []), addresses: [...new Set(addresses)] };
}

const addressesIn = (configuration: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(configuration)
    .filter(([key]) => /^(ipconfig|net)\d+$/.test(key))
    .flatMap(([, value]) => /(?:^|,)ip=(\d+(?:\.\d+){3})/.exec(String(value))?.[1] ?? []);
