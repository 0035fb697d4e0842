import { printable } from "../constructs/rules/printable";

/** A piece of Markdown, to be put into a page as it is. */
export type Markdown = string;

/** What stands for nothing in a cell. */
export const none: Markdown = "–";

/** The next line of a cell. */
export const nextLine: Markdown = "<br>";

/** Code is folded at so many characters: GitHub would hide what is to the right. */
export const blockWidth = 100;

/** The text as it is, with nothing in it that Markdown would read; on one line. */
export const text = (value: string): Markdown =>
  oneLine(value)
    .replace(/[\\`*<>~&]/g, "\\$&")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    // Links, and names of people, whom GitHub would notify.
    .replace(/\](?=[(:[])/g, "\\]")
    .replace(/(?<=\w):(?=\/\/)/g, "&#58;")
    .replace(/(?<![\w.])@(?=\w)/g, "@\u2060");

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

/** Commands to copy, as they are. */
export const commands = (lines: string): Markdown => `\`\`\`sh\n${lines}\n\`\`\``;

/** A block of code, which nothing in it ends. Long lines are folded, and end in an arrow there. */
export function block(content: string, language: string): Markdown {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const lines = printable(content).trimEnd().split("\n").flatMap(folded);
  return `${fence}${language}\n${lines.join("\n")}\n${fence}`;
}

function folded(line: string): string[] {
  const parts = Array.from({ length: Math.max(1, Math.ceil(line.length / blockWidth)) }, (_, index) =>
    line.slice(index * blockWidth, (index + 1) * blockWidth),
  );
  return parts.map((part, index) => (index === parts.length - 1 ? part : `${part}↩`));
}

/** What an approver must not miss; GitHub shows it in red. */
export const caution = (items: readonly Markdown[]): Markdown =>
  ["> [!CAUTION]", ...items.map((item) => `> - ${item}`)].join("\n");

/** So much of a value is on one line of a cell: a table as wide as the page has no room for more. */
const cellWidth = 56;

/** Long values of a cell on several lines, at the ends of their parts. */
const narrow = (cell: Markdown): Markdown =>
  cell.replace(/(?<!`)`([^`]+)`(?!`)/g, (span, value: string) =>
    value.length <= cellWidth
      ? span
      : partsOf(value)
          .map((part) => `\`${part}\``)
          .join(nextLine),
  );

function partsOf(value: string): string[] {
  if (value.length <= cellWidth) return [value];
  const end = Math.max(...["/", ".", "_", "-", ",", ":", "}"].map((mark) => value.lastIndexOf(mark, cellWidth - 1)));
  const length = end < cellWidth / 2 ? cellWidth : end + 1;
  return [value.slice(0, length), ...partsOf(value.slice(length))];
}

/** A table; without rows, what `otherwise` says. */
export function table(head: readonly string[], rows: readonly (readonly Markdown[])[], otherwise: Markdown): Markdown {
  if (rows.length === 0) return otherwise;
  const line = (cells: readonly Markdown[]) =>
    `| ${cells.map((cell) => narrow(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Rows whose other cells are the same are one, with all their first cells. */
export function grouped(rows: readonly (readonly Markdown[])[]): Markdown[][] {
  const groups = new Map<string, { readonly firsts: Markdown[]; readonly rest: readonly Markdown[] }>();
  for (const [first = "", ...rest] of rows) {
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { firsts: [], rest };
    if (!group.firsts.includes(first)) group.firsts.push(first);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ firsts, rest }) => [firsts.join(`,${nextLine}`), ...rest]);
}

export const list = (items: readonly Markdown[], otherwise: Markdown): Markdown =>
  items.length === 0 ? otherwise : items.map((item) => `- ${item}`).join("\n");

/** So many of something. @example count(1, "file") is "1 file", count(2, "file") is "2 files" */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

const oneLine = (value: string): string => printable(value.trim().replace(/\s*\n\s*/g, " "));
