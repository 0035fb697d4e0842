import { TerraformOutput, TerraformVariable } from "cdktf";
import { formatValue } from "../constructs/rules/format-value";
import { problemsOf, synthesizedJson, vmIn } from "./stacks";

/** The message as Terraform reads it, of a value that a variable of the type is or is in. */
function messageOf(type: string, value: (variable: TerraformVariable) => unknown): string {
  return synthesizedJson((stack) => {
    new TerraformOutput(stack, "message", {
      value: formatValue(value(new TerraformVariable(stack, "value", { type }))),
    });
  }).output.message.value;
}

const cycle: { self?: object } = {};
cycle.self = cycle;

describe("a value in a message", () => {
  test.each<[string, unknown, string]>([
    ["text, with its quotes", "on", '"on"'],
    ["text of several lines, on one", 'a\n"b"', '"a\\n\\"b\\""'],
    ["a number", 1, "1"],
    ["no number", Number.NaN, "NaN"],
    ["an infinite number", Number.NEGATIVE_INFINITY, "-Infinity"],
    ["a BigInt, as it is written", 10n, "10n"],
    ["a boolean", false, "false"],
    ["a value that is missing", undefined, "missing"],
    ["null", null, "null"],
    ["a function", () => 1, "a function"],
    ["a symbol", Symbol("x"), "Symbol(x)"],
    ["a list", ["a", 1], '["a",1]'],
    ["an empty list", [], "[]"],
    ["an object, of which nothing is shown", { password: "secret" }, "an object"],
    ["objects in a list, likewise", [{ password: "secret" }], "a list"],
    ["a Map, likewise", new Map([["password", "secret"]]), "a Map"],
    ["an object of a class, likewise", new Error("secret"), "an Error"],
    ["an object that answers for another one", new Proxy({}, {}), "a Proxy"],
    ["a cycle", cycle, "an object"],
  ])("is readable: %s", (_, value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  test.each<[string, string, (variable: TerraformVariable) => unknown, string]>([
    ["text", "string", ({ stringValue }) => stringValue, '"${var.value}"'],
    ["a number", "number", ({ numberValue }) => numberValue, '"${var.value}"'],
    ["a boolean", "bool", ({ booleanValue }) => booleanValue, '"${var.value}"'],
    ["a list", "list(string)", ({ listValue }) => listValue, "${jsonencode(var.value)}"],
    ["text with it", "string", ({ stringValue }) => `vm-${stringValue}`, '"vm-${var.value}"'],
    ["a list with it", "string", ({ stringValue }) => ["a", stringValue], '["a","${var.value}"]'],
  ])("is filled in by Terraform where it is unknown: %s", (_, type, value, message) => {
    expect(messageOf(type, value)).toBe(message);
  });

  test.each([
    ["https://pve:8006/api;password=canary", '"https://pve:8006/api;…"'],
    ["https://pve:8006/#canary=1", '"https://pve:8006/#…"'],
    ["me:canary@registry.example/image:v1", '"…@registry.example/image:v1"'],
    ["PVE:root@pam:65C0FFEE::canary", '"PVE:root@pam:…"'],
    ["registry.example/image:v1@sha256:abc", '"registry.example/image:v1@sha256:abc"'],
    ["local:import/talos.qcow2", '"local:import/talos.qcow2"'],
    ["root@pam", '"root@pam"'],
    ["https://factory.example?x#y", '"https://factory.example?x#y"'],
  ])("is shown without a secret: %s", (text, shown) => {
    expect(formatValue(text)).toBe(shown);
  });

  test("is cut where it is very long, and says how long it was", () => {
    expect(formatValue("a".repeat(198))).toBe(`"${"a".repeat(198)}"`);
    expect(formatValue("a".repeat(199))).toBe(`"${"a".repeat(199)}… (199 characters)`);
    const message = formatValue("a".repeat(1_000_000));
    expect(message.length).toBeLessThan(250);
    expect(message).toMatch(/^"a+… \(1000000 characters\)$/);
    expect(formatValue(Array(1_000_000).fill(1)).length).toBeLessThan(250);
  });

  test("is not cut where it would be in the middle of what Terraform fills in", () => {
    const value = ({ stringValue }: TerraformVariable) => ["a".repeat(187), stringValue];
    expect(messageOf("string", value)).toBe(`["${"a".repeat(187)}","\${var.value}"]`);
  });

  test("is cut in a problem, too", () => {
    const [problem] = problemsOf((stack) => void vmIn(stack, { name: "a".repeat(1_000_000) }));
    expect(problem).toMatch(/… \(1000000 characters\) is not a host name/);
  });

  test("is said to be a list where an object is due, rather than shown item by item", () => {
    expect(problemsOf((stack) => void vmIn(stack, { cpu: ["host", 8] as never }))).toEqual([
      "[stack/talos_node] cpu is a list; write an object with cores, sockets, type [prop-type]",
    ]);
  });
});
