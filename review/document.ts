import { type Document, isScalar, parseAllDocuments, visit } from "yaml";
import { isExpression } from "./json";

/** The text that Terraform makes of a string of its JSON, in which it would fill in what is in `${}`. */
export const withoutEscapes = (text: string): string => text.replace(/([$%])\1\{/g, "$1{");

/** Those of the texts that `documentsOf` has read: several sections of a page read the same. */
const read = new Map<string, readonly unknown[] | undefined>();

/**
 * The documents of a text of YAML or JSON, or of a call of Terraform's `yamlencode` or `jsonencode`, in which an expression is
 * a text such as `${var.address}`. Undefined if the text is neither, or if a program may read more in it than this one.
 */
export function documentsOf(text: string): readonly unknown[] | undefined {
  if (!read.has(text)) read.set(text, documentsIn(text));
  return read.get(text);
}

function documentsIn(text: string): unknown[] | undefined {
  const encoded = /^\s*\$\{(?:yaml|json)encode\(([\s\S]*)\)\}\s*$/.exec(text)?.[1];
  if (encoded !== undefined) {
    const value = expressionValue(encoded);
    return value === undefined ? undefined : [value];
  }
  try {
    const asWritten = parsed(text);
    const documents = parsed(withoutEscapes(text));
    if (asWritten === undefined || documents === undefined) return undefined;
    if (fillsInMore(text, asWritten) || documents.some(isStrange)) return undefined;
    return documents.map((document) => document.toJS() as unknown).filter((document) => document !== null);
  } catch {
    return undefined;
  }
}

/** As Talos and Helm read it: with merge keys. */
function parsed(text: string): Document[] | undefined {
  const documents = parseAllDocuments(text, { maxAliasCount: 1000, merge: true, logLevel: "silent" } as object);
  return Array.isArray(documents) && documents.every(({ errors }) => errors.length === 0) ? documents : undefined;
}

/** Expressions whose text may have lines of its own, and with them keys. */
const writesLines =
  /[$%]\{[^}]*(\\[nrtuU]|\b(base64\w*|gunzip|urldecode|textdecode\w*|(json|yaml)decode|file\w*|template\w*)\()/;

/** Whether Terraform fills in more than values: in a comment or a key, an expression may begin a new line. */
function fillsInMore(text: string, documents: readonly Document[]): boolean {
  if (!isExpression(text)) return false;
  const values: (readonly number[])[] = [];
  for (const document of documents) {
    visit(document, { Scalar: (key, { range }) => void (key !== "key" && range && values.push(range)) });
  }
  const rest = values
    .sort(([one = 0], [other = 0]) => other - one)
    .reduce((shorter, [from = 0, to = 0]) => shorter.slice(0, from) + shorter.slice(to), text);
  return isExpression(rest) || writesLines.test(text);
}

/** Whether a document has keys that are no plain text, or tags by which other programs read other values. */
function isStrange(document: Document): boolean {
  let strange = false;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.tag !== undefined) strange = true;
    },
    Node: (_, { tag }) => {
      if (tag !== undefined && !/^tag:yaml[.]org,2002:(str|int|float|bool|null|map|seq|timestamp)$/.test(tag))
        strange = true;
    },
  });
  return strange;
}

/** The value of an expression as cdktf writes it: objects and lists as such, what it refers to as text. */
function expressionValue(expression: string): unknown {
  const tokens = expression.match(
    /"(?:\\.|\$\{(?:[^{}]|\{[^{}]*\})*\}|[^"\\])*"|[{}[\],=]|[^\s"{}[\],=]+(?:\([^()]*\)|\[[^\]]*\]|[^\s"{}[\],=])*/g,
  );
  const isKey = (index: number): boolean => tokens?.[index + 1] === "=";
  // A key may be a word; one that an expression makes is not known here.
  if (tokens?.some((token, index) => isKey(index) && !/^([\w-]+|"[^"$%]*")$/.test(token))) return undefined;
  const json = (tokens ?? []).map((token, index) => {
    if (token === "=") return ":";
    if (isKey(index) && !token.startsWith('"')) return JSON.stringify(token);
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
const mayBeDocument = (text: string): boolean => /[\n{[]|: /.test(text);

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
