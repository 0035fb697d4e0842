import MarkdownIt from "markdown-it";
import type { Markdown } from "./markdown";

/** Colours and widths as GitHub shows a page, and red for what an approver must not miss. */
const style = `
body { box-sizing: border-box; max-width: 1012px; margin: 0 auto; padding: 16px 24px 48px; color: #1f2328; background: #fff;
  font: 16px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; overflow-wrap: break-word; }
h1, h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; }
table { width: 100%; border-collapse: collapse; margin-bottom: 16px; }
th, td { border: 1px solid #d1d9e0; padding: 6px 10px; text-align: left; vertical-align: top; font-size: 14px; }
tr:nth-child(2n) { background: #f6f8fa; }
code, pre { font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: #f0f1f3; border-radius: 6px; }
code { padding: .2em .4em; white-space: break-spaces; }
pre { padding: 12px; white-space: pre-wrap; }
pre code { padding: 0; background: none; }
strong { color: #b3001b; }
ul strong:first-child { color: inherit; }
blockquote.caution { margin: 0 0 16px; padding: 8px 16px; border-left: 4px solid #cf222e; background: #fff1f1; }
blockquote.caution > p:first-child { color: #b3001b; font-weight: 600; margin: 0; }
`;

const alert = "[!CAUTION]";

/** Nothing of a page is HTML but the line ends in cells, and nothing leads elsewhere. */
const markdown = new MarkdownIt({ html: false, linkify: false }).disable(["link", "image", "autolink", "reference"]);

markdown.inline.ruler.before("escape", "line_end", (state, silent) => {
  if (!state.src.startsWith("<br>", state.pos)) return false;
  if (!silent) state.push("hardbreak", "br", 0);
  state.pos += "<br>".length;
  return true;
});

markdown.core.ruler.after("block", "alert", ({ tokens }) => {
  for (const [index, token] of tokens.entries()) {
    const inside = tokens[index + 2];
    if (token.type !== "blockquote_open" || inside?.content !== alert) continue;
    token.attrSet("class", "caution");
    inside.content = "Look at these first";
  }
});

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The page as one HTML file, which needs nothing else: no script, no style and no picture from elsewhere. */
export const htmlOf = (title: string, page: Markdown): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${markdown.render(page)}</body>
</html>
`;
