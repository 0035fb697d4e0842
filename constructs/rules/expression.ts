import { Fn, type IResolvable, type IResolveContext, Token, Tokenization } from "cdktf";
import { isPlaceholder, partsOf } from "./template";

/**
 * A Terraform expression as it is written in HCL, for what cdktf has no function for. What is put in comes out as a literal,
 * or where only Terraform knows it, as the expression that it stands for.
 *
 * @example expression`[for device in ${devices} : device.id if device.vendor == ${"0x10de"}]`
 * @see https://developer.hashicorp.com/terraform/language/expressions/for
 */
export const expression = (code: TemplateStringsArray, ...values: readonly unknown[]): IResolvable =>
  new Expression(code, values);

/** Code without anything put in, such as the variable of a `for`. */
export const rawExpression = (code: string): IResolvable => new Expression([code], []);

/** The text without the blanks around it. */
export const trimmed = (text: string): string =>
  Token.isUnresolved(text) ? Token.asString(expression`trimspace(${text})`) : text.trim();

export const lowerCase = (text: string): string =>
  Token.isUnresolved(text) ? Token.asString(Fn.lower(asFunctionArgument(text))) : text.toLowerCase();

/**
 * The text for a Terraform function. cdktf escapes neither quotes nor `%{` among the arguments of functions, and takes no
 * templates there, so text with unknown parts is joined from them.
 */
export function asFunctionArgument(text: unknown): string {
  if (typeof text !== "string") return Token.asString(text);
  const [only = "", ...more] = partsOf(text).map((part) => (isPlaceholder(part) ? part : quoted(part)));
  return more.length === 0 ? only : Fn.join("", [only, ...more]);
}

function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("%{", "%%{");
  return /["\\]/.test(text) ? Fn.rawString(escaped) : escaped;
}

class Expression implements IResolvable {
  readonly creationStack = [];

  constructor(
    private readonly code: readonly string[],
    private readonly values: readonly unknown[],
  ) {}

  resolve(context: IResolveContext): string {
    const isInner = context.suppressBraces;
    context.suppressBraces = true;
    // What is escaped for Terraform stays so.
    context.ignoreEscapes = true;
    const code = this.written(context);
    return isInner ? code : `\${${code}}`;
  }

  written(context: IResolveContext): string {
    return this.code
      .map((part, index) => (index < this.values.length ? `${part}${written(this.values[index], context)}` : part))
      .join("");
  }

  toString(): string {
    return Token.asString(this);
  }
}

function written(value: unknown, context: IResolveContext): string {
  if (typeof value === "string") return writtenText(value, context);
  if (Token.isUnresolved(value)) return writtenUnknown(value, context);
  return Array.isArray(value) ? `[${value.map((item) => written(item, context)).join(", ")}]` : JSON.stringify(value);
}

/** cdktf would look for placeholders in what an expression is written as, again for each expression that it is part of. */
function writtenUnknown(value: unknown, context: IResolveContext): string {
  const [token] = Tokenization.reverse(value);
  return token instanceof Expression ? token.written(context) : String(context.resolve(token ?? value));
}

function writtenText(text: string, context: IResolveContext): string {
  const parts = partsOf(text);
  if (parts.length === 1 && isPlaceholder(text)) return writtenUnknown(text, context);
  // Text that looks like a template is joined from its parts, which are escaped as among the arguments of functions.
  const looksLikeTemplate = parts.some(
    (part, index) => !isPlaceholder(part) && (index + 1 < parts.length ? /[$%](\{|$)/ : /[$%]\{/).test(part),
  );
  if (looksLikeTemplate) return String(context.resolve(Fn.join("", parts.map(asFunctionArgument))));
  const inner = parts.map((part) => (isPlaceholder(part) ? `\${${context.resolve(part)}}` : escaped(part)));
  return `"${inner.join("")}"`;
}

/** https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences */
const escaped = (text: string): string =>
  JSON.stringify(text).slice(1, -1).replaceAll("\\b", "\\u0008").replaceAll("\\f", "\\u000c");
