import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { htmlOf } from "../../review/html";
import { pageOf } from "../../review/page";
import { losing, measure as reviewMeasure } from "../review.fixtures";
import { ownScripts } from "../script-files";
import { shippedStacks, synthesize } from "../synthesized";

/** What GitHub shows a file in. */
const width = 1012;

/** As GitHub shows Markdown: a table is as wide as it has to be, and is scrolled if that is more than there is. */
const githubStyle = `
body { box-sizing: border-box; width: ${width}px; margin: 0; padding: 32px; overflow-wrap: break-word;
  font: 16px/1.5 "Liberation Sans", Helvetica, Arial, sans-serif; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
code { padding: .2em .4em; font: 85% "Liberation Mono", monospace; white-space: break-spaces; }
pre { padding: 16px; overflow: auto; font: 85%/1.45 "Liberation Mono", monospace; }
pre code { padding: 0; font-size: 100%; white-space: pre; }
`;

/** What is wider than the page, by its text, and the colours of what must not be missed. */
const measure = `
const wide = [...document.querySelectorAll("table, pre, p, li, blockquote")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
  .map((each) => each.textContent.trim().slice(0, 60));
const colour = (selector) => [...document.querySelectorAll(selector)].map((each) => getComputedStyle(each).color);
const rows = document.querySelectorAll("tr").length;
document.title = JSON.stringify({ wide, page: document.documentElement.scrollWidth, red: colour("blockquote.caution > p"), rows });
`;

interface Measured {
  readonly wide: readonly string[];
  readonly page: number;
  readonly red: readonly string[];
  readonly rows: number;
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "browser-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Renders in a browser, with a program of the test's own that measures. */
function rendered(html: string): Measured {
  const file = join(directory, "page.html");
  const measured = html
    .replace(/<meta http-equiv[^>]*>\n/, "")
    .replace("</body>", () => `<script>${measure}</script></body>`);
  writeFileSync(file, measured);
  const { stdout, stderr, error } = spawnSync(
    process.env.BROWSER || "chromium",
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", `--window-size=${width},2000`],
      ...[`--user-data-dir=${join(directory, "profile")}`, "--dump-dom", `file://${file}`],
    ],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (error) throw error;
  const [, title] = /<title>(.*?)<\/title>/s.exec(stdout) ?? [];
  if (title === undefined) throw new Error(stderr);
  return JSON.parse(title.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
}

jest.setTimeout(180_000);

describe.each(shippedStacks)("the review of %s", (file, name) => {
  const page = () => pageOf(name, synthesize(file)[name] ?? {}, ownScripts(), reviewMeasure, losing);

  test("is no wider than what GitHub shows", () => {
    const {
      wide,
      page: all,
      rows,
    } = rendered(htmlOf(name, page()).replace(/<style>[\s\S]*<\/style>/, () => `<style>${githubStyle}</style>`));
    expect(rows).toBeGreaterThan(20);
    // Commands to copy are on one line.
    expect(wide.filter((text) => !/^pveum /.test(text))).toEqual([]);
    expect(all).toBe(width);
  });

  test("is no wider as HTML, and has in red what must not be missed", () => {
    const { wide, page: all, red } = rendered(htmlOf(name, page()));
    expect(wide).toEqual([]);
    expect(all).toBe(width);
    expect(red).toEqual(page().includes("[!CAUTION]") ? ["rgb(179, 0, 27)"] : []);
  });
});
