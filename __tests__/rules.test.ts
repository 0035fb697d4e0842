import { rulesByNoun } from "../constructs/rules";
import { fixtures } from "./rules.fixtures";
import { checksAtPlan, problemsOf, synthesized, warningsOf } from "./stacks";

const rules = new Map(
  Object.values(rulesByNoun)
    .flat()
    .map((rule) => [rule.id, rule]),
);

test("every rule has fixtures, and every fixture a rule", () => {
  expect(Object.keys(fixtures).sort()).toEqual([...rules.keys()].sort());
});

describe.each(Object.entries(fixtures))("%s", (id, { valid, invalid, atPlan = {} }) => {
  const warns = rules.get(id)?.severity === "warning";

  test("has a valid fixture, and one that is refused or left to Terraform", () => {
    expect(Object.keys(valid)).not.toHaveLength(0);
    expect([...Object.keys(invalid), ...Object.keys(atPlan)]).not.toHaveLength(0);
  });

  test.each(Object.entries(valid))("passes: %s", (_, build) => {
    expect(problemsOf(build)).toEqual([]);
    expect(warningsOf(build)).toEqual([]);
  });

  for (const [reason, [build, problem]] of Object.entries(invalid)) {
    test(`refuses: ${reason}`, () => {
      const reported = warns ? warningsOf(build) : problemsOf(build).map((each) => each.replace(/^\[[^\]]*\] /, ""));
      expect(reported).toContain(`${problem} [${id}]`);
      if (!warns) expect(() => synthesized(build)).toThrow(problem);
    });
  }

  for (const [reason, build] of Object.entries(atPlan)) {
    test(`leaves to Terraform: ${reason}`, () => {
      expect(problemsOf(build)).toEqual([]);
      expect(checksAtPlan(build)).toContainEqual({
        condition: expect.stringMatching(/^\$\{.*\}$/s),
        message: expect.stringMatching(new RegExp(` \\[${id}\\]$`)),
      });
    });
  }
});
