import { Fn, Token, Tokenization } from "cdktf";
import { kindOf } from "./kind";
import { printable } from "./printable";
import { redacted } from "./secret";

/** Longer values are cut: a message is for reading. */
const longest = 200;

/** The value as text; a number that is unknown now would otherwise come out as the number that stands for it. */
export const toTokenString = (value: unknown): string =>
  Token.asString(
    typeof value === "number" && Token.isUnresolved(value) ? Tokenization.reverseNumber(value) : String(value),
  );

/**
 * The value as text for a message; one that is unknown now is filled in by Terraform.
 *
 * @example formatValue("01:00") is `"01:00"`, with its quotes
 */
export function formatValue(value: unknown): string {
  if (Token.isUnresolved(value)) {
    return Array.isArray(value) || (typeof value === "object" && !Tokenization.isResolvable(value))
      ? Token.asString(Fn.jsonencode(value))
      : `"${toTokenString(value)}"`;
  }
  // Long text is cut before it is searched, which takes time by the square of its length.
  if (typeof value === "string") {
    return value.length > 2 * longest && !Token.isUnresolved(value)
      ? `${quoted(value.slice(0, 2 * longest)).slice(0, longest)}… (${value.length} characters)`
      : cut(quoted(value), `… (${value.length} characters)`);
  }
  if (Array.isArray(value) && value.length <= longest && value.every(isShort)) {
    return cut(`[${value.map(formatValue).join(",")}]`, "…");
  }
  if (typeof value === "object" || typeof value === "function" || value === undefined) return kindOf(value);
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** In quotes, without secrets, and without what a terminal would obey. */
const quoted = (text: string): string => printable(JSON.stringify(redacted(text)));

/** The value behind the name of what has it; of an object, which may hold secrets, the name alone. */
export function formatAfterName(value: unknown): string {
  const text = formatValue(value);
  return text === kindOf(value) ? "" : ` ${text}`;
}

/** What a list is shown with; what is in other objects may be anything. */
const isShort = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

/** The value where no variable may stand: of one there is nothing to show. */
export const formatUnlessVariable = (value: unknown): string =>
  Token.isUnresolved(value) ? "a variable" : formatValue(value);

/** The value where an object is due: what is in a list would tell nothing. */
export const formatForObject = (value: unknown): string =>
  typeof value === "object" && !Token.isUnresolved(value) ? kindOf(value) : formatUnlessVariable(value);

/** Text with an unknown part is left alone: half of what stands for that would break the message. */
const cut = (text: string, ending: string): string =>
  text.length > longest && !Token.isUnresolved(text) ? `${text.slice(0, longest)}${ending}` : text;
