import { isDeepStrictEqual } from "node:util";
import { Construct } from "constructs";
import * as index from "../constructs";
import { TalosGpuCluster, type TalosGpuClusterProps } from "../constructs";
import type { Field } from "../constructs/props/schema";
import { type Case, cases, type Part } from "../lab/changes/cases";
import { after, before } from "../lab/changes/props";
import { siteWithDataDisk } from "../lab/changes/site";
import { json } from "../scripts/clusters";
import { synthesizedJson } from "./stacks";
import { build, type Subject, subjects } from "./subjects";

// A prop that a construct takes, and then forgets, breaks no rule and changes no golden stack.

/** Of the stacks of a part of the tests: most cases begin with the same props. */
function remembered<Props, Stack>(stackOf: (props: Props) => Stack): (props: Props) => Stack {
  const known = new Map<string, Stack>();
  return (props) => {
    const key = JSON.stringify(props);
    const stack = known.get(key) ?? stackOf(props);
    known.set(key, stack);
    return stack;
  };
}

const named = (list: readonly Case[]) => list.map((each) => [each.prop, each] as const);

const ofCluster = (Object.keys(cases) as Part[]).filter((part) => part !== "vm");
describe.each(ofCluster)("a change has an effect on the stack: %s", (part) => {
  const site: TalosGpuClusterProps & Readonly<Record<string, object>> = siteWithDataDisk as never;
  const stackOf = remembered((props: object) =>
    json((scope) => new TalosGpuCluster(scope, "site", { ...site, [part]: props } as TalosGpuClusterProps)),
  );
  test.each(named(cases[part]))("%s", (_, each) => {
    const stackWith = (change: typeof before) => stackOf(change(each, (site[part] as object | undefined) ?? {}));
    expect(isDeepStrictEqual(stackWith(after), stackWith(before))).toBe(false);
  });
});

/** The props that have no others below them. In a list, the first member stands for all. */
const leavesOf = (fields: Readonly<Record<string, Field>>, path = ""): string[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    const here = `${path}${name}${field.list ? "[0]" : ""}`;
    return field.fields ? leavesOf(field.fields, `${here}.`) : [here];
  });

test("every construct is in the table of props for tests", () => {
  const constructs = Object.entries(index).filter(
    ([, value]) => typeof value === "function" && value.prototype instanceof Construct,
  );
  // The parts of a cluster are in lab/changes/cases.ts, and the app has no props of its own.
  const names = constructs.map(([name]) => name).filter((name) => !["TalosGpuCluster", "StrictApp"].includes(name));
  const advice = "add its schema and another value of each prop to __tests__/subjects.ts";
  expect(names.filter((name) => !(name in subjects)).map((name) => `${name}: ${advice}`)).toEqual([]);
});

describe.each(Object.entries<Subject>(subjects))("a change has an effect on the stack: %s", (_, subject) => {
  const { schema, props, cases, excused } = subject;

  test("every prop has a case", () => {
    const told = new Set(cases.flatMap(({ prop }) => [prop.replace(/\[[1-9]\]/g, "[0]"), `${prop}[0]`]));
    const missing = leavesOf(schema).filter((leaf) => !told.has(leaf) && !excused?.test(leaf));
    expect(
      missing.map((leaf) => `${leaf}: add another value of it to lab/changes/cases.ts or __tests__/subjects.ts`),
    ).toEqual([]);
  });

  const stackOf = remembered((props: object) => synthesizedJson((stack) => build(subject, stack, props)));
  test.each(named(cases))("%s", (_, each) => {
    expect(isDeepStrictEqual(stackOf(after(each, props)), stackOf(before(each, props)))).toBe(false);
  });
});
