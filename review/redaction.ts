import { isScalar, parseAllDocuments, type Scalar, visit, type YAMLMap } from "yaml";
import { redacted } from "../constructs/rules/secret";

const key = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[A-Za-z0-9+/=\s\\n]*-----END \1-----/g;

/** So much is looked at in one piece: the patterns take time by the square of a text's length. */
const piece = 1000;

/**
 * The document without what may be a secret. Line by line, and never more than one word of a line: what is hidden could
 * otherwise hide more.
 */
export const redactedDocument = (document: string): string =>
  withoutSecretKeys(document)
    .replace(key, (_, kind) => `-----BEGIN ${kind}----- …`)
    .split("\n")
    .map((line) =>
      Array.from({ length: Math.ceil(line.length / piece) }, (_, index) =>
        line.slice(index * piece, (index + 1) * piece),
      )
        .map((part) => (part.includes("-----BEGIN") ? part : redacted(part)))
        .join(""),
    )
    .join("\n");

/** Keys of YAML that hold secrets, as Talos and charts have them. */
const secretKey =
  /passw|passphrase|secret|token|credential|preshared|(private|auth|access|api|encryption|signing)[-_]?key|^(auth|psk)$|(^|[-_])(pass|pwd)$/i;

/** What is beside a key that belongs to a certificate; others are those of labels. */
const certificate = /^(ca|cert|crt|certificate|tls[.]crt)$/i;

/** The YAML without the strings of keys that hold secrets; what cannot be read as YAML is left alone. */
function withoutSecretKeys(text: string): string {
  const secrets = parseAllDocuments(text, { logLevel: "silent", uniqueKeys: false }).flatMap((document) => {
    if (document.errors.length > 0) return [];
    const found: Scalar[] = [];
    visit(document, { Map: (_, map) => void found.push(...secretsIn(map as YAMLMap<unknown, unknown>)) });
    return found;
  });
  const ranges = secrets.flatMap(({ range }) => (range ? [range] : [])).sort(([one], [other]) => other - one);
  return ranges.reduce((shorter, [from, to]) => `${shorter.slice(0, from)}…${shorter.slice(to)}`, text);
}

/** The secrets among the values of a map: by their keys, or as an environment variable, by the name beside them. */
function secretsIn(map: YAMLMap<unknown, unknown>): Scalar[] {
  const keys = map.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
  const name = map.get("name");
  return map.items.flatMap(({ value }, index) => {
    const key = keys[index] ?? "";
    const isSecret =
      secretKey.test(key) ||
      (/^(tls[.])?key$/i.test(key) && keys.some((each) => certificate.test(each))) ||
      (key === "value" && typeof name === "string" && secretKey.test(name));
    return isSecret && isScalar(value) && typeof value.value === "string" && value.value !== "" ? [value] : [];
  });
}
