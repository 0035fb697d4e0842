import { pinnedProviders } from "./provider-schema";
import { endOfString, templateParts, wholeExpression } from "./string-template";
import { type Labelled, type LanguageBlock, terraformLanguage } from "./terraform-language";

type Json = Readonly<Record<string, unknown>>;

/** A list is written on one line up to this width. */
const widest = 100;

/**
 * The stack in HCL, as `terraform fmt` formats it. Terraform JSON writes blocks and attributes alike; the provider
 * schemas tell them apart. cdktf's comments are left out.
 *
 * @throws when the stack holds something that the schemas do not know
 */
export function toHcl(stack: object): string {
  const language = terraformLanguage(pinnedProviders());
  const order = Object.keys(language.block_types ?? {});
  const sections = Object.entries(stack).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  return `${body(language, Object.fromEntries(sections))}\n`;
}

/** Short arguments together, then long ones, then blocks, each set off by an empty line. */
function body(block: LanguageBlock, value: Json): string {
  const first: [string, string][] = [];
  const short: [string, string][] = [];
  const long: string[] = [];
  const inner: string[] = [];
  const last: string[] = [];
  for (const [name, content] of entries(value)) {
    const type = block.block_types?.[name];
    const attribute = block.attributes?.[name];
    if (name === "lifecycle" && type) last.unshift(...blocks(type.block, name, content));
    else if (type) inner.push(...blocks(type.block, name, content));
    else if (!attribute && !block.open) throw unknown(name);
    else {
      const code = expression(content, attribute?.bare);
      if (["count", "for_each", "provider"].includes(name)) first.push([name, code]);
      else if (name === "depends_on") last.push(aligned([[name, code]]));
      else if (code.includes("\n")) long.push(aligned([[name, code]]));
      else short.push([name, code]);
    }
  }
  return [aligned(first), aligned(short), ...long, ...inner, ...last].filter(Boolean).join("\n\n");
}

function blocks(block: LanguageBlock | Labelled, header: string, value: unknown): string[] {
  return [value ?? []].flat().flatMap((item) => {
    if (typeof block !== "function") return [braced(`${header} `, body(block, item as Json))];
    return entries(item as Json).flatMap(([label, inner]) => {
      const labelled = block(label);
      if (!labelled) throw unknown(label);
      return blocks(labelled, `${header} ${quoted(label)}`, inner);
    });
  });
}

/** A value; a string is a template, unless it is `bare`: an expression as it stands. */
function expression(value: unknown, bare = false): string {
  if (typeof value === "string") return bare ? spaced(value) : template(value);
  if (Array.isArray(value)) return list(value.map((item) => expression(item, bare)));
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const items = entries(value as Json).map(([key, item]): [string, string] => [
    /^(?!(for|null|true|false)$)[a-z_][\w-]*$/i.test(key) ? key : quoted(key),
    expression(item),
  ]);
  return braced("", aligned(items));
}

function list(items: readonly string[]): string {
  const line = `[${items.join(", ")}]`;
  if (line.length <= widest && !line.includes("\n")) return line;
  // Nothing may follow the end of a heredoc on its line.
  const endsInHeredoc = (item: string) => item.endsWith("\nEOT");
  const lines = items.map((item) => (endsInHeredoc(item) ? `${item}\n,` : `${item},`)).join("\n");
  return `[\n${indented(endsInHeredoc(items.at(-1) ?? "") ? lines.slice(0, -2) : lines)}\n]`;
}

function template(text: string): string {
  const code = wholeExpression(text);
  if (code !== undefined) return spaced(code);
  return isDocument(text) ? `<<-EOT\n${indented(parts(text.slice(0, -1), (literal) => literal))}\nEOT` : quoted(text);
}

/** Whether a heredoc holds the text as it is: its lines end, and their indentation is their own. */
const isDocument = (text: string) =>
  /\n.*\n$/.test(text) && /^\S/m.test(text) && !/^[^\S\n]+$|^\s*EOT$|[^\P{C}\n\t]/mu.test(text);

const quoted = (text: string) => `"${parts(text, (literal) => literal.replace(/["\\\p{Cc}]/gu, escaped))}"`;

/** The template with its text changed for where it stands. */
const parts = (template: string, change: (text: string) => string) =>
  templateParts(template)
    .map(({ text, isSequence }) => (isSequence ? `${text.slice(0, 2)}${spaced(text.slice(2, -1))}}` : change(text)))
    .join("");

const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const escaped = (character: string) =>
  escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Spaces inside braces, as `terraform fmt` has them; cdktf writes all others. */
function spaced(code: string): string {
  let result = "";
  for (let at = 0; at < code.length; ) {
    const end = code[at] === '"' ? endOfString(code, at) : at + 1;
    const opens = code[at - 1] === "{" && !/[\s}]/.test(code.charAt(at));
    const closes = code[at] === "}" && !/[\s{]/.test(code.charAt(at - 1));
    // Before parentheses, fmt takes the `if` of a `for` for the name of a function.
    const isCall = code[at] === " " && code[at + 1] === "(" && /\bif$/.test(code.slice(0, at));
    if (!isCall) result += `${opens || closes ? " " : ""}${code.slice(at, end)}`;
    at = end;
  }
  return result;
}

/** Arguments under each other; the equals signs of lines in a row stand in one column. */
function aligned(items: readonly [string, string][]): string {
  const rows: [string, string][][] = [];
  const isRow = (code: string) => !/^.*[[{(]\n/.test(code);
  for (const item of items) {
    const row = rows.at(-1);
    if (row?.[0] && isRow(row[0][1]) && isRow(item[1])) row.push(item);
    else rows.push([item]);
  }
  return rows
    .flatMap((row) => {
      const width = Math.max(...row.map(([name]) => name.length));
      return row.map(([name, code]) => `${name.padEnd(width)} = ${code}`);
    })
    .join("\n");
}

const braced = (header: string, content: string) => (content ? `${header}{\n${indented(content)}\n}` : `${header}{}`);
const indented = (code: string) => code.replace(/^(?=.)/gm, "  ");
const entries = (value: Json) =>
  Object.entries(value).filter(([name, content]) => name !== "//" && content !== undefined);
const unknown = (name: string) =>
  new Error(`schemas/ does not know ${name}, so it cannot be written as HCL; see schemas/README.md to add it`);
