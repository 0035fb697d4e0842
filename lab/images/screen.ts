/** The lines that a terminal shows in the end, of all that a program has written to it. */
export function screenOf(output: string): string[] {
  const lines = [""];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these move the cursor
  for (const part of output.match(/\u001b\[[0-9;?]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g) ?? []) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const [, count = "", command] = /^\u001b\[\??([0-9;]*)([A-Za-z])$/.exec(part) ?? [];
    if (command === "K") lines[row] = "";
    else if (command === "G") column = Math.max(0, Number(count || 1) - 1);
    else if (command === "A") row = Math.max(0, row - Number(count || 1));
    else if (command !== undefined) continue;
    else if (part === "\r") column = 0;
    else if (part === "\n") {
      row += 1;
      lines[row] ??= "";
    } else {
      lines[row] = `${(lines[row] ?? "").slice(0, column).padEnd(column)}${part}`;
      column += part.length;
    }
  }
  return lines.map((line) => line.trimEnd());
}
