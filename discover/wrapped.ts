/**
 * Wraps lines at the width of a terminal, which would break words itself. What is between backticks is a command to copy, and
 * stays whole, as does a line that is indented as one.
 */
export function wrapped(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < 20) return text;
  return text
    .split("\n")
    .map((line) => (line.length <= columns ? line : wrappedLine(line, columns)))
    .join("\n");
}

function wrappedLine(line: string, columns: number): string {
  const [indentation = ""] = /^\s*(\d+\. )?/.exec(line) ?? [];
  // The names of the report's fields stand before what is theirs.
  const hanging = " ".repeat(
    Math.min(/^ {2}\S.*? {2,}/.exec(line)?.[0].length ?? indentation.length, Math.floor((columns * 2) / 3)),
  );
  const lines: string[] = [];
  let current = "";
  for (const word of line.match(/\s*(?:`[^`]*`\S*|\S+)/g) ?? []) {
    if (current !== "" && current.length + word.length > columns) {
      lines.push(current);
      current = hanging + word.trimStart();
    } else current += word;
  }
  return [...lines, current].join("\n");
}
