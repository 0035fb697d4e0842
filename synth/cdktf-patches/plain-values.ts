type Resolving = typeof import("cdktf/lib/tokens/private/resolve");
type Resolve = Resolving["resolve"];
type Options = Parameters<Resolve>[1];

/**
 * Copies what has no tokens at once. cdktf looks into every key and value with regular expressions and creates several
 * objects for each, and it resolves a stack three times: for references to other stacks, each element, and the whole again.
 */
export function copyPlainValues(): void {
  // An import would load cdktf before its archiver is left out.
  const resolving: Resolving = require("cdktf/lib/tokens/private/resolve");
  const { resolve } = resolving;
  Object.assign(resolving, {
    resolve: (value: unknown, options: Options) => new Copy(resolve, options).of(value),
  });
}

/** Deeper, cdktf looks for a circle. */
const deepest = 100;

class Copy {
  private readonly path: string[];

  constructor(
    private readonly resolve: Resolve,
    private readonly options: Options,
  ) {
    this.path = [...(options.prefix ?? [])];
  }

  of(value: unknown): unknown {
    if (typeof value === "string" ? isPlainText(value) : isPlainScalar(value)) return value;
    if (typeof value !== "object" || value === null || this.path.length > deepest) return this.resolved(value);
    if (Array.isArray(value)) return this.ofList(value);
    return isPlainObject(value) ? this.ofObject(value) : this.resolved(value);
  }

  private ofList(list: readonly unknown[]): unknown {
    if (list.some(isListToken)) return this.resolved(list);
    return list.map((item, index) => this.below(`${index}`, item)).filter((item) => item !== undefined);
  }

  private ofObject(object: Readonly<Record<string, unknown>>): unknown {
    const names = Object.keys(object);
    if (typeof object.resolve === "function" || !names.every(isPlainText)) return this.resolved(object);
    const copy: Record<string, unknown> = {};
    for (const name of names) {
      const value = this.below(name, object[name]);
      if (value !== undefined) copy[name] = value;
    }
    return copy;
  }

  private below(name: string, value: unknown): unknown {
    this.path.push(name);
    const copy = this.of(value);
    this.path.pop();
    return copy;
  }

  /** What cdktf makes of it. */
  private resolved(value: unknown): unknown {
    return this.resolve(value, { ...this.options, prefix: [...this.path] });
  }
}

/** An object of no class; that of another realm, such as that of a test, has another prototype. */
function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Text without a token, nor a number that may stand for one, such as -1.8881545897087626e+289. */
const isPlainText = (text: string): boolean =>
  !text.includes("TfToken[") && !/[\d.]e\+?\d/i.test(text) && !text.endsWith(" Map Token Value");

/** `Token.NUMBER_MAP_TOKEN_VALUE` of cdktf. */
const numberInMap = -123456789;

/** The numbers that stand for tokens have some 290 digits, except that for what is in a map. */
const isPlainNumber = (number: number): boolean => Math.abs(number) < 1e200 && number !== numberInMap;

const isPlainScalar = (value: unknown): boolean =>
  typeof value === "number"
    ? isPlainNumber(value)
    : value === undefined || value === null || typeof value === "boolean";

/** An item that stands for the whole list. */
const isListToken = (item: unknown): boolean =>
  typeof item === "string" ? item.includes("#{TfToken[") : typeof item === "number" && !isPlainNumber(item);
