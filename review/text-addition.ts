import { deceives } from "../constructs/rules/printable";
import type { Addition } from "./addition";
import { entriesOf } from "./json";
import { leavesOf } from "./leaf";
import { code, codes, count } from "./markdown";
import type { Stack } from "./stack";

/** A line that is longer hides its end from a reader, and a text of more lines its middle. */
const longestLine = 320;
const mostLines = 300;

/** Conditions and what belongs to them are the constructs' own; commands are, or are on the page in full. */
const isRead = (path: string): boolean =>
  !/lifecycle[.](pre|post)condition|[.]assert\b|error_message|^check[.]|[.]provisioner\[\][.]local-exec[.]command$/.test(
    path,
  );

/** Texts that deceive a reader, wherever they are in a stack. */
export function textAdditions(stack: Stack): Addition[] {
  const leaves = entriesOf(stack)
    .flatMap(([name, value]) => leavesOf(value, name))
    .filter(({ path }) => isRead(path));
  const hiding = leaves.filter(({ path, value }) => deceives(path) || (typeof value === "string" && deceives(value)));
  const long = leaves.flatMap(({ path, value }) => {
    if (typeof value !== "string" || value.startsWith("${")) return [];
    const lines = value.split("\n");
    const longest = Math.max(...lines.map((line) => line.length));
    return longest > longestLine || lines.length > mostLines ? [{ path, longest, lines: lines.length }] : [];
  });
  return [
    ...(hiding.length === 0
      ? []
      : [
          {
            title: `Hidden or deceiving characters, written on this page as ${code("\\u202e")} and the like, in ${codes([...new Set(hiding.map(({ path }) => path))])}`,
            reasons: ["a reader sees another text than a program"],
          },
        ]),
    ...long.map(({ path, longest, lines }) => ({
      title: `Long text in ${code(path)}`,
      reasons: [`it has ${count(lines, "line")}, the longest of ${longest} characters: read it to its end`],
    })),
  ];
}
