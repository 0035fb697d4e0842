/**
 * Characters that a terminal obeys, or that a reader does not see: control characters, marks of the direction of writing,
 * characters without width, and the tags of Unicode.
 *
 * @see https://trojansource.codes/trojan-source.pdf
 */
const hidden = new RegExp(
  `[${[
    // Control characters but tabs and line ends.
    "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f",
    // Joiners, fillers and spaces without width; separators of lines.
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb",
    // Variants of the character before, notes of music, and tags.
    "\\ufe00-\\ufe0f\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}",
  ].join("")}]`,
  "gu",
);

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  // As JSON writes it, so that JSON stays JSON.
  return code > 0xffff
    ? `\\u${character.charCodeAt(0).toString(16)}\\u${character.charCodeAt(1).toString(16)}`
    : `\\u${hex.padStart(4, "0")}`;
};

/**
 * The text with every hidden character in letters, for a terminal or a page. Tabs and line ends stay.
 *
 * @example printable("\u001b[31mred") is `\u001b[31mred`, in six letters and what follows
 */
export const printable = (text: string): string => text.replace(/\r\n/g, "\n").replace(hidden, escaped);

/** The same on one line: what others write makes no lines of its own. */
export const inOneLine = (text: string): string => printable(text.replace(/\s*[\n\r\u2028\u2029]\s*/g, " "));

/** Letters of other scripts that look like Latin ones, between Latin ones: `gіthub.com` with a Cyrillic і. */
const alike = "\\u0370-\\u03ff\\u0400-\\u052f\\u0530-\\u058f\\uff21-\\uff5a";
const mixed = new RegExp(`[A-Za-z][${alike}]|[${alike}][A-Za-z]`, "u");

/** Whether the text has characters that a reader does not see, or takes for others. */
export const deceives = (text: string): boolean => text.search(hidden) >= 0 || mixed.test(text);
