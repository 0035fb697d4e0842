import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { caFolder, certificateFolders } from "../constructs/proxmox/ca-folder";

/** Lets Terraform and its providers trust the Proxmox hosts whose CA is in the folder. */
export function trustProxmox(): void {
  const folder = resolve(caFolder);
  if (existsSync(folder)) process.env.SSL_CERT_DIR = certificateFolders(folder);
}
