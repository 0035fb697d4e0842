import { TerraformStack, TerraformVariable } from "cdktf";
import * as publicInterface from "../constructs";
import { addPreconditions, enforce, rules, StrictApp, type TalosGpuCluster } from "../constructs";
import { newApp, newStack, vmIn } from "./stacks";

/** Constructs of a stack, and the stack, as plain JavaScript calls them. */
type AnyClass = new (...args: unknown[]) => TalosGpuCluster;
const classes = Object.entries(publicInterface).flatMap(([name, value]): [string, AnyClass][] =>
  /^[A-Z]/.test(name) && !["PciAddress", "StrictApp"].includes(name) ? [[name, value as unknown as AnyClass]] : [],
);

const wrong: readonly [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 5],
  ["no number", Number.NaN],
  ["text", ""],
  ["a list", [1]],
  ["an object", {}],
  ["a function", () => "canary"],
  ["a symbol", Symbol("x")],
  ["a BigInt", 1n],
  ["a promise", Promise.resolve("canary")],
];

/** The message of what the call throws, in one line. */
const thrownBy = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error instanceof TypeError ? error.message : error;
  }
};

const refusal = expect.stringMatching(/^[^\n]{10,300} \[argument-type\]$/);

describe.each(classes)("%s refuses", (name, create) => {
  const scopeOf = () => (name === "TalosGpuCluster" ? newApp() : newStack());

  test.each(wrong)("a scope that is %s", (_, scope) => {
    expect(thrownBy(() => new create(scope, "id", {}))).toEqual(refusal);
  });

  test.each(wrong)("an id that is %s", (_, id) => {
    expect(thrownBy(() => new create(scopeOf(), id, {}))).toEqual(refusal);
  });

  test("an id that is there already, that is a variable, or blank", () => {
    const scope = scopeOf();
    const variable = new TerraformVariable(newStack(), "name", {}).stringValue;
    new TerraformStack(scope, "taken");
    for (const id of ["taken", variable, "  "]) expect(thrownBy(() => new create(scope, id, {}))).toEqual(refusal);
  });
});

test("a construct refuses an app instead of a stack, and tells what to write", () => {
  expect(thrownBy(() => new publicInterface.TalosImage(newApp(), "talos"))).toBe(
    'the scope of TalosImage is the app, which is in no stack; write the stack, as in new TalosImage(stack, "id", …) [argument-type]',
  );
});

test("a class of one's own is told by its own name", () => {
  class Mine extends publicInterface.TalosImage {}
  expect(thrownBy(() => new Mine(undefined as never, "talos"))).toContain("the scope of Mine is missing");
});

const rule = { id: "mine", requirement: "a", reason: "b", source: "c", checks: () => [] };
const vm = () => vmIn(newStack());

describe.each(wrong)("what rules are written with refuses %s instead of", (what, value) => {
  const calls: Readonly<Record<string, () => unknown>> = {
    "the resource of preconditions": () => addPreconditions(value as never, []),
    preconditions: () => addPreconditions(vm().resource, value as never),
    "a precondition": () => addPreconditions(vm().resource, [value as never]),
    "the construct of rules": () => enforce(value as never, [rule], {}),
    rules: () => enforce(vm(), value as never, {}),
    "a rule": () => enforce(vm(), [value as never], {}),
    "the id of a rule": () => enforce(vm(), [{ ...rule, id: value as never }], {}),
    "the checks of a rule": () => enforce(vm(), [{ ...rule, checks: value as never }], {}),
    "a list of checks": () => enforce(vm(), [{ ...rule, checks: () => value as never }], {}),
    "a check": () => enforce(vm(), [{ ...rule, checks: () => [value as never] }], {}),
    "a condition": () => enforce(vm(), [{ ...rule, checks: () => [{ condition: value as never, message: "a" }] }], {}),
    "an operand of and": () => rules.and(true, value as never),
    "an operand of or": () => rules.or(value as never),
    "an operand of not": () => rules.not(value as never),
    "the choices of oneOf": () => rules.oneOf("a", value as never),
    "the pattern of matches": () => rules.matches("a", value as never),
    "the least number": () => rules.wholeNumber(5, value as never),
  };
  // These are what is due.
  const fits: Readonly<Record<string, readonly string[]>> = {
    text: ["the id of a rule"],
    "a list": ["preconditions", "rules", "a list of checks", "the choices of oneOf"],
    "a function": ["the checks of a rule"],
    "a number": ["the least number"],
    "no number": ["the least number"],
  };

  test.each(Object.entries(calls).filter(([name]) => !fits[what]?.includes(name)))("%s", (_, call) => {
    expect(thrownBy(call)).toEqual(refusal);
  });
});

test.each([null, "a folder", 5])("an app with the configuration %p is refused", (config) => {
  expect(thrownBy(() => new StrictApp(config as never))).toEqual(refusal);
});

test.each([5, "", null])("an app with the output folder %p is refused", (outdir) => {
  expect(thrownBy(() => new StrictApp({ outdir: outdir as never }))).toEqual(refusal);
});

test("an address of a PCI device that is none is not an address", () => {
  for (const [, value] of wrong) expect(publicInterface.PciAddress.parse(value as string)).toBeUndefined();
});
