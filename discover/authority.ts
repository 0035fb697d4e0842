import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { ProxmoxApi } from "./api";

interface CertificateRow {
  readonly pem?: string;
}

/**
 * The CA certificate, as PEM, by which Terraform trusts the certificate that the host has shown; undefined if the host does
 * not tell it. A certificate that signed itself is its own CA.
 *
 * @param nodes the nodes to ask: all have the CA of their Proxmox cluster
 * @see https://pve.proxmox.com/pve-docs/chapter-sysadmin.html#sysadmin_certificate_management
 */
export async function authorityOf(api: ProxmoxApi, nodes: readonly string[]): Promise<string | undefined> {
  const { x509 } = api.certificate;
  if (hasSigned(x509, x509)) return x509.toString();
  for (const node of nodes) {
    const { status, data } = await api.call<readonly CertificateRow[] | null>(
      "GET",
      `/nodes/${node}/certificates/info`,
    );
    const known = status === 200 ? (data ?? []).flatMap(({ pem }) => parsed(pem) ?? []) : [];
    const authority = known.find((each) => each.ca && hasSigned(each, x509));
    if (authority) return authority.toString();
  }
  return undefined;
}

const hasSigned = (authority: X509Certificate, x509: X509Certificate): boolean =>
  x509.checkIssued(authority) && x509.verify(authority.publicKey);

function parsed(pem = ""): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** The names and IP addresses that the certificate is for, if the host is not one of them; Terraform takes no other. */
export function otherNames(x509: X509Certificate, hostname: string): readonly string[] | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  // Go knows the alternative names alone.
  const isNamed = isIP(host) ? x509.checkIP(host) : x509.checkHost(host, { subject: "never" });
  if (isNamed !== undefined) return undefined;
  return (x509.subjectAltName ?? "").split(", ").flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
}
