import type { Addition } from "./addition";
import type { Facts } from "./fact";
import { code, grouped, type Markdown, table } from "./markdown";
import { redactedDocument } from "./redaction";
import { type Source, sourcesOf } from "./source";
import type { Stack } from "./stack";

const verdictOf = ({ isOwn }: Source): Markdown => (isOwn ? "the project's own" : "**not the project's own**");

/** By name, each with all that names it. */
function rows(sources: readonly Source[]): Markdown[][] {
  const names = [...new Set(sources.map(({ name }) => name))];
  return names.map((name) => {
    const own = sources.filter((source) => source.name === name);
    return [
      code(redactedDocument(name)),
      grouped([...new Set(own.map(({ by }) => by))].map((by) => [code(by)]))[0]?.[0] ?? "",
      own[0] === undefined ? "" : verdictOf(own[0]),
    ];
  });
}

/** Whether something that is fetched has no protection on its way. */
const isPlain = (name: string): boolean => /^(http|ftp|git|tcp|udp):\/\//i.test(name);

/** Whether a name has letters that a reader may take for others: those of other scripts, as they are or as DNS has them. */
const mayLookAlike = (name: string): boolean => /[^\u0020-\u007e]|\bxn--/i.test(name);

/** Sources that the constructs do not name by themselves. */
export const sourceAdditions = (stack: Stack, facts: Facts): Addition[] =>
  rows(sourcesOf(stack, facts).filter(({ isOwn }) => !isOwn)).map(([name = "", by = ""]) => ({
    title: `${name}, named by ${by.replaceAll("<br>", " ")}`,
    reasons: [
      "something that is fetched from elsewhere than the project's own sources",
      ...(isPlain(name.replace(/^`+ ?/, "")) ? ["and not encrypted on its way"] : []),
      ...(mayLookAlike(name) ? ["its letters may look like others"] : []),
    ],
  }));

export const sourceSection = (stack: Stack, facts: Facts): Markdown =>
  [
    "## Fetched from",
    "Images, charts, manifests, registries and URLs, by Proxmox, by the nodes and their pods, and by Helm on this machine:",
    table(["from", "named by", "is"], rows(sourcesOf(stack, facts)), "Nowhere."),
  ].join("\n\n");
