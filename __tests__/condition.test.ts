import { Fn, TerraformOutput, TerraformVariable } from "cdktf";
import { isAddress, isCidr, isInSubnet, withoutPrefix } from "../constructs/network/ip-address";
import {
  and,
  type Condition,
  equal,
  isBoolean,
  matches,
  not,
  oneOf,
  or,
  wholeNumber,
} from "../constructs/rules/condition";
import { asFunctionArgument } from "../constructs/rules/expression";
import { escapeTemplate } from "../constructs/rules/template";
import { checksAtPlan, machine, nodeIn, synthesizedJson } from "./stacks";

/** What Terraform reads where the value of a variable is only known to it. */
function expression(build: (variable: TerraformVariable) => unknown): unknown {
  return synthesizedJson((stack) => {
    new TerraformOutput(stack, "condition", { value: build(new TerraformVariable(stack, "value", {})) });
  }).output.condition.value;
}

describe("a condition", () => {
  test.each<[string, Condition, boolean]>([
    ["text that matches", matches("q35", /^q35/), true],
    ["text that does not match", matches("pc", /^q35/), false],
    ["a number is no text", matches(35, /35/), false],
    ["one of a list", oneOf("lts", ["lts", "production"]), true],
    ["none of a list", oneOf("beta", ["lts", "production"]), false],
    ["a whole number", wholeNumber(100, 100, 200), true],
    ["too small", wholeNumber(99, 100, 200), false],
    ["too large", wholeNumber(201, 100, 200), false],
    ["a fraction", wholeNumber(100.5, 100, 200), false],
    ["text is no number", wholeNumber("100", 100, 200), false],
    ["a boolean", isBoolean(false), true],
    ["a number is no boolean", isBoolean(0), false],
    ["equal text", equal("host", "host"), true],
    ["other text", equal("host", "qemu64"), false],
  ])("is decided where its values are known: %s", (_, condition, holds) => {
    expect(condition).toBe(holds);
  });

  test.each<[string, (variable: TerraformVariable) => Condition, string]>([
    ["matches", ({ value }) => matches(value, /^q35$/i), '${can(regex("(?i)^q35$", var.value))}'],
    ["oneOf", ({ value }) => oneOf(value, ["a", "b"]), '${contains(["a", "b"], var.value)}'],
    ["equal", ({ value }) => equal(value, "host"), '${(var.value == "host")}'],
    [
      "wholeNumber from 0",
      ({ numberValue }) => wholeNumber(numberValue, 0, 7),
      "${(((0 <= var.value) && (7 >= var.value)) && (floor(var.value) == tonumber(var.value)))}",
    ],
    [
      "wholeNumber",
      ({ numberValue }) => wholeNumber(numberValue, 1, 5),
      "${(((1 <= var.value) && (5 >= var.value)) && (floor(var.value) == tonumber(var.value)))}",
    ],
    ["isBoolean", ({ value }) => isBoolean(value), '${contains(["true", "false"], tostring(var.value))}'],
    ["and", ({ value }) => and(true, equal(value, "a"), true), '${(var.value == "a")}'],
    ["or", ({ value }) => or(false, equal(value, "a")), '${(var.value == "a")}'],
    ["not", ({ value }) => not(equal(value, "a")), '${!(var.value == "a")}'],
  ])("is left to Terraform where a value is unknown: %s", (_, build, rendered) => {
    expect(expression(build)).toBe(rendered);
  });

  test("is decided by what is known, whatever the rest turns out to be", () => {
    synthesizedJson((stack) => {
      const unknown = equal(new TerraformVariable(stack, "value", {}).value, "a");
      expect(and(unknown, false)).toBe(false);
      expect(or(unknown, true)).toBe(true);
    });
    expect.assertions(2);
  });
});

describe("text of a user's", () => {
  test.each([
    ["echo ${HOME}", "echo $${HOME}"],
    ["$${HOME}", "$$${HOME}"],
    ["%{ if }", "%%{ if }"],
    ["$5, 100%, {}", "$5, 100%, {}"],
  ])("is escaped for an attribute: %s", (text, escaped) => {
    expect(escapeTemplate(text)).toBe(escaped);
  });

  test.each<[string, string]>([
    ["echo ${HOME} ", "echo $${HOME} ${var.value}"],
    ["costs $", 'costs ${"$"}${var.value}'],
    ["costs $$", 'costs ${"$$"}${var.value}'],
    ["100%", "100%${var.value}"],
  ])("is escaped for an attribute with a variable behind it: %s", (text, escaped) => {
    expect(expression(({ stringValue }) => escapeTemplate(`${text}${stringValue}`))).toBe(escaped);
  });

  test.each<[string, string]>([
    ["echo ${HOME} ", '${upper(join("", ["echo $${HOME} ", var.value]))}'],
    ["%{ if } ", '${upper(join("", ["%%{ if } ", var.value]))}'],
    ['a "b" \\ %{', '${upper(join("", ["a \\"b\\" \\\\ %%{", var.value]))}'],
  ])("is escaped for a function: %s", (text, escaped) => {
    expect(expression(({ stringValue }) => Fn.upper(asFunctionArgument(`${text}${stringValue}`)))).toBe(escaped);
  });

  test("is escaped in the message of what Terraform checks", () => {
    const checks = checksAtPlan((stack) => {
      const { stringValue } = new TerraformVariable(stack, "value", {});
      nodeIn(stack, { machine: { ...machine, installDisk: stringValue }, installDisk: "${HOME}" });
    });
    expect(checks).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('installDisk "$${HOME}" is not on the bus') }),
    );
  });
});

describe("an IP address", () => {
  test.each([
    ["192.168.1.50/24", true],
    ["fd00::50/64", true],
    ["192.168.1.50", false],
    ["192.168.1.50/33", false],
    ["192.168.1/24", false],
    ["0300.168.1.50/24", false],
    ["dhcp", false],
  ])("with prefix length: %s is one: %s", (text, is) => {
    expect(isCidr(text)).toBe(is);
  });

  test.each([
    ["192.168.1.1", true],
    ["fd00::1", true],
    ["192.168.1.1/24", false],
    ["192.168.1", false],
    ["router", false],
  ])("alone: %s is one: %s", (text, is) => {
    expect(isAddress(text)).toBe(is);
  });

  test.each([
    ["192.168.1.1", "192.168.1.50/24", true],
    ["192.168.2.1", "192.168.1.50/24", false],
    ["fd00::1", "fd00::50/64", true],
    ["fd00::1", "192.168.1.50/24", false],
  ])("%s is in the network of %s: %s", (address, cidr, is) => {
    expect(isInSubnet(address, cidr)).toBe(is);
  });

  test("loses its prefix length, also in Terraform", () => {
    expect(withoutPrefix("192.168.1.50/24")).toBe("192.168.1.50");
    expect(expression(({ stringValue }) => withoutPrefix(stringValue))).toBe('${element(split("/", var.value), 0)}');
  });
});
