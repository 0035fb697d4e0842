import type { TerraformStack } from "cdktf";
import type { Host } from "../constructs/proxmox/host-facts";
import { rulesByNoun } from "../constructs/rules-by-noun";
import { conformance } from "./conformance";
import { goodHost } from "./hosts";
import { fixtures } from "./rules.fixtures";
import { checksAtPlan, problemsOf, synthesized, synthesizedJson, warningsOf, withVariable } from "./stacks";

const rules = new Map(
  Object.values(rulesByNoun)
    .flat()
    .map((rule) => [rule.id, rule]),
);

test("every rule has fixtures, and every fixture a rule", () => {
  expect(Object.keys(fixtures).sort()).toEqual([...rules.keys()].sort());
});

let mockHost: Host | undefined;
jest.mock("../constructs/proxmox/host-facts", () => {
  const { hostOf } = jest.requireActual("../constructs/proxmox/host-facts");
  return { hostOf: (...of: unknown[]) => mockHost ?? hostOf(...of) };
});
afterEach(() => {
  mockHost = undefined;
});

describe.each(Object.entries(fixtures))("%s", (id, { valid, invalid, atPlan = {}, onHost = {} }) => {
  const reportedOf = (build: (stack: TerraformStack) => void): string[] =>
    rules.get(id)?.severity === "warning"
      ? warningsOf(build)
      : problemsOf(build).map((problem) => problem.replace(/^\[[^\]]*\] /, ""));

  test("has a valid fixture, and one that is refused or left to Terraform", () => {
    expect(Object.keys(valid)).not.toHaveLength(0);
    expect([...Object.keys(invalid), ...Object.keys(atPlan), ...Object.keys(onHost)]).not.toHaveLength(0);
  });

  test.each(Object.entries(valid))("passes: %s", (_, build) => {
    expect(problemsOf(build)).toEqual([]);
    expect(warningsOf(build)).toEqual([]);
    expect(conformance(synthesizedJson(build))).toEqual([]);
  });

  for (const [reason, [build, problem]] of Object.entries(invalid)) {
    test(`refuses: ${reason}`, () => {
      expect(reportedOf(build)).toContain(`${problem} [${id}]`);
      if (rules.get(id)?.severity !== "warning") expect(() => synthesized(build)).toThrow(problem);
    });
  }

  const own = (problem: string) => problem.endsWith(` [${id}]`);
  for (const [reason, { build, passes, fails }] of Object.entries(onHost)) {
    test(`asks the host: ${reason}`, () => {
      expect(problemsOf(build)).toEqual([]);
      expect(warningsOf(build).filter(own)).toEqual([]);
      expect(conformance(synthesizedJson(build))).toEqual([]);
      expect(checksAtPlan(build).filter(({ message }) => own(message))).not.toEqual([]);
    });

    for (const [place, differing] of passes.entries()) {
      test(`passes, of a host that is known: ${reason} ${place}`, () => {
        mockHost = { ...goodHost, ...differing };
        expect(reportedOf(build).filter(own)).toEqual([]);
      });
    }
    for (const [place, [differing, ...problems]] of fails.entries()) {
      test(`refuses, of a host that is known: ${reason} ${place}`, () => {
        mockHost = { ...goodHost, ...differing };
        expect(reportedOf(build).filter(own)).toEqual(problems.map((problem) => `${problem} [${id}]`));
      });
    }
  }

  for (const [reason, fixture] of Object.entries(atPlan)) {
    test(`leaves to Terraform: ${reason}`, () => {
      const build = withVariable(fixture.build, fixture.type);
      expect(problemsOf(build)).toEqual([]);
      expect(checksAtPlan(build)).toContainEqual({
        condition: expect.stringMatching(/^\$\{.*\}$/s),
        message: expect.stringMatching(new RegExp(` \\[${id}\\]$`)),
      });
    });

    const ownProblem = expect.stringMatching(new RegExp(` \\[${id}\\]$`));
    for (const value of fixture.passes ?? []) {
      test(`passes, where ${reason}, its value ${JSON.stringify(value)}`, () => {
        expect(reportedOf((stack) => fixture.build(stack, value as never))).not.toContainEqual(ownProblem);
      });
    }
    for (const value of fixture.fails ?? []) {
      test(`refuses, where ${reason}, its value ${JSON.stringify(value)}`, () => {
        expect(reportedOf((stack) => fixture.build(stack, value as never))).toContainEqual(ownProblem);
      });
    }
  }
});
