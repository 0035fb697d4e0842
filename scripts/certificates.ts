import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { caFolder } from "../constructs/proxmox/ca-folder";

/** Where Go looks without SSL_CERT_DIR, which replaces them: https://go.dev/src/crypto/x509/root_linux.go */
const systemFolders = ["/etc/ssl/certs", "/etc/pki/tls/certs"].join(":");

/** SSL_CERT_DIR with the folder before those that Terraform and its providers read without it. */
export const certificateFolders = (folder: string, others = process.env.SSL_CERT_DIR): string =>
  [folder, others || systemFolders].join(":");

/** Lets Terraform and its providers trust the Proxmox hosts whose CA is in the folder. */
export function trustProxmox(): void {
  if (existsSync(caFolder)) process.env.SSL_CERT_DIR = certificateFolders(resolve(caFolder));
}
