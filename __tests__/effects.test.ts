import { isDeepStrictEqual } from "node:util";
import { TerraformOutput } from "cdktf";
import { TalosGpuCluster, type TalosGpuClusterProps } from "../constructs";
import type { Field } from "../constructs/props/schema";
import { type Case, cases, type Part } from "../lab/changes/cases";
import { after, before } from "../lab/changes/props";
import { siteWithDataDisk } from "../lab/changes/site";
import { json } from "../scripts/clusters";
import { synthesizedJson, vmIn } from "./stacks";
import { type Subject, subjects } from "./subjects";

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

/** What the lab's host has, by the names that cases give it. */
const onHost: Readonly<Record<string, unknown>> = {
  GPU: "01:00",
  GROUP: 1,
  SPARE: "02:00",
  "SPARE GROUP": 2,
  MAPPING: "gpu",
  OTHER: "other",
};
const placed = (props: object): object =>
  JSON.parse(JSON.stringify(props), (_, value) => onHost[value as string] ?? value);

describe("a change has an effect on the stack: vm", () => {
  const boot = { image: { fileId: "local:import/talos.qcow2", guestAgent: true } };
  const stackOf = remembered((props: object) =>
    synthesizedJson((stack) => {
      const vm = vmIn(stack, props);
      new TerraformOutput(stack, "address", { value: vm.address });
    }),
  );
  // Not among the lab's: only an administrator of Proxmox moves a VM to another pool.
  const pool: Case = { prop: "pool", to: "talos" };
  test.each(named([...cases.vm, pool]))("%s", (_, each) => {
    // As the lab has it, the firmware is that of the template.
    const changed = each.prop === "boot.clone.bios" ? { ...each, to: "seabios", along: { bios: "seabios" } } : each;
    const stackWith = (change: typeof before) => stackOf(placed(change(changed, { ...siteWithDataDisk.vm, boot })));
    expect(isDeepStrictEqual(stackWith(after), stackWith(before))).toBe(false);
  });
});

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

describe.each(Object.entries<Subject>(subjects))("a change has an effect on the stack: %s", (_, subject) => {
  const { schema, build, props, cases, excused } = subject;

  test("every prop has a case", () => {
    const told = new Set(cases.flatMap(({ prop }) => [prop.replace(/\[[1-9]\]/g, "[0]"), `${prop}[0]`]));
    expect(leavesOf(schema).filter((leaf) => !told.has(leaf) && !excused?.test(leaf))).toEqual([]);
  });

  const stackOf = remembered((props: object) => synthesizedJson((stack) => void build(stack, props as never)));
  test.each(named(cases))("%s", (_, each) => {
    expect(isDeepStrictEqual(stackOf(after(each, props)), stackOf(before(each, props)))).toBe(false);
  });
});
