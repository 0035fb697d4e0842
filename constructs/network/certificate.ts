import { X509Certificate } from "node:crypto";
import { and, type Condition, isUnknown, matches } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";

/** A certificate in PEM, whose first and last line Go finds only where they stand alone: https://pkg.go.dev/encoding/pem#Decode */
const block = "-----BEGIN CERTIFICATE-----[ \\t\\r]*\\n([A-Za-z0-9+/= \\t\\r]+\\n)+-----END CERTIFICATE-----[ \\t\\r]*";
/** A line of a bundle that names the next certificate, or an empty one. */
const comment = "([^-\\n][^\\n]*)?";
const bundle = new RegExp(`^(${comment}\\n)*${block}(\\n(${block}|${comment}))*$`);

/** Whether the text is a certificate in PEM, or several. */
export const isCertificate = (text: unknown): Condition =>
  and(matches(text, bundle), isUnknown(text) || certificatesIn(String(text)).every((each) => each !== undefined));

/** The certificates of a text, each undefined that is none. */
const certificatesIn = (text: string): (X509Certificate | undefined)[] =>
  (text.match(new RegExp(block, "g")) ?? []).map((pem) => {
    try {
      return new X509Certificate(pem);
    } catch {
      return undefined;
    }
  });

export const caExpiry: Omit<Rule<unknown>, "checks"> = {
  id: "ca-expiry",
  severity: "warning",
  requirement: "the certificate of a CA has not expired",
  reason: "whatever it has signed is no longer trusted",
  source: "https://pkg.go.dev/crypto/x509#Certificate.Verify",
};

/** Checks when the certificates at `path` of the props expire, as far as they are known now: Terraform cannot read any. */
export const checkExpiry = (path: string, text: string): Check[] =>
  isUnknown(text)
    ? []
    : certificatesIn(text).flatMap((certificate) => {
        if (certificate === undefined) return [];
        const after = new Date(certificate.validTo).toISOString().slice(0, 10);
        const message = `${path} has the certificate of ${formatValue(certificate.subject)}, which expired on ${after}; write the one that has taken its place`;
        return [{ condition: false, after, message }];
      });
