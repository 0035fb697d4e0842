import { Fn, Token, Tokenization } from "cdktf";

/** Longer values are cut: a message is for reading. */
const longest = 200;

/** The value as text; a number that is unknown now would otherwise come out as the number that stands for it. */
export const asText = (value: unknown): string =>
  Token.asString(
    typeof value === "number" && Token.isUnresolved(value) ? Tokenization.reverseNumber(value) : String(value),
  );

/**
 * The value as text for a message; one that is unknown now is filled in by Terraform.
 *
 * @example shown("01:00") is `"01:00"`, with its quotes
 */
export function shown(value: unknown): string {
  if (Token.isUnresolved(value)) {
    return Array.isArray(value) || (typeof value === "object" && !Tokenization.isResolvable(value))
      ? Token.asString(Fn.jsonencode(value))
      : `"${asText(value)}"`;
  }
  if (typeof value === "string") return cut(JSON.stringify(value), `… (${value.length} characters)`);
  if (typeof value === "object" && value !== null) return cut(asJson(value), "…");
  if (typeof value === "function") return "a function";
  if (value === undefined) return "nothing";
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** The value where no variable may stand: of one there is nothing to show. */
export const shownUnlessVariable = (value: unknown): string =>
  Token.isUnresolved(value) ? "a variable" : shown(value);

/** The value where an object is due: what is in a list or a Map would tell nothing. */
export function shownForObject(value: unknown): string {
  if (Token.isUnresolved(value)) return shownUnlessVariable(value);
  if (Array.isArray(value)) return "a list";
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return typeof value !== "object" || ["Object", "Null"].includes(kind) ? shown(value) : `a ${kind}`;
}

/** Text with an unknown part is left alone: half of what stands for that would break the message. */
const cut = (text: string, ending: string): string =>
  text.length > longest && !Token.isUnresolved(text) ? `${text.slice(0, longest)}${ending}` : text;

/** JSON of anything: what JSON cannot hold is named instead. */
function asJson(value: object): string {
  const above: object[] = [];
  return JSON.stringify(value, function (this: object, _key, inside: unknown) {
    if (typeof inside === "number" && !Number.isFinite(inside)) return String(inside);
    if (typeof inside === "bigint" || typeof inside === "symbol" || typeof inside === "function") return shown(inside);
    if (typeof inside !== "object" || inside === null) return inside;
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    if (above.includes(inside)) return "itself";
    above.push(inside);
    return inside;
  });
}
