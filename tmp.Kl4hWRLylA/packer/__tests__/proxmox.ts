import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "../../lab/proxmox/access";
import type { SimulatedProxmox } from "../../lab/proxmox/server";
import { directory, site } from "./packer";

const readme = readFileSync(join(directory, "README.md"), "utf8");

/** The site's token, with the role that the README gives it. */
export const packerAccount: Account = {
  id: String(site.proxmox_username),
  secret: String(site.proxmox_token),
  privileges: /role add Packer --privs "([^"]*)"/.exec(readme)?.[1]?.split(/\s+/) ?? [],
};

/** Imports a cloud image, as import-cloud-image.sh does. */
export function importImage(proxmox: SimulatedProxmox, id: number): void {
  const config = { name: "cloud-image", scsi0: "local-lvm:3", ide2: "local-lvm:cloudinit", boot: "order=scsi0" };
  proxmox.host.createVm(id, (vm) => {
    for (const [key, value] of Object.entries({ ...config, template: "1" })) vm.set(key, value);
  });
}
