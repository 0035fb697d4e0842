import { type ServerOptions, SimulatedProxmox } from "../../proxmox/server";
import { ApiClient } from "./api-client";

export const qemu = "nodes/pve/qemu";

const running: SimulatedProxmox[] = [];

/** A host of the test's own, which ends with it. */
export async function proxmoxWith(options: ServerOptions = {}): Promise<SimulatedProxmox> {
  const proxmox = await SimulatedProxmox.start(options);
  running.push(proxmox);
  return proxmox;
}

export async function rootOf(options: ServerOptions = {}): Promise<{ proxmox: SimulatedProxmox; root: ApiClient }> {
  const proxmox = await proxmoxWith(options);
  return { proxmox, root: await ApiClient.loggedIn(proxmox) };
}

/** A host, and a token that has these privileges. */
export async function tokenWith(
  privileges: readonly string[],
  options: Omit<ServerOptions, "accounts"> = {},
): Promise<{ proxmox: SimulatedProxmox; root: ApiClient; token: ApiClient }> {
  const account = { id: "terraform@pve!lab", secret: "s", privileges };
  const { proxmox, root } = await rootOf({ ...options, accounts: [{ id: "root@pam", secret: "proxmox" }, account] });
  return { proxmox, root, token: new ApiClient(proxmox, { token: `${account.id}=${account.secret}` }) };
}

afterEach(async () => {
  for (const proxmox of running.splice(0)) await proxmox.stop();
});
