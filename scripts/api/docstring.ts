/** A docstring: its text, and its tags. */
export interface Docstring {
  readonly text: string;
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** Reads what stands between the marks of a docstring. */
export function parseDocstring(comment: string): Docstring {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*[*] ?/, "").trimEnd());
  const [text = "", ...sections] = lines.join("\n").split(/^\s*@(?=[a-z])/m);
  const tags: Record<string, string[]> = {};
  for (const section of sections) {
    const [, name = "", value = ""] = /^([a-z]+)\s*([\s\S]*)$/.exec(section) ?? [];
    tags[name] = [...(tags[name] ?? []), value.trimEnd()];
  }
  return { text: text.trim(), tags };
}

/** The text in one line. */
export const inline = (text: string): string => text.replace(/\s+/g, " ").trim();
