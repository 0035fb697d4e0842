import type { TerraformStack } from "cdktf";
import { rulesByNoun } from "../constructs/rules-by-noun";
import { conformance } from "./conformance";
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

describe.each(Object.entries(fixtures))("%s", (id, { valid, invalid, atPlan = {} }) => {
  const reportedOf = (build: (stack: TerraformStack) => void): string[] =>
    rules.get(id)?.severity === "warning"
      ? warningsOf(build)
      : problemsOf(build).map((problem) => problem.replace(/^\[[^\]]*\] /, ""));

  test("has a valid fixture, and one that is refused or left to Terraform", () => {
    expect(Object.keys(valid)).not.toHaveLength(0);
    expect([...Object.keys(invalid), ...Object.keys(atPlan)]).not.toHaveLength(0);
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
