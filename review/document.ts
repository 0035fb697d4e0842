import { parseAllDocuments } from "yaml";

/** The text that Terraform makes of a string of its JSON, in which it would fill in what is in `${}`. */
export const withoutEscapes = (text: string): string => text.replace(/([$%])\1\{/g, "$1{");

/**
 * The documents of a text of YAML or JSON, or of a call of Terraform's `yamlencode` or `jsonencode`, in which an expression is
 * a text such as `${var.address}`. Undefined if the text is neither.
 */
export function documentsOf(text: string): unknown[] | undefined {
  const encoded = /^\s*\$\{(?:yaml|json)encode\(([\s\S]*)\)\}\s*$/.exec(text)?.[1];
  if (encoded !== undefined) {
    const value = expressionValue(encoded);
    return value === undefined ? undefined : [value];
  }
  try {
    const documents = parseAllDocuments(withoutEscapes(text), { maxAliasCount: 1000 } as object);
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
    return documents.map((document) => document.toJS() as unknown).filter((document) => document !== null);
  } catch {
    return undefined;
  }
}

/** The value of an expression as cdktf writes it: objects and lists as such, what it refers to as text. */
function expressionValue(expression: string): unknown {
  const tokens = expression.match(
    /"(?:\\.|\$\{(?:[^{}]|\{[^{}]*\})*\}|[^"\\])*"|[{}[\],=]|[^\s"{}[\],=]+(?:\([^()]*\)|\[[^\]]*\]|[^\s"{}[\],=])*/g,
  );
  const json = (tokens ?? []).map((token) => {
    if (token === "=") return ":";
    if (/^[{}[\],]$/.test(token) || token.startsWith('"') || /^(true|false|null|-?\d+([.]\d+)?)$/.test(token))
      return token;
    return JSON.stringify(`\${${token}}`);
  });
  try {
    return JSON.parse(json.join(""));
  } catch {
    return undefined;
  }
}

/** Whether a text is more than a word: it may be a document in a document. */
const mayBeDocument = (text: string): boolean => text.includes("\n") || /^\s*[{[]/.test(text);

/** The same value with documents in place of the texts that hold them, such as inline manifests. */
export function unfolded(value: unknown, depth = 0): unknown {
  if (typeof value === "string") {
    const documents = depth < 4 && mayBeDocument(value) ? documentsOf(value) : undefined;
    const isText = documents === undefined || documents.every((document) => typeof document !== "object");
    return isText ? value : documents.map((document) => unfolded(document, depth + 1));
  }
  if (Array.isArray(value)) return value.map((each) => unfolded(each, depth));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unfolded(each, depth)]));
}
