/** A piece of Markdown, to be put into a page as it is. */
export type Markdown = string;

/** What stands for nothing in a cell. */
export const none: Markdown = "–";

/** The text as it is, with nothing in it that Markdown would read; on one line. */
export const text = (value: string): Markdown =>
  oneLine(value)
    .replace(/[\\`*<>~&]/g, "\\$&")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    .replace(/\](?=[(:])/g, "\\]");

/** The value in the letters of a program. A table would split it at a `\|`, which is written as text. */
export function code(value: string): Markdown {
  const line = oneLine(value);
  if (line === "") return none;
  if (line.includes("\\|")) return text(line);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

/** The values in the letters of a program, with commas. */
export const codes = (values: Iterable<string>): Markdown => {
  const all = [...values];
  return all.length === 0 ? none : all.map(code).join(", ");
};

/** A block of code, which nothing in it ends. */
export function block(content: string, language: string): Markdown {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${content.trimEnd()}\n${fence}`;
}

/** A table; without rows, what `otherwise` says. */
export function table(head: readonly string[], rows: readonly (readonly Markdown[])[], otherwise: Markdown): Markdown {
  if (rows.length === 0) return otherwise;
  const line = (cells: readonly Markdown[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export const list = (items: readonly Markdown[], otherwise: Markdown): Markdown =>
  items.length === 0 ? otherwise : items.map((item) => `- ${item}`).join("\n");

const oneLine = (value: string): string => value.trim().replace(/\s*\n\s*/g, " ");
