/** Folder with the CA certificates of Proxmox hosts, beside the configuration; `npm run discover` writes them there. */
export const caFolder = "proxmox-ca";

/** Where Go looks without SSL_CERT_DIR, which replaces them: https://go.dev/src/crypto/x509/root_linux.go */
const systemFolders = ["/etc/ssl/certs", "/etc/pki/tls/certs"].join(":");

/** SSL_CERT_DIR with the folder before those that Terraform and its providers read without it. */
export const certificateFolders = (folder: string, others = process.env.SSL_CERT_DIR): string =>
  [folder, others || systemFolders].join(":");
