import { App, Fn, Lazy, TerraformStack, TerraformVariable, Token } from "cdktf";
import { DefaultTokenResolver, StringConcat } from "cdktf/lib/tokens";
import * as resolving from "cdktf/lib/tokens/private/resolve";
import { copyPlainValues } from "../synth/cdktf-patches/plain-values";

const { resolve } = resolving;
copyPlainValues();

const scope = new TerraformStack(new App({ stackTraces: false }), "stack");
const variable = new TerraformVariable(scope, "value", { type: "any" });
const options = { scope, preparing: false, resolver: new DefaultTokenResolver(new StringConcat()) };
const circle: Record<string, unknown> = {};
circle.again = circle;
const deep = (levels: number): unknown => (levels === 0 ? variable.stringValue : { below: [deep(levels - 1)] });

/** What comes of it, or why nothing does. */
function outcomeOf(resolve: typeof resolving.resolve, value: unknown): unknown {
  try {
    return { value: resolve(value, options) };
  } catch (error) {
    return { error: String(error) };
  }
}

test.each<[string, unknown]>([
  ["scalars", { text: "a", number: 1, negative: -0.5, large: 2 ** 60, yes: true, nothing: null }],
  ["undefined in objects and lists", { a: undefined, b: [1, undefined, { c: undefined }], d: {}, e: [] }],
  ["a list with a hole", { list: Object.assign([], { 2: "last" }) }],
  ["text that looks like a template", { text: "$${HOME} %%{if} ${var.other} #{x} &{y}" }],
  ["text that looks like a number that stands for a token", { text: "1e+10 -1.5e289 1E5", key: { "2e+3": 1 } }],
  ["a date", { date: new Date(0) }],
  ["a variable as text", { text: variable.stringValue }],
  ["a variable within text", { text: `a ${variable.stringValue} b` }],
  ["a variable as a number", { number: variable.numberValue }],
  ["a number within text", { text: `a ${variable.numberValue} b` }],
  ["a variable as a list", { list: variable.listValue }],
  ["a variable as a list of numbers", { list: Token.asNumberList(variable.value) }],
  ["a variable as a map", { map: Token.asStringMap(variable.value) }],
  ["a list token beside others", { list: ["a", ...variable.listValue] }],
  ["a number list token beside others", { list: [1, ...Token.asNumberList(variable.value)] }],
  ["a variable in a key", { [variable.stringValue]: 1 }],
  ["a variable itself", { any: variable.value }],
  ["what is made late", { any: Lazy.anyValue({ produce: () => ({ a: variable.stringValue, b: undefined }) }) }],
  ["a function of Terraform", { any: Fn.join("-", [variable.stringValue, "a"]) }],
  ["what is deep", deep(40)],
  ["a list token where text is due", { text: variable.listValue[0] }],
  ["the values of token maps", { text: "String Map Token Value" }],
  ["the other values of token maps", { text: "Any Map Token Value" }],
  ["the number of token maps", { number: -123456789 }],
  ["a function", { list: [{ a: () => 1 }] }],
  ["a construct", { scope }],
  ["a circle", circle],
  ["an object of a class", { any: new URL("https://example.org") }],
])("comes out as cdktf has it: %s", (_, value) => {
  expect(outcomeOf(resolving.resolve, value)).toEqual(outcomeOf(resolve, value));
});
