/** Folder with the CA certificates of Proxmox hosts, beside the configuration; `npm run discover` writes them there. */
export const caFolder = "proxmox-ca";
