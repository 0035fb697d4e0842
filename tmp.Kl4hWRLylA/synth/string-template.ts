/** A piece of a Terraform template: text, or a `${…}` or `%{…}` sequence with its delimiters. */
export interface TemplatePart {
  readonly text: string;
  readonly isSequence: boolean;
}

/**
 * Takes a template apart. The doubled `$${` and `%%{` are text, and stay as they are.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#string-templates
 */
export function templateParts(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let start = 0;
  const take = (end: number, isSequence: boolean) => {
    if (end > start) parts.push({ text: template.slice(start, end), isSequence });
    start = end;
  };
  for (let at = 0; at < template.length; ) {
    if (isEscaped(template, at)) at += 3;
    else if (isSequence(template, at)) {
      take(at, false);
      at = endOfBraces(template, at + 1);
      take(at, true);
    } else at++;
  }
  take(template.length, false);
  return parts;
}

/** The expression of a template that is nothing else, as in `"${var.size}"`. */
export function wholeExpression(template: string): string | undefined {
  const [part, ...others] = templateParts(template);
  return part?.isSequence && part.text.startsWith("${") && others.length === 0
    ? part.text.slice(2, -1).trim()
    : undefined;
}

/** Where the quoted string that starts here ends, after its closing quote. */
export function endOfString(code: string, start: number): number {
  let at = start + 1;
  while (at < code.length && code[at] !== '"') {
    if (code[at] === "\\") at += 2;
    else if (isEscaped(code, at)) at += 3;
    else at = isSequence(code, at) ? endOfBraces(code, at + 1) : at + 1;
  }
  return at + 1;
}

function endOfBraces(code: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < code.length) {
    if (code[at] === '"') {
      at = endOfString(code, at);
      continue;
    }
    if (code[at] === "{") depth++;
    if (code[at] === "}") depth--;
    at++;
    if (depth === 0) break;
  }
  return at;
}

const isEscaped = (text: string, at: number) => text.startsWith("$${", at) || text.startsWith("%%{", at);
const isSequence = (text: string, at: number) => text.startsWith("${", at) || text.startsWith("%{", at);
