import type { TerraformStack } from "cdktf";
import type { Host } from "../constructs/proxmox/host/host-facts";
import * as hostFacts from "../constructs/proxmox/host/host-facts";
import * as rule from "../constructs/rules/rule";
import { rulesByModule } from "../constructs/rules-by-module";
import { conformance } from "./conformance";
import { fixtures } from "./fixtures";
import { goodHost } from "./hosts";
import { checksIn, outcomeOf, withVariable } from "./stacks";

const rules = new Map(
  Object.values(rulesByModule)
    .flat()
    .map((rule) => [rule.id, rule]),
);

test("every rule has fixtures, and every fixture a rule", () => {
  expect(Object.keys(fixtures).sort()).toEqual([...rules.keys()].sort());
});

const enforced = new Set<string>();

/** The function, which notes every rule that a construct is held to. */
const noting =
  (enforce: (...args: never[]) => unknown) =>
  (...args: readonly unknown[]): never => {
    for (const { id } of args[1] as readonly { readonly id: string }[]) enforced.add(id);
    return enforce(...(args as never[])) as never;
  };

const { enforce, enforceAtSynth, enforceWhenComplete } = rule;
jest.spyOn(rule, "enforce").mockImplementation(noting(enforce));
jest.spyOn(rule, "enforceAtSynth").mockImplementation(noting(enforceAtSynth));
jest.spyOn(rule, "enforceWhenComplete").mockImplementation(noting(enforceWhenComplete));

let knownHost: Host | undefined;
const { hostOf } = hostFacts;
jest.spyOn(hostFacts, "hostOf").mockImplementation((...of) => knownHost ?? hostOf(...of));
afterEach(() => {
  knownHost = undefined;
});
afterAll(() => jest.restoreAllMocks());

describe.each(Object.entries(fixtures))("%s", (id, { valid, invalid, atPlan = {}, onHost = {} }) => {
  const isWarning = rules.get(id)?.severity === "warning";
  const reported = ({ problems, warnings, laterWarnings }: ReturnType<typeof outcomeOf>): string[] =>
    isWarning ? [...warnings(), ...laterWarnings()] : problems().map((problem) => problem.replace(/^\[[^\]]*\] /, ""));
  const reportedOf = (build: (stack: TerraformStack) => void): string[] => reported(outcomeOf(build));

  test("has a valid fixture, and one that is refused or left to Terraform", () => {
    expect(Object.keys(valid)).not.toHaveLength(0);
    expect([...Object.keys(invalid), ...Object.keys(atPlan), ...Object.keys(onHost)]).not.toHaveLength(0);
  });

  test.each(Object.entries(valid))("passes: %s", (_, build) => {
    const outcome = outcomeOf(build);
    expect(outcome.problems()).toEqual([]);
    expect(outcome.warnings()).toEqual([]);
    expect(conformance(JSON.parse(outcome.synthesized()))).toEqual([]);
  });

  for (const [reason, [build, problem]] of Object.entries(invalid)) {
    test(`refuses: ${reason}`, () => {
      const outcome = outcomeOf(build);
      expect(reported(outcome)).toContain(`${problem} [${id}]`);
      if (!isWarning) expect(outcome.synthesized).toThrow(problem);
    });
  }

  const own = (problem: string) => problem.endsWith(` [${id}]`);
  for (const [reason, { build, passes, fails }] of Object.entries(onHost)) {
    test(`asks the host: ${reason}`, () => {
      const outcome = outcomeOf(build);
      expect(outcome.problems()).toEqual([]);
      expect(outcome.warnings().filter(own)).toEqual([]);
      const json = JSON.parse(outcome.synthesized());
      expect(conformance(json)).toEqual([]);
      expect(checksIn(json).filter(({ message }) => own(message))).not.toEqual([]);
    });

    for (const [index, differing] of passes.entries()) {
      test(`passes, of a host that is known: ${reason} ${index}`, () => {
        knownHost = { ...goodHost, ...differing };
        expect(reportedOf(build).filter(own)).toEqual([]);
      });
    }
    for (const [index, [differing, ...problems]] of fails.entries()) {
      test(`refuses, of a host that is known: ${reason} ${index}`, () => {
        knownHost = { ...goodHost, ...differing };
        expect(reportedOf(build).filter(own)).toEqual(problems.map((problem) => `${problem} [${id}]`));
      });
    }
  }

  for (const [reason, fixture] of Object.entries(atPlan)) {
    test(`leaves to Terraform: ${reason}`, () => {
      const outcome = outcomeOf(withVariable(fixture.build, fixture.type));
      expect(outcome.problems()).toEqual([]);
      expect(checksIn(JSON.parse(outcome.synthesized()))).toContainEqual({
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

// Last: the tests above have made each fixture.
test("every rule that a construct is held to is registered, and every registered one is held", () => {
  expect([...enforced].sort()).toEqual([...rules.keys()].sort());
});
