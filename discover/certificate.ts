import type { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { Refusal } from "./refusal";
import type { Terminal } from "./terminal";

/** The certificate that a host shows before any request. */
export interface Certificate {
  /** SHA-256 of it, in pairs of hex digits, as Proxmox shows it under System → Certificates. */
  readonly fingerprint: string;
  /** Whether a CA that this machine trusts signed it, for this name. */
  readonly isTrusted: boolean;
  readonly x509: X509Certificate;
}

const patience = 10_000;

/** Connects, and shows the certificate; nothing is sent. */
export function encrypted(endpoint: URL): Promise<TLSSocket> {
  const host = endpoint.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(endpoint.port || 443);
  return new Promise((resolve, reject) => {
    // Whether the certificate is trusted is decided by its fingerprint.
    const socket = connect({ host, port, servername: isName(host) ? host : undefined, rejectUnauthorized: false });
    socket.setTimeout(patience, () => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
    socket.once("error", (error) => reject(unreachable(endpoint, error)));
    socket.once("secureConnect", () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

const isName = (host: string): boolean => !/^[0-9.]+$|:/.test(host);

export function certificateOf(socket: TLSSocket): Certificate {
  const x509 = socket.getPeerX509Certificate();
  if (x509 === undefined) throw new Refusal("The host shows no certificate, so it is not Proxmox's API.");
  return { fingerprint: x509.fingerprint256, isTrusted: socket.authorized, x509 };
}

function unreachable(endpoint: URL, error: Error & { readonly code?: string }): Refusal {
  const { host, hostname, port } = endpoint;
  const reasons: Record<string, string> = {
    ENOTFOUND: `There is no host "${hostname}"; write its name as this machine knows it, or its IP address.`,
    EAI_AGAIN: `The name "${hostname}" cannot be looked up; check this machine's network, or write the IP address.`,
    ECONNREFUSED: `${hostname} refuses connections at port ${port || 443}; Proxmox's API is at 8006, and \`systemctl status pveproxy\` on the host shows whether it runs.`,
    ETIMEDOUT: `${host} does not answer; is the host on, is this machine in its network, and does a firewall let port ${port || 443} through?`,
    EHOSTUNREACH: `${hostname} cannot be reached; is the host on, and is this machine in its network?`,
    ENETUNREACH: `${hostname} cannot be reached; is this machine in its network?`,
  };
  const other = `${host} does not speak TLS (${error.code ?? error.message}), so it is not Proxmox's API, which is at port 8006.`;
  return new Refusal(reasons[error.code ?? ""] ?? other);
}

const bare = (fingerprint: string): string => fingerprint.replace(/[:\s]|^sha-?256[:=]?/gi, "").toUpperCase();

/** Asks whether the certificate is the host's, unless a trusted CA signed it or the caller knows it. */
export async function trusted(endpoint: URL, expected: string | undefined, terminal: Terminal): Promise<Certificate> {
  terminal.tell(`Connecting to ${endpoint.host}`);
  const socket = await encrypted(endpoint);
  const certificate = certificateOf(socket);
  socket.destroy();
  const { fingerprint, isTrusted } = certificate;
  if (expected !== undefined) {
    if (bare(expected) === bare(fingerprint)) return certificate;
    throw new Refusal(
      `The certificate of ${endpoint.host} has the fingerprint ${fingerprint}, and not the one that was given. If the host has a new certificate, compare it on the host (${onTheHost}); otherwise another machine answers.`,
    );
  }
  if (isTrusted) return certificate;
  const told = `The certificate of ${endpoint.host} is not trusted (self-signed?); NODE_EXTRA_CA_CERTS can name its CA. Its SHA-256 fingerprint is\n\n  ${fingerprint}\n`;
  if (!terminal.isInteractive) {
    throw new Refusal(`${told}\nCompare it on the host (${onTheHost}); if it is the same, give it with --fingerprint.`);
  }
  terminal.tell(`\n${told}`);
  if (await terminal.confirm(`On the host, ${onTheHost} shows it. Is it the same?`)) return certificate;
  throw new Refusal("The certificate is not trusted, so no request was sent to the host.");
}

const onTheHost = "`pvenode cert info`";
