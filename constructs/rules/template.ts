import { DefaultTokenResolver, StringConcat, Token, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";

const placeholder = /(\$\{TfToken\[[^\]]+\]\})/;

/** The text in its known parts and the placeholders of what only Terraform knows, in their order. */
export const partsOf = (text: string): string[] => text.split(placeholder).filter((part) => part !== "");

export const isPlaceholder = (part: string): boolean => placeholder.test(part);

/**
 * The text for an attribute, which Terraform reads as a template: what it would interpolate comes out as it was written,
 * and only what Terraform knows is filled in.
 *
 * @example escapeTemplate("echo ${HOME}") is `echo $${HOME}`
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
 */
export function escapeTemplate(text: string): string {
  const parts = partsOf(text);
  return parts.map((part, index) => (isPlaceholder(part) ? part : escaped(part, index + 1 < parts.length))).join("");
}

const resolver = new DefaultTokenResolver(new StringConcat());

/** The text with the Terraform expressions that its placeholders stand for, such as `${var.name}`. */
export const resolveTokens = (scope: IConstruct, text: string): string =>
  Token.isUnresolved(text) ? Tokenization.resolve(text, { scope, resolver, preparing: false }) : text;

/** A dollar before an interpolation would turn that into text, so it is interpolated itself. */
function escaped(part: string, beforeInterpolation: boolean): string {
  const templates = part.replace(/[$%](?=\{)/g, "$&$&");
  return beforeInterpolation ? templates.replace(/\$+$/, (dollars) => `\${"${dollars}"}`) : templates;
}
