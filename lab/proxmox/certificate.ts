import { X509Certificate } from "node:crypto";
import { generate } from "selfsigned";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>;

/** @param subject common name, unit and organization */
async function issued(
  [commonName, unit, organization]: readonly [string, string, string],
  extensions: Extensions,
  authority?: Certificate,
): Promise<Certificate> {
  const attributes = [
    { name: "commonName", value: commonName },
    { shortName: "OU", value: unit },
    { name: "organizationName", value: organization },
  ];
  const options = { keyType: "ec", curve: "P-256", algorithm: "sha256", extensions, ca: authority } as const;
  const { cert, private: key } = await generate(attributes, options);
  return { cert, key };
}

/** The CA that every Proxmox cluster makes for itself: `/etc/pve/pve-root-ca.pem` and its key. */
export const clusterAuthority = (): Promise<Certificate> =>
  issued(
    ["Proxmox Virtual Environment", crypto.randomUUID(), "PVE Cluster Manager CA"],
    [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  );

/** A node's certificate, `pve-ssl.pem`, for its names and addresses. */
export const nodeCertificate = (
  authority: Certificate,
  node: string,
  addresses: readonly string[] = ["127.0.0.1"],
): Promise<Certificate> =>
  issued(
    [`${node}.example`, "PVE Cluster Node", "Proxmox Virtual Environment"],
    [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
          ...["localhost", node, `${node}.example`].map((value) => ({ type: 2 as const, value })),
        ],
      },
    ],
    authority,
  );

/** A certificate that nobody else has signed. */
export const selfSigned = (address: string): Promise<Certificate> =>
  issued(["Self-signed", "Lab", "Lab"], [{ name: "subjectAltName", altNames: [{ type: 7, ip: address }] }]);

/** A certificate as `GET /nodes/{node}/certificates/info` tells it. */
export function certificateInfo(filename: string, { cert }: Certificate) {
  const {
    fingerprint256,
    subject,
    issuer,
    subjectAltName = "",
    validFrom,
    validTo,
    publicKey,
  } = new X509Certificate(cert);
  const seconds = (date: string): number => Date.parse(date) / 1000;
  const slashed = (name: string): string => `/${name.split("\n").join("/")}`;
  return {
    filename,
    fingerprint: fingerprint256,
    subject: slashed(subject),
    issuer: slashed(issuer),
    san: subjectAltName.split(", ").flatMap((name) => name.split(":").slice(1).join(":") || []),
    notbefore: seconds(validFrom),
    notafter: seconds(validTo),
    pem: cert,
    "public-key-type": publicKey.asymmetricKeyType,
  };
}
