const [width, lineHeight, margin, secondsPerLine] = [860, 19, 16, 0.12];

/** A picture of a terminal as SVG, whose lines appear one after another. */
export function terminalPicture(lines: readonly string[]): string {
  const height = lines.length * lineHeight + 2 * margin;
  const texts = lines.map((line, index) => {
    const y = margin + (index + 0.75) * lineHeight;
    const kind = line.startsWith("✔") ? "question" : line.startsWith("$") ? "command" : "text";
    return `<text x="${margin}" y="${y}" class="${kind}" style="animation-delay:${(index * secondsPerLine).toFixed(2)}s">${escaped(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>npm run discover in a terminal</title>
<style>
text { font: 14px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre; fill: #e6edf3; animation: show 0.1s backwards; }
.question { fill: #7ee787; }
.command { fill: #79c0ff; }
@keyframes show { from { opacity: 0; } }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${texts.join("\n")}
</svg>
`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
