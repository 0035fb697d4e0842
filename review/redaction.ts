import { redacted } from "../constructs/rules/secret";

const key = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[A-Za-z0-9+/=\s\\n]*-----END \1-----/g;

/** So much is looked at in one piece: the patterns take time by the square of a text's length. */
const piece = 1000;

/**
 * The document without what may be a secret. Line by line, and never more than one word of a line: what is hidden could
 * otherwise hide more.
 */
export const redactedDocument = (document: string): string =>
  document
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
