import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { caFolder, certificateFolders } from "../constructs/proxmox/ca-folder";
import type { Host } from "./host";

/**
 * File for the CA certificate of the host: in the folder in which the commands run, where `npm run deploy` finds it; beside a
 * configuration that is elsewhere.
 */
export function authorityFile(configuration: string, { endpoint }: Host): string {
  const { hostname } = new URL(endpoint);
  return join(
    isHere(configuration) ? "." : dirname(configuration),
    caFolder,
    `${hostname.replace(/[^a-z0-9.-]+/gi, "-").replace(/^-|-$/g, "")}.pem`,
  );
}

/** Whether the file is in the folder in which the commands run, or in one in it. */
export const isHere = (file: string): boolean => !/^([.][.]([/\\]|$)|[/\\]|[A-Z]:)/.test(relative(".", file));

/** Whether the file is there with another certificate than the host's. */
export const isOther = (file: string, authority: string): boolean =>
  existsSync(file) && withoutSpace(readFileSync(file, "utf8")) !== withoutSpace(authority);

const withoutSpace = (text: string): string => text.replace(/\s/g, "");

export function writeAuthority(file: string, authority: string): void {
  // A folder for the configuration has to be there.
  if (!existsSync(dirname(file))) mkdirSync(dirname(file));
  writeFileSync(file, authority);
}

/** How Terraform comes to trust the certificate of the host: what is done for it, and what is left to do. */
export function trustAdvice(file: string, host: Host, platform = process.platform): string {
  const { authority, isTrusted, otherNames, endpoint } = host;
  const { hostname } = new URL(endpoint);
  const advice: string[] = [];
  if (authority !== undefined) {
    const folder = relative(".", dirname(file)) || ".";
    advice.push(
      platform === "darwin"
        ? `${file} has the CA of its certificate. On macOS, Terraform uses the keychain: sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${file}`
        : `${file} has the CA of its certificate, which \`npm run diff\`, \`deploy\` and \`destroy\` trust. For Terraform without npm: export SSL_CERT_DIR="${certificateFolders(`$PWD/${folder}`)}"`,
    );
  } else if (!isTrusted && !existsSync(file)) {
    advice.push(
      `Proxmox does not return the CA that signed its certificate, and without it Terraform refuses to connect. Copy the CA certificate to ${file}; Proxmox's own is /etc/pve/pve-root-ca.pem: mkdir -p ${dirname(file)} && scp root@${hostname}:/etc/pve/pve-root-ca.pem ${file}`,
    );
  }
  if (otherNames !== undefined) {
    advice.push(
      `The certificate of ${hostname} is for ${otherNames.join(", ") || "no name at all"}, and Terraform refuses it under another name: write one of these in endpoint, or let \`pvenode cert\` on the host give it a certificate for ${hostname}.`,
    );
  }
  return advice.join("\n");
}
