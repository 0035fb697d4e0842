import { generate } from "selfsigned";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed certificate as a new Proxmox host has one, made when it is needed. */
export async function selfSigned(address: string): Promise<Certificate> {
  const pems = await generate([{ name: "commonName", value: "Simulated Proxmox VE" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: address }] }],
  });
  return { cert: pems.cert, key: pems.private };
}
