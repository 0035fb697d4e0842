import * as ciliumInstall from "../constructs/cilium/install-props";
import * as nvidiaInstall from "../constructs/gpu/install-props";
import type { Field } from "../constructs/props/schema";
import * as proxmoxGpuVm from "../constructs/proxmox/gpu-vm-props";
import * as talosSingleNode from "../constructs/talos/single-node";
import * as talosGpuCluster from "../constructs/talos-gpu-cluster";
import { TalosGpuCluster } from "../constructs/talos-gpu-cluster";
import { cases, type Part, unchanged } from "../lab/changes/cases";
import { defaultSite } from "../lab/changes/site";
import { json } from "../scripts/clusters";
import { synthesize } from "./synthesized";

const schemas: Readonly<Record<Part, Readonly<Record<string, Field>>>> = {
  vm: proxmoxGpuVm.schema,
  talos: talosGpuCluster.schema.talos.fields ?? {},
  cluster: talosSingleNode.schema,
  cilium: ciliumInstall.schema,
  nvidia: nvidiaInstall.schema,
};

/** The props that have no others below them. In a list, the first member stands for all. */
const leavesOf = (fields: Readonly<Record<string, Field>>, path = ""): string[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    const here = `${path}${name}${field.list ? "[0]" : ""}`;
    return field.fields ? leavesOf(field.fields, `${here}.`) : [here];
  });

/** A list of values may be changed as a whole. */
const asTold = (prop: string): string[] => [prop.replace(/\[[1-9]\]/g, "[0]"), `${prop}[0]`];

describe.each(Object.keys(cases) as Part[])("docs/changes.md", (part) => {
  test(`tells of every prop of ${part}, or there is a reason why not`, () => {
    const told = new Set(cases[part].flatMap(({ prop }) => asTold(prop)));
    const excused = (leaf: string) =>
      Object.keys(unchanged[part]).some((prop) => leaf === prop || leaf.startsWith(`${prop}.`));
    const leaves = leavesOf(schemas[part]);
    const missing = leaves.filter((leaf) => !told.has(leaf) && !excused(leaf));
    expect(missing.map((leaf) => `${leaf}: add another value of it to lab/changes/cases.ts`)).toEqual([]);
    expect(leaves.filter((leaf) => told.has(leaf) && excused(leaf))).toEqual([]);
  });
});

/** Without cdktf's notes. */
const bare = (stack: unknown): unknown =>
  JSON.parse(JSON.stringify(stack), (key, value) => (key === "//" ? undefined : value));

test("the site whose props the lab changes is that of examples/default.ts", () => {
  const stack = json((scope) => new TalosGpuCluster(scope, "talos-gpu", defaultSite));
  expect(bare(stack)).toEqual(bare(synthesize("examples/default.ts")["talos-gpu"]));
});
